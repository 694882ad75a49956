// SPDX-License-Identifier: Apache-2.0
// Small files that are written as a whole.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace weir::base {

// Whoever opens the file by its name reads the old text or the new one, never half of either; an error leaves the old one. Written
// beside it as FILE.new; readable by its owner only. Not synced: a loss of power may take the new one.
Result<> replace_file(const std::filesystem::path& file, std::string_view text);

}  // namespace weir::base
