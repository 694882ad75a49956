// SPDX-License-Identifier: Apache-2.0
// RequestLog: one line a request. Never the query (it may name what somebody searches for) nor a token.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace weir::api {

struct RequestRecord {
  std::string_view method, target;
  int status = 0;
  std::uint64_t bytes = 0;  // of the body
  std::chrono::microseconds took{0};
  std::string_view remote, user, note;
};

class RequestLog {
 public:
  // Null: writes nothing. Shared with whoever configured the program's logs.
  explicit RequestLog(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}

  void write(const RequestRecord& record) const;  // any thread

 private:
  const std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace weir::api
