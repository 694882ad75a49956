// SPDX-License-Identifier: Apache-2.0
#include "scoring/self_check.h"

#include "scoring/json_fields.h"

namespace weir::scoring {

namespace {

std::vector<float> read_matrix(JsonFields& fields, const char* key, std::size_t width) {
  std::vector<float> flat;
  for (const std::vector<float>& row : fields.matrix(key)) {
    if (row.size() != width)
      fields.refuse_field(key, fmt::format("has a row of {} numbers, not {}", row.size(), width));
    flat.insert(flat.end(), row.begin(), row.end());
  }
  return flat;
}

}  // namespace

base::Result<SelfCheck> parse_self_check(std::string_view json, std::size_t width, std::size_t labels) {
  JsonFields fields(json);
  SelfCheck check{.values = read_matrix(fields, "rows", width)};
  for (const double score : fields.numbers("scores")) check.scores.push_back(static_cast<float>(score));
  if (labels > 0) check.classes = read_matrix(fields, "classes", labels);
  if (fields.has("tolerance")) check.tolerance = fields.number("tolerance");
  check.rows = check.scores.size();
  if (check.rows == 0 || check.values.size() != check.rows * width || check.classes.size() != check.rows * labels) {
    fields.refuse("its rows, scores and classes are not equally many");
  }
  if (!fields.ok()) return base::fail(fields.error());
  return check;
}

}  // namespace weir::scoring
