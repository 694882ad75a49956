// SPDX-License-Identifier: Apache-2.0
#include "store/sql/statement.h"

#include <array>

namespace weir::store::sql {

std::string Statement::place(Parameter parameter) {
  // In the order of the alternatives of Parameter.
  constexpr std::array kPostgresTypes = {"bigint", "double precision", "boolean", "text", "timestamptz", "inet", "uuid",
                                         "jsonb"};
  static_assert(kPostgresTypes.size() == std::variant_size_v<Parameter>);

  const std::string type = kPostgresTypes[parameter.index()];
  parameters_.push_back(std::move(parameter));
  const std::string number = std::to_string(parameters_.size());
  return dialect_ == Dialect::sqlite ? "?" + number : "$" + number + "::" + type;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

}  // namespace weir::store::sql
