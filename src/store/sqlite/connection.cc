// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/connection.h"

#include <sqlite3.h>

namespace weir::store::sqlite {

namespace {

constexpr int kBusyTimeoutMs = 5000;  // for another program that holds the lock, a backup for instance

int flags(Connection::Access access) {
  // Each connection has one user at a time, so SQLite need not lock for us.
  const int base = SQLite::OPEN_NOMUTEX;
  return access == Connection::Access::read_only ? base | SQLite::OPEN_READONLY
                                                 : base | SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
}

// SQLite counts each byte that it allocates under one lock of the process, for statistics that nobody here reads. It must be
// told before its first use; later it refuses, and goes on counting.
std::string uncounted(const std::filesystem::path& file) {
  static const int told = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(told);
  return file.string();
}

}  // namespace

Connection::Connection(const std::filesystem::path& file, Access access)
    : database_(uncounted(file), flags(access), kBusyTimeoutMs) {
  // 32 MiB of pages: the indexes' upper levels and the newest rows stay in memory.
  database_.exec("PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;");
}

SQLite::Statement& Connection::prepared(const std::string& sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) {
    found->second.tryReset();  // reset() would throw the error of the last run again
    found->second.clearBindings();
    return found->second;
  }
  if (statements_.size() >= kMaxStatements) statements_.clear();
  return statements_.emplace(sql, SQLite::Statement(database_, sql)).first->second;
}

std::string sentence(const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_NOTADB: return "it is not a SQLite database";
    case SQLITE_CORRUPT: return "the file is damaged: restore it from a backup, or name another one";
    case SQLITE_FULL: return "the disk is full";
    case SQLITE_READONLY: return "the file or its folder cannot be written: check its permissions";
    case SQLITE_CANTOPEN: return "the file cannot be opened: check its folder and permissions";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another program keeps the database locked";
    case SQLITE_IOERR: return std::string("the disk failed (") + error.what() + ")";
    default: return error.what();
  }
}

}  // namespace weir::store::sqlite
