// SPDX-License-Identifier: Apache-2.0
#include "store/sql/migrations.h"

#include <fmt/format.h>

namespace weir::store::sql {

base::Result<std::span<const Migration>> still_to_apply(std::span<const Migration> known,
                                                        const std::vector<int>& recorded) {
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    if (recorded[i] != static_cast<int>(i) + 1) {
      return base::fail(
          fmt::format("its schema is half migrated (step {} is missing): restore it from a backup", i + 1));
    }
  }
  if (recorded.size() > known.size()) {
    return base::fail(
        fmt::format("a newer weir wrote it (schema {}, this program knows {}): use that version, or another database",
                    recorded.size(), known.size()));
  }
  return known.subspan(recorded.size());
}

}  // namespace weir::store::sql
