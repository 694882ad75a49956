// SPDX-License-Identifier: Apache-2.0
// Secrets of a configuration stand elsewhere: "file:/etc/weir/hook.key", "env:WEIR_HOOK_KEY".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::sinks {

// Without the white space around it. An error: what is there is not named in this way, is not there, is empty, or is larger
// than 64 KiB. No error tells anything of a secret that was written into the configuration by mistake.
base::Result<std::string> read_secret(std::string_view where);

// "file:" or "env:".
bool names_a_secret(std::string_view text);

}  // namespace weir::sinks
