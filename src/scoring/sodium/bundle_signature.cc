// SPDX-License-Identifier: Apache-2.0
#include "scoring/sodium/bundle_signature.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "base/check.h"

namespace weir::scoring {

namespace {

using PublicKey = std::array<unsigned char, crypto_sign_PUBLICKEYBYTES>;
using SecretKey = std::array<unsigned char, crypto_sign_SECRETKEYBYTES>;
using Signature = std::array<unsigned char, crypto_sign_BYTES>;

constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;

// Says what is signed, so that a signature of anything else can never pass for one of a manifest.
constexpr std::string_view kPurpose = "weir model manifest, format 1\n";

template <class Bytes>
std::string to_text(const Bytes& bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kVariant);
  text.pop_back();  // the terminating zero
  return text;
}

template <class Bytes>
std::optional<Bytes> from_text(std::string_view text) {
  Bytes bytes;
  std::size_t length = 0;
  const char* end = nullptr;
  const bool read =
      sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), " \r\n\t", &length, &end, kVariant) == 0;
  if (!read || length != bytes.size() || end != text.data() + text.size()) return std::nullopt;
  return bytes;
}

base::Result<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::fail(fmt::format("{}: {}", path.string(), std::strerror(errno)));
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

std::string signed_text(const Bundle& bundle) { return std::string(kPurpose) + bundle.manifest_text; }

// The bytes of text are bytes to sodium.
const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

base::Result<std::string> make_signing_key(const std::filesystem::path& secret_file) {
  WEIR_CHECK(sodium_init() >= 0);
  PublicKey public_key;
  SecretKey secret_key;
  crypto_sign_keypair(public_key.data(), secret_key.data());
  const std::string text = to_text(secret_key) + "\n";
  const int fd = ::open(secret_file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return base::fail(fmt::format("{}: {}", secret_file.string(), std::strerror(errno)));
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (::close(fd) != 0 || !written) return base::fail(fmt::format("{}: cannot be written", secret_file.string()));
  return to_text(public_key);
}

base::Result<std::string> sign_bundle(const Bundle& bundle, const std::filesystem::path& secret_file) {
  WEIR_CHECK(sodium_init() >= 0);
  const auto text = read_text(secret_file);
  if (!text) return text;
  const auto secret_key = from_text<SecretKey>(*text);
  if (!secret_key) return base::fail(secret_file.string() + ": not a signing key; `weir model keygen` makes one");
  const std::string message = signed_text(bundle);
  Signature signature;
  crypto_sign_detached(signature.data(), nullptr, bytes_of(message), message.size(), secret_key->data());
  PublicKey public_key;
  crypto_sign_ed25519_sk_to_pk(public_key.data(), secret_key->data());
  std::ofstream file(bundle.dir / "manifest.sig", std::ios::binary | std::ios::trunc);
  file << to_text(signature) << '\n';
  if (!file.flush()) return base::fail((bundle.dir / "manifest.sig").string() + ": cannot be written");
  return to_text(public_key);
}

base::Result<> check_signature(const Bundle& bundle, std::string_view public_key_text) {
  WEIR_CHECK(sodium_init() >= 0);
  const auto fails = [&](std::string_view why) {
    return base::fail(fmt::format("model {}: {}", bundle.dir.string(), why));
  };
  const auto public_key = from_text<PublicKey>(public_key_text);
  if (!public_key) return fails("the public key is none: 44 characters of base64, as `weir model keygen` prints them");
  const auto text = read_text(bundle.dir / "manifest.sig");
  if (!text) return fails("it is not signed (no manifest.sig), and a public key is set");
  const auto signature = from_text<Signature>(*text);
  if (!signature) return fails("manifest.sig is damaged");
  const std::string message = signed_text(bundle);
  if (crypto_sign_verify_detached(signature->data(), bytes_of(message), message.size(), public_key->data()) != 0) {
    return fails("its signature is not of this manifest by the holder of the key");
  }
  return {};
}

}  // namespace weir::scoring
