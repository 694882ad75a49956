// SPDX-License-Identifier: Apache-2.0
// Secrets of 256 random bits (tokens, sessions), their digests, and the slow hash by which tokens are kept. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::api {

using TokenDigest = std::array<unsigned char, 32>;

// "weir_" and 256 random bits in URL-safe base64: the prefix lets secret scanners find one that leaked.
std::string make_token();
std::string make_session_secret();                             // the same without the prefix

TokenDigest digest_of(std::string_view token);
bool same_digest(const TokenDigest& a, const TokenDigest& b);  // takes the same time whatever they hold

// Eight hexadecimal digits by which a token's hash is found: 32 of its 256 bits' worth, no help to whoever guesses.
std::string token_id(std::string_view token);

// argon2id, 19 MiB and two passes (OWASP's least): about 20 ms. Fails only without memory.
base::Result<std::string> slow_hash(std::string_view token);
bool matches_slow_hash(const std::string& hash, std::string_view token);

}  // namespace weir::api
