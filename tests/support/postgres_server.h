// SPDX-License-Identifier: Apache-2.0
// A real PostgreSQL 15 of the test's own, in a temporary folder, reached by a unix socket there: no port, no clash with a
// server of the system. It runs as an unprivileged user (PostgreSQL refuses root) and dies with the test.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

namespace weir::test {

class PostgresServer {
 public:
  static bool is_installed();

  // Throws std::runtime_error with the server's own words when it does not come up. Takes a few seconds.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // Of an empty database, made by this call.
  std::string url_of_new_database();
  std::string url(const std::string& database) const;

  void stop();    // at once, as a crash does
  void start();   // again, with what is on disk
  void freeze();  // stops answering without closing a connection, as a cut network does
  void thaw();

  // One statement as the server's owner; what it prints, without headers.
  std::string psql(const std::string& database, const std::string& statement) const;

 private:
  std::string log() const;

  std::filesystem::path folder_;
  pid_t pid_ = -1;
  int databases_ = 0;
};

}  // namespace weir::test
