// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/space.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::store::sqlite {

namespace {

namespace fs = std::filesystem;

constexpr int kIncremental = 2;
constexpr std::uint64_t kMiB = 1024 * 1024;

std::uint64_t ask(SQLite::Database& database, const char* what) {
  return static_cast<std::uint64_t>(database.execAndGet(what).getInt64());
}

std::uint64_t size_of(const fs::path& file) {
  std::error_code missing;
  const std::uintmax_t size = fs::file_size(file, missing);
  return missing ? 0 : size;
}

fs::path log_of(const fs::path& file) { return file.string() + "-wal"; }

}  // namespace

StoreExtent read_extent(Connection& reader, const fs::path& file) {
  SQLite::Database& database = reader.database();
  StoreExtent extent;
  extent.bytes = size_of(file) + size_of(log_of(file));
  extent.used_bytes =
      (ask(database, "PRAGMA page_count") - ask(database, "PRAGMA freelist_count")) * ask(database, "PRAGMA page_size");
  // Counting a hundred million rows takes minutes; their numbers are given in turn.
  extent.detections = ask(
      database, "SELECT coalesce((SELECT max(rowid) FROM detections) - (SELECT min(rowid) FROM detections) + 1, 0)");
  extent.gives_back = ask(database, "PRAGMA auto_vacuum") == kIncremental;
  return extent;
}

std::uint64_t give_back(Connection& writer, std::uint64_t most_bytes) {
  SQLite::Database& database = writer.database();
  if (ask(database, "PRAGMA auto_vacuum") != kIncremental) return 0;
  const std::uint64_t page = ask(database, "PRAGMA page_size");
  const std::uint64_t free = ask(database, "PRAGMA freelist_count");
  // A little stays for what is written next: moving pages for it would be in vain.
  const std::uint64_t keep = ask(database, "PRAGMA page_count") / 64;
  if (free <= keep) return 0;
  const std::uint64_t pages = std::min(free - keep, std::max<std::uint64_t>(most_bytes / page, 1));
  database.exec(fmt::format("PRAGMA incremental_vacuum({})", pages));
  const std::uint64_t left = ask(database, "PRAGMA freelist_count");
  if (left <= keep) database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  return (free - std::min(free, left)) * page;
}

base::Result<> room_to_vacuum(const fs::path& file) {
  std::error_code error;
  const fs::space_info space = fs::space(file.has_parent_path() ? file.parent_path() : fs::path("."), error);
  const std::uint64_t needed = size_of(file) + size_of(log_of(file));
  // The new copy is written beside the old one, and then through the log.
  if (!error && space.available < 2 * needed) {
    return base::fail(fmt::format("it needs {} MiB for the time of rewriting, and {} MiB are free",
                                  2 * needed / kMiB + 1, space.available / kMiB));
  }
  return {};
}

std::uint64_t vacuum(Connection& writer, const fs::path& file) {
  SQLite::Database& database = writer.database();
  // The copy goes beside the file, where there is room for it, and not into memory or a small /tmp.
  std::string folder = fs::absolute(file).parent_path().string();
  for (std::size_t at = 0; (at = folder.find('\'', at)) != std::string::npos; at += 2) folder.insert(at, 1, '\'');
  database.exec(fmt::format("PRAGMA temp_store = FILE; PRAGMA temp_store_directory = '{}';", folder));
  database.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
  database.exec("PRAGMA temp_store = MEMORY;");
  return 0;
}

}  // namespace weir::store::sqlite
