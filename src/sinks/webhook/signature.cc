// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook/signature.h"

#include <array>

#include <fmt/format.h>
#include <sodium.h>

namespace weir::sinks {

namespace {

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string base64(const unsigned char* data, std::size_t size) {
  std::string text(sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), data, size, sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the zero at its end
  return text;
}

}  // namespace

base::Result<std::string> signing_key(std::string_view text) {
  constexpr std::string_view kPrefix = "whsec_";
  constexpr std::size_t kLeast = 16;
  std::string key(text);
  if (text.starts_with(kPrefix)) {
    text.remove_prefix(kPrefix.size());
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(key.data()), key.size(), text.data(), text.size(), nullptr,
                          &size, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text.data() + text.size()) {
      return base::fail("the signing key is not base64 behind \"whsec_\"");
    }
    key.resize(size);
  }
  if (key.size() < kLeast) {
    return base::fail(fmt::format("the signing key has {} bytes, fewer than {}", key.size(), kLeast));
  }
  return key;
}

std::string signature(std::string_view key, std::string_view id, std::int64_t timestamp, std::string_view body) {
  const std::string head = fmt::format("{}.{}.", id, timestamp);
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> sum{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes(head), head.size());
  crypto_auth_hmacsha256_update(&state, bytes(body), body.size());
  crypto_auth_hmacsha256_final(&state, sum.data());
  sodium_memzero(&state, sizeof state);
  return "v1," + base64(sum.data(), sum.size());
}

std::string message_id(std::span<const Record> records) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const Record& record : records) {
    crypto_hash_sha256_update(&state, bytes(record.key), record.key.size());
    crypto_hash_sha256_update(&state, bytes("\n"), 1);
  }
  std::array<unsigned char, crypto_hash_sha256_BYTES> sum{};
  crypto_hash_sha256_final(&state, sum.data());
  std::array<char, 33> hex{};
  sodium_bin2hex(hex.data(), hex.size(), sum.data(), 16);
  return fmt::format("msg_{}", hex.data());
}

}  // namespace weir::sinks
