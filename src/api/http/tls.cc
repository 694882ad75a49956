// SPDX-License-Identifier: Apache-2.0
#include "api/http/tls.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <openssl/ssl.h>

namespace weir::api {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// TLS 1.2: ephemeral keys and authenticated encryption only. (TLS 1.3 has nothing else.)
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL";

base::Result<> check_file(const std::string& path, bool is_secret) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return base::fail(fmt::format("{}: {}", path, std::strerror(errno)));
  if (is_secret && (info.st_mode & S_IROTH) != 0) {
    return base::fail(fmt::format("{}: everybody may read this key; chmod o-r it", path));
  }
  return {};
}

}  // namespace

base::Result<std::shared_ptr<ssl::context>> make_tls_context(const std::string& certificate, const std::string& key) {
  if (auto sound = check_file(certificate, false); !sound) return base::fail(sound.error());
  if (auto sound = check_file(key, true); !sound) return base::fail(sound.error());

  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(native, kCiphers);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A key with a pass phrase must not make a service ask at a terminal.
  SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return 0; });

  error_code error;
  context->use_certificate_chain_file(certificate, error);
  if (error) return base::fail(fmt::format("{}: not a certificate in PEM form ({})", certificate, error.message()));
  context->use_private_key_file(key, ssl::context::pem, error);
  if (error) {
    return base::fail(fmt::format("{}: not the certificate's private key, without a pass phrase, in PEM form ({})", key,
                                  error.message()));
  }
  return context;
}

}  // namespace weir::api
