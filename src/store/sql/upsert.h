// SPDX-License-Identifier: Apache-2.0
// Writing that may be repeated, and in any order, with the same result. The statements are the same in both databases.
// `source` is a VALUES or SELECT clause that gives the named columns; it may hold each key only once.
#pragma once

#include <string>
#include <vector>

namespace weir::store::sql {

const std::vector<std::string>& detection_columns();   // in the order of visit_columns()
const std::vector<std::string>& throughput_columns();  // in the order of ThroughputSample, at first
const std::vector<std::string>& model_columns();       // in the order of ModelRecord

// alerting::merge() in SQL. A row that would change nothing is not touched.
std::string upsert_detections(const std::string& source);

// Of two samples for one tick of one sensor the larger count is kept, column by column.
std::string upsert_throughput(const std::string& source);

// The newer record replaces the older one.
std::string upsert_model(const std::string& source);

}  // namespace weir::store::sql
