// SPDX-License-Identifier: Apache-2.0
// Signing by Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over "ID.TIMESTAMP.BODY", in the header webhook-signature as
// "v1,BASE64". Libraries for receivers exist in most languages; docs/webhooks.md has ten lines of Python.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sinks/sender.h"

namespace weir::sinks {

// The bytes of a key as it is written down: "whsec_" and base64, or any other text as it is. An error: broken base64, or less
// than 16 bytes.
base::Result<std::string> signing_key(std::string_view text);

std::string signature(std::string_view key, std::string_view id, std::int64_t timestamp, std::string_view body);

// The name of a request: made of the keys of its records, so that the same request has the same name when it is repeated.
std::string message_id(std::span<const Record> records);

}  // namespace weir::sinks
