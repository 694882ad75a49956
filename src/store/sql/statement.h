// SPDX-License-Identifier: Apache-2.0
// Statement: SQL text with its parameters, in the dialect of one of the two databases. An adapter says how each kind of
// parameter looks in its database.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "flow/flow_identity.h"
#include "store/sql/values.h"

namespace weir::store::sql {

enum class Dialect : std::uint8_t { sqlite, postgres };

using Parameter =
    std::variant<std::int64_t, double, bool, std::string, base::Timestamp, base::IpAddress, flow::FlowUid, Json>;

class Statement {
 public:
  explicit Statement(Dialect dialect) : dialect_(dialect) {}

  // Takes a parameter and gives its place in the text: "?3", "$3::inet".
  std::string place(Parameter parameter);

  Dialect dialect() const { return dialect_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }

  std::string text;

 private:
  Dialect dialect_;
  std::vector<Parameter> parameters_;
};

std::string joined(const std::vector<std::string>& words, const char* between = ", ");

}  // namespace weir::store::sql
