// SPDX-License-Identifier: Apache-2.0
#include "api/login_guard.h"

#include <algorithm>

#include "base/ip_address.h"

namespace weir::api {

namespace {

// Whoever has one IPv6 address usually has 2^64 of them.
std::string source_of(std::string_view address) {
  const auto parsed = base::IpAddress::parse(address);
  if (!parsed || parsed->is_v4()) return std::string(address);
  const auto bytes = parsed->bytes();
  std::string prefix = "/64:";
  for (std::size_t i = 0; i < 8; ++i) prefix += std::to_string(std::to_integer<int>(bytes[i])) + ".";
  return prefix;
}

}  // namespace

std::optional<std::chrono::seconds> LoginGuard::locked(std::string_view address, Clock::time_point now) const {
  std::lock_guard lock(mutex_);
  const auto found = records_.find(source_of(address));
  if (found == records_.end() || now >= found->second.locked_until) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(found->second.locked_until - now);
}

bool LoginGuard::failed(std::string_view address, Clock::time_point now) {
  std::lock_guard lock(mutex_);
  const std::string source = source_of(address);
  if (!records_.contains(source)) make_room(now);
  Record& record = records_[source];
  if (now - record.last > limits_.forget) {
    record = {};
    record.window_began = now;
  }
  if (now - record.window_began > limits_.window) {
    record.failures = 0;
    record.window_began = now;
  }
  record.last = now;
  if (++record.failures < limits_.failures) return false;
  const auto wait = limits_.first_lock * (1 << std::min(record.locks, 10));
  record.locked_until = now + std::min<std::chrono::seconds>(wait, limits_.longest_lock);
  record.failures = 0;
  ++record.locks;
  return true;
}

void LoginGuard::succeeded(std::string_view address) {
  std::lock_guard lock(mutex_);
  if (const auto found = records_.find(source_of(address)); found != records_.end()) found->second.failures = 0;
}

// A flood from many addresses pushes out the quietest ones, and those that are locked last.
void LoginGuard::make_room(Clock::time_point now) {
  if (records_.size() < limits_.addresses) return;
  std::erase_if(records_, [&](const auto& entry) { return now - entry.second.last > limits_.forget; });
  if (records_.size() < limits_.addresses) return;
  const auto quieter = [](const auto& a, const auto& b) {
    return std::pair(a.second.locked_until, a.second.last) < std::pair(b.second.locked_until, b.second.last);
  };
  records_.erase(std::ranges::min_element(records_, quieter));
}

}  // namespace weir::api
