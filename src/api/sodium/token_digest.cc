// SPDX-License-Identifier: Apache-2.0
#include "api/sodium/token_digest.h"

#include <sodium.h>

#include "base/check.h"

namespace weir::api {

namespace {

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemory = 19 * 1024 * 1024;

// Safe to call often and from any thread; fails only where the system has no source of random numbers.
void start_sodium() { WEIR_CHECK(sodium_init() >= 0); }

}  // namespace

std::string make_session_secret() {
  start_sodium();
  std::array<unsigned char, 32> secret;
  randombytes_buf(secret.data(), secret.size());
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_ENCODED_LEN(secret.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), secret.data(), secret.size(), kVariant);
  text.pop_back();  // the terminating zero
  sodium_memzero(secret.data(), secret.size());
  return text;
}

std::string make_token() { return "weir_" + make_session_secret(); }

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

std::string token_id(std::string_view token) {
  const TokenDigest digest = digest_of(token);
  constexpr std::size_t kBytes = 4;
  std::string text(kBytes * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), digest.data(), kBytes);
  text.pop_back();  // the terminating zero
  return text;
}

base::Result<std::string> slow_hash(std::string_view token) {
  start_sodium();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_str_alg(hash.data(), token.data(), token.size(), kPasses, kMemory, crypto_pwhash_ALG_ARGON2ID13) !=
      0) {
    return base::fail("there is not enough memory to hash a token");
  }
  return std::string(hash.data());
}

bool matches_slow_hash(const std::string& hash, std::string_view token) {
  start_sodium();
  return crypto_pwhash_str_verify(hash.c_str(), token.data(), token.size()) == 0;
}

}  // namespace weir::api
