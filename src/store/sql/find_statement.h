// SPDX-License-Identifier: Apache-2.0
// A page of detections as SQL, newest first.
#pragma once

#include <string>

#include "base/result.h"
#include "store/detection_store.h"
#include "store/sql/statement.h"

namespace weir::store::sql {

// `SELECT <columns> FROM detections ...`, for one row more than the limit: it tells whether another page follows. The
// page is looked up in an index alone, then its rows are read: a search does not touch rows that it does not show.
// An error: a limit out of range, a cursor that is none, a text that is too long.
base::Result<Statement> find_statement(const DetectionQuery& query, const std::string& columns, Dialect dialect);

// False when a condition is a text that no row can hold (NUL or not UTF-8): the page is empty, and need not be asked for.
bool can_match(const DetectionQuery& query);

// Makes a page of what find_statement() gave: drops the row beyond the limit and says where the next page begins.
DetectionPage to_page(std::vector<alerting::Detection> found, const DetectionQuery& query);

}  // namespace weir::store::sql
