// SPDX-License-Identifier: Apache-2.0
// PortSet: which ports, exactly, as ranges: "22,80,8000-8080". Small for what people and scanners choose, and never more
// than 32768 ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::alerting {

class PortSet {
 public:
  struct Range {
    std::uint16_t first = 0, last = 0;  // both included
    friend bool operator==(const Range&, const Range&) = default;
  };

  void add(std::uint16_t port);
  void merge(const PortSet& other);

  bool empty() const { return ranges_.empty(); }
  std::uint32_t count() const;
  bool contains(std::uint16_t port) const;
  const std::vector<Range>& ranges() const { return ranges_; }

  std::string to_string() const;  // "" when empty
  // Nothing unless it is a list as above, of ports up to 65535 in any order.
  static std::optional<PortSet> parse(std::string_view text);

  friend bool operator==(const PortSet&, const PortSet&) = default;

 private:
  void add_range(Range range);

  std::vector<Range> ranges_;  // ascending, with a gap between neighbours
};

}  // namespace weir::alerting
