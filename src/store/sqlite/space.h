// SPDX-License-Identifier: Apache-2.0
// The room that a SQLite file takes, and giving it back. Throws SQLite::Exception.
//
// Files that weir made since it knows retention keep a map of their pages (auto_vacuum = INCREMENTAL), so that free pages
// can be given back some at a time. An older file uses free pages again but never shrinks, until vacuum() rewrites it once.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "store/sqlite/connection.h"
#include "store/store_upkeep.h"

namespace weir::store::sqlite {

// All but `oldest`.
StoreExtent read_extent(Connection& reader, const std::filesystem::path& file);

// What it gave; 0 when hardly anything is free. The file gets shorter when its log is written back, which the last call sees to.
std::uint64_t give_back(Connection& writer, std::uint64_t most_bytes);

// Whether the file system has room for a second copy.
base::Result<> room_to_vacuum(const std::filesystem::path& file);
std::uint64_t vacuum(Connection& writer, const std::filesystem::path& file);

}  // namespace weir::store::sqlite
