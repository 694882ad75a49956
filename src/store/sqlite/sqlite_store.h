// SPDX-License-Identifier: Apache-2.0
// Detections in a SQLite file, the embedded default (`sqlite:PATH`).
//
// One connection writes; up to kReaders others read beside it without waiting for it (write-ahead log). Committed batches
// survive the death of the process; with synchronous = NORMAL a power cut may take back the last ones, never damage the
// file. See docs/store.md.
#pragma once

#include <filesystem>
#include <memory>

#include "alerting/incident_grouping.h"
#include "base/result.h"
#include "store/detection_store.h"

namespace weir::store::sqlite {

// Makes the file when it is missing (its folder must exist) and brings its schema up to date. An error: not a SQLite
// file, another program's database, a newer weir's, half migrated, read-only, no such folder.
base::Result<std::unique_ptr<DetectionStore>> open_sqlite(const std::filesystem::path& file,
                                                          alerting::GroupingRules rules = {});

}  // namespace weir::store::sqlite
