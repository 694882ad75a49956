// SPDX-License-Identifier: Apache-2.0
#include "api/http/request_log.h"

#include <spdlog/spdlog.h>

namespace weir::api {

namespace {

constexpr std::size_t kMaxPath = 200;

std::string_view or_dash(std::string_view text) { return text.empty() ? "-" : text; }

}  // namespace

void RequestLog::write(const RequestRecord& record) const {
  if (logger_ == nullptr) return;
  const std::string_view path = record.target.substr(0, record.target.find('?')).substr(0, kMaxPath);
  const auto level = record.status >= 500 ? spdlog::level::warn : spdlog::level::info;
  logger_->log(level, "{} {} {} {} B {:.1f} ms {} {}{}{}", or_dash(record.method), or_dash(path), record.status,
               record.bytes, static_cast<double>(record.took.count()) / 1e3, or_dash(record.remote),
               or_dash(record.user), record.note.empty() ? "" : ": ", record.note);
}

}  // namespace weir::api
