// SPDX-License-Identifier: Apache-2.0
#include "api/sodium/token_file.h"

#include <fcntl.h>
#include <sys/file.h>
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

#include "api/rfc3339.h"

namespace weir::api {

namespace {

using Json = nlohmann::ordered_json;

std::string system_error() { return std::strerror(errno); }

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

FileDescriptor open_for_writing(const std::filesystem::path& path, int flags) {
  return FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, S_IRUSR | S_IWUSR));
}

bool is_valid_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("._@-").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, allowed);
}

base::Result<TokenFile::Entry> parse_entry(const Json& json) {
  const auto role = parse_role(json.at("role").get<std::string>());
  const auto created_at = parse_time(json.at("created_at").get<std::string>());
  const auto digest = parse_digest(json.at("token_blake2b").get<std::string>());
  auto name = json.at("name").get<std::string>();
  if (!role || !created_at || !digest || !is_valid_name(name)) return base::fail("a user in it is damaged");
  return TokenFile::Entry{{std::move(name), *role, *created_at}, *digest};
}

base::Result<std::vector<TokenFile::Entry>> parse_file(const std::string& text) {
  std::vector<TokenFile::Entry> entries;
  try {
    const Json json = Json::parse(text);
    for (const Json& user : json.at("users")) {
      auto entry = parse_entry(user);
      if (!entry) return base::fail(entry.error());
      entries.push_back(std::move(*entry));
    }
  } catch (const Json::exception& error) {
    return base::fail("it is not the JSON that weir writes");
  }
  return entries;
}

std::string write_file(const std::vector<TokenFile::Entry>& entries) {
  Json users = Json::array();
  for (const auto& [user, digest] : entries) {
    users.push_back({{"name", user.name},
                     {"role", to_string(user.role)},
                     {"created_at", format_time(user.created_at)},
                     {"token_blake2b", to_hex(digest)}});
  }
  Json json;
  json["users"] = std::move(users);
  return json.dump(2) + "\n";
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0;
}

}  // namespace

TokenFile::TokenFile(std::filesystem::path path) : path_(std::move(path)) {}

base::Result<> TokenFile::refresh() const {
  struct stat info{};
  if (::stat(path_.c_str(), &info) != 0) {
    if (errno != ENOENT) return base::fail(fmt::format("read {}: {}", path_.string(), system_error()));
    entries_.clear();
    version_ = {};
    return {};
  }
  const Version version{static_cast<std::int64_t>(info.st_ino),
                        info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec, info.st_size};
  if (version == version_) return {};

  std::ifstream file(path_);
  if (!file) return base::fail(fmt::format("read {}: {}", path_.string(), system_error()));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto entries = parse_file(text);
  if (!entries) return base::fail_within("read " + path_.string(), entries);
  entries_ = std::move(*entries);
  version_ = version;
  return {};
}

base::Result<> TokenFile::replace(const std::vector<Entry>& entries) {
  const std::filesystem::path draft = path_.string() + ".new";
  {
    const FileDescriptor file = open_for_writing(draft, O_TRUNC);
    if (file.get() < 0 || !write_all(file.get(), write_file(entries))) {
      return base::fail(fmt::format("write {}: {}", draft.string(), system_error()));
    }
  }
  if (::rename(draft.c_str(), path_.c_str()) != 0) {
    return base::fail(fmt::format("write {}: {}", path_.string(), system_error()));
  }
  return {};
}

base::Result<std::string> TokenFile::add(const std::string& name, Role role) {
  if (!is_valid_name(name)) {
    return base::fail(fmt::format("'{}' is no user name: 1 to 64 letters, digits and any of ._@- make one", name));
  }
  std::lock_guard guard(mutex_);
  const FileDescriptor lock = open_for_writing(path_.string() + ".lock", 0);
  if (lock.get() < 0 || ::flock(lock.get(), LOCK_EX) != 0) {
    return base::fail(fmt::format("lock {}: {}", path_.string(), system_error()));
  }
  if (const auto fresh = refresh(); !fresh) return base::fail(fresh.error());
  if (std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.user.name == name; })) {
    return base::fail(fmt::format("there is a user '{}' already; remove it first to give it a new token", name));
  }
  std::string token = make_token();
  const auto now = std::chrono::floor<base::Duration>(std::chrono::system_clock::now());
  std::vector<Entry> entries = entries_;
  entries.push_back({{name, role, now}, digest_of(token)});
  std::ranges::sort(entries, {}, [](const Entry& entry) { return entry.user.name; });
  if (const auto written = replace(entries); !written) return base::fail(written.error());
  return token;
}

base::Result<> TokenFile::remove(const std::string& name) {
  std::lock_guard guard(mutex_);
  const FileDescriptor lock = open_for_writing(path_.string() + ".lock", 0);
  if (lock.get() < 0 || ::flock(lock.get(), LOCK_EX) != 0) {
    return base::fail(fmt::format("lock {}: {}", path_.string(), system_error()));
  }
  if (const auto fresh = refresh(); !fresh) return base::fail(fresh.error());
  std::vector<Entry> entries = entries_;
  if (std::erase_if(entries, [&](const Entry& entry) { return entry.user.name == name; }) == 0) {
    return base::fail(fmt::format("there is no user '{}'", name));
  }
  return replace(entries);
}

base::Result<std::vector<User>> TokenFile::list() const {
  std::lock_guard guard(mutex_);
  if (const auto fresh = refresh(); !fresh) return base::fail(fresh.error());
  std::vector<User> users;
  for (const Entry& entry : entries_) users.push_back(entry.user);
  return users;
}

base::Result<std::optional<User>> TokenFile::find(std::string_view token) const {
  const TokenDigest digest = digest_of(token);
  std::lock_guard guard(mutex_);
  if (const auto fresh = refresh(); !fresh) return base::fail(fresh.error());
  std::optional<User> found;
  for (const Entry& entry : entries_) {
    // No early end: the time must not tell how far the search came.
    if (same_digest(entry.digest, digest)) found = entry.user;
  }
  return found;
}

}  // namespace weir::api
