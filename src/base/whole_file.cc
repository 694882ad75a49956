// SPDX-License-Identifier: Apache-2.0
#include "base/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

namespace weir::base {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> failed(const fs::path& file, int number) {
  return fail(fmt::format("{}: {}", file.string(), std::strerror(number)));
}

}  // namespace

Result<> replace_file(const fs::path& file, std::string_view text) {
  const fs::path fresh = file.string() + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed(fresh, errno);
  const ssize_t size = ::write(fd, text.data(), text.size());
  const int number = size < 0 ? errno : ENOSPC;
  ::close(fd);
  if (size != static_cast<ssize_t>(text.size())) return failed(fresh, number);
  std::error_code error;
  fs::rename(fresh, file, error);
  if (error) return fail(fmt::format("{}: {}", file.string(), error.message()));
  return {};
}

}  // namespace weir::base
