// SPDX-License-Identifier: Apache-2.0
#include "sinks/secret.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace weir::sinks {

namespace {

constexpr std::string_view kFile = "file:", kEnvironment = "env:", kBlank = " \t\r\n";
constexpr std::size_t kMostBytes = 64 * 1024;

base::Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return base::fail(path + ": is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return base::fail(fmt::format("{}: {}", path, std::strerror(errno)));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytes) return base::fail(path + ": is larger than 64 KiB");
  return text;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

}  // namespace

bool names_a_secret(std::string_view text) { return text.starts_with(kFile) || text.starts_with(kEnvironment); }

base::Result<std::string> read_secret(std::string_view where) {
  std::string secret;
  if (where.starts_with(kFile)) {
    const std::string path(where.substr(kFile.size()));
    auto text = read_file(path);
    if (!text) return text;
    secret = trimmed(*text);
    if (secret.empty()) return base::fail(path + ": is empty");
  } else if (where.starts_with(kEnvironment)) {
    const std::string name(where.substr(kEnvironment.size()));
    const char* value = std::getenv(name.c_str());
    secret = trimmed(value == nullptr ? "" : value);
    if (secret.empty()) return base::fail(fmt::format("the environment has no {}", name));
  } else {
    return base::fail("a secret stands in a file or in the environment: \"file:/path\" or \"env:NAME\"");
  }
  return secret;
}

}  // namespace weir::sinks
