// SPDX-License-Identifier: Apache-2.0
// The numbered SQL files beside this one, as part of the program, and what they say about a database.
//
// A database records each file that was applied in schema_version(version, name, applied_at). Files are applied in order,
// each in a transaction with its record; there is no way back. To change the schema, add the next file in both folders.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::store::sql {

struct Migration {
  int version;
  std::string_view name;  // of the file, "001_detections"
  std::string_view sql;
};

std::span<const Migration> sqlite_migrations();
std::span<const Migration> postgres_migrations();

// The migrations that are still to be applied. An error when the recorded versions are not 1, 2, ... n (a half
// migration), or n is beyond what this program knows (a newer weir wrote it).
base::Result<std::span<const Migration>> still_to_apply(std::span<const Migration> known,
                                                        const std::vector<int>& recorded);

}  // namespace weir::store::sql
