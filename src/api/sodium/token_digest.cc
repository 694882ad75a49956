// SPDX-License-Identifier: Apache-2.0
#include "api/sodium/token_digest.h"

#include <sodium.h>

#include "base/check.h"

namespace weir::api {

namespace {

// Safe to call often and from any thread; fails only where the system has no source of random numbers.
void start_sodium() { WEIR_CHECK(sodium_init() >= 0); }

}  // namespace

std::string make_token() {
  start_sodium();
  std::array<unsigned char, 32> secret;
  randombytes_buf(secret.data(), secret.size());
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_ENCODED_LEN(secret.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), secret.data(), secret.size(), kVariant);
  text.pop_back();  // the terminating zero
  return "weir_" + text;
}

TokenDigest digest_of(std::string_view token) {
  start_sodium();
  TokenDigest digest;
  // The bytes of text are bytes to sodium.
  crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(token.data()), token.size(),
                     nullptr, 0);
  return digest;
}

bool same_digest(const TokenDigest& a, const TokenDigest& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(const TokenDigest& digest) {
  std::string text(digest.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
  text.pop_back();  // the terminating zero
  return text;
}

std::optional<TokenDigest> parse_digest(std::string_view hex) {
  TokenDigest digest;
  std::size_t length = 0;
  const char* stop = nullptr;
  if (sodium_hex2bin(digest.data(), digest.size(), hex.data(), hex.size(), nullptr, &length, &stop) != 0) {
    return std::nullopt;
  }
  if (length != digest.size() || stop != hex.data() + hex.size()) return std::nullopt;
  return digest;
}

}  // namespace weir::api
