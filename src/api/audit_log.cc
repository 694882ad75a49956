// SPDX-License-Identifier: Apache-2.0
#include "api/audit_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"

namespace weir::api {

namespace {

constexpr std::size_t kMaxText = 300;
constexpr std::size_t kTail = 1024 * 1024;  // what newest() reads of a file, at most

std::string line_of(const AuditRecord& record) {
  const auto now = std::chrono::floor<base::Duration>(std::chrono::system_clock::now());
  nlohmann::ordered_json json;
  json["at"] = base::format_time(now);
  if (!record.user.empty()) json["user"] = record.user;
  if (!record.role.empty()) json["role"] = record.role;
  if (!record.remote.empty()) json["remote"] = record.remote;
  json["action"] = record.action.substr(0, kMaxText);
  if (record.status != 0) json["status"] = record.status;
  if (!record.what.empty()) json["what"] = record.what.substr(0, kMaxText);
  // What clients sent may be cut within a character.
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

void AuditLog::write(const AuditRecord& record) {
  const std::string line = line_of(record);
  std::lock_guard lock(mutex_);
  if (!append(line)) ++failures_;
}

bool AuditLog::append(const std::string& line) {
  const int fd = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (fd < 0) return false;
  struct stat info{};
  const bool full = ::fstat(fd, &info) == 0 && static_cast<std::size_t>(info.st_size) >= turn_at_;
  const bool written = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  ::close(fd);
  if (full) turn();
  return written;
}

void AuditLog::turn() {
  const auto old = [this](int number) { return fmt::format("{}.{}", path_.string(), number); };
  std::error_code ignored;
  for (int number = kOldFiles - 1; number >= 1; --number)
    std::filesystem::rename(old(number), old(number + 1), ignored);
  std::filesystem::rename(path_, old(1), ignored);
}

base::Result<std::vector<std::string>> AuditLog::newest(std::size_t count) const {
  std::vector<std::string> lines;
  for (int number = 0; number <= kOldFiles && lines.size() < count; ++number) {
    const std::string path = number == 0 ? path_.string() : fmt::format("{}.{}", path_.string(), number);
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      if (errno == ENOENT) continue;
      return base::fail(fmt::format("read {}: {}", path, std::strerror(errno)));
    }
    file.seekg(0, std::ios::end);
    const auto size = static_cast<std::size_t>(file.tellg());
    const std::size_t begin = size > kTail ? size - kTail : 0;
    file.seekg(static_cast<std::streamoff>(begin));
    std::string line;
    std::vector<std::string> of_file;
    if (begin > 0) std::getline(file, line);  // the first may be half a line
    while (std::getline(file, line)) of_file.push_back(std::move(line));
    std::ranges::reverse(of_file);
    of_file.resize(std::min(of_file.size(), count - lines.size()));
    std::ranges::move(of_file, std::back_inserter(lines));
  }
  return lines;
}

}  // namespace weir::api
