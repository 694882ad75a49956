// SPDX-License-Identifier: Apache-2.0
// What a PostgreSQL URL says, and what of it may be shown.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace weir::store::postgres {

struct Url {
  std::string connect_to;  // for libpq; holds the password
  std::string shown;       // "PostgreSQL weir at db.example.org:5432"
  std::string password;    // to keep it out of messages; empty when there is none
};

// Adds what finds a dead network within seconds: a connect timeout, keep-alives. What the URL itself sets stays.
base::Result<Url> parse_url(const std::string& url, std::chrono::seconds connect_timeout);

// The first line of a message of libpq or the server, without the password.
std::string presentable(const std::string& message, const Url& url);

}  // namespace weir::store::postgres
