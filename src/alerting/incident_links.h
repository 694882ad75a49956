// SPDX-License-Identifier: Apache-2.0
// IncidentLinks: which names of incidents stand for the same one (disjoint sets). One thread.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace weir::alerting {

class IncidentLinks {
 public:
  // The one name that stands for all that were joined with it: the smallest, so that order does not matter.
  const std::string& root(const std::string& name) {
    const std::string* top = &*names_.insert(name).first;
    for (auto up = parents_.find(*top); up != parents_.end(); up = parents_.find(*top)) top = &up->second;
    if (*top != name) parents_[name] = *top;
    return *names_.insert(*top).first;
  }

  void join(const std::string& a, const std::string& b) {
    const std::string x = root(a), y = root(b);
    if (x != y) parents_[std::max(x, y)] = std::min(x, y);
  }

  const std::set<std::string>& names() const { return names_; }  // all that were ever asked about

 private:
  std::set<std::string> names_;
  std::map<std::string, std::string> parents_;
};

}  // namespace weir::alerting
