// SPDX-License-Identifier: Apache-2.0
// Tokens and their digests. Any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace weir::api {

using TokenDigest = std::array<unsigned char, 32>;

// "weir_" and 256 random bits in URL-safe base64: the prefix lets secret scanners find one that leaked.
std::string make_token();

TokenDigest digest_of(std::string_view token);
bool same_digest(const TokenDigest& a, const TokenDigest& b);  // takes the same time whatever they hold

std::string to_hex(const TokenDigest& digest);
std::optional<TokenDigest> parse_digest(std::string_view hex);

}  // namespace weir::api
