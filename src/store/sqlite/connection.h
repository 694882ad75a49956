// SPDX-License-Identifier: Apache-2.0
// Connection: one SQLite connection with its prepared statements. One thread at a time. Throws SQLite::Exception: its
// users in this folder turn that into Results.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>

#include <SQLiteCpp/SQLiteCpp.h>

namespace weir::store::sqlite {

class Connection {
 public:
  enum class Access { read_write, read_only };

  Connection(const std::filesystem::path& file, Access access);

  SQLite::Database& database() { return database_; }

  // The statement of that text, reset and without bindings; prepared at its first use. Valid until the next call.
  SQLite::Statement& prepared(const std::string& sql);

 private:
  // A query has some hundred shapes at most; beyond that the cache starts anew rather than grow.
  static constexpr std::size_t kMaxStatements = 200;

  SQLite::Database database_;
  std::unordered_map<std::string, SQLite::Statement> statements_;
};

// The same sentences wherever SQLite fails: "the database is locked by another program", "disk full" ...
std::string sentence(const SQLite::Exception& error);

}  // namespace weir::store::sqlite
