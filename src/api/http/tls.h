// SPDX-License-Identifier: Apache-2.0
// The server's side of TLS: its certificate and what it agrees to (TLS 1.2 with forward secrecy, TLS 1.3).
#pragma once

#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include "base/result.h"

namespace weir::api {

// Reads both PEM files; the certificate's may hold the chain. Refuses a key that everybody may read.
base::Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const std::string& certificate,
                                                                          const std::string& key);

}  // namespace weir::api
