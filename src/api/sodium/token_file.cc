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

#include "base/rfc3339.h"

namespace weir::api {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxUsers = 1000;

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

base::Result<TokenFile::Entry> parse_entry(const Json& json) {
  const auto role = parse_role(json.at("role").get<std::string>());
  const auto created_at = base::parse_time(json.at("created_at").get<std::string>());
  auto name = json.at("name").get<std::string>();
  if (!role || !created_at || !is_user_name(name)) return base::fail("a user in it is damaged");
  if (!json.contains("token_argon2id")) {
    return base::fail(
        fmt::format("the token of {} is of an older weir; move the file away and make the users anew", name));
  }
  return TokenFile::Entry{{std::move(name), *role, *created_at},
                          json.at("token_id").get<std::string>(),
                          json.at("token_argon2id").get<std::string>()};
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
  for (const auto& [user, id, hash, known] : entries) {
    users.push_back({{"name", user.name},
                     {"role", to_string(user.role)},
                     {"created_at", base::format_time(user.created_at)},
                     {"token_id", id},
                     {"token_argon2id", hash}});
  }
  Json json;
  json["users"] = std::move(users);
  return json.dump(2) + "\n";
}

base::Timestamp now() { return std::chrono::floor<base::Duration>(std::chrono::system_clock::now()); }

auto find_entry(std::vector<TokenFile::Entry>& entries, const std::string& name) {
  return std::ranges::find(entries, name, [](const TokenFile::Entry& entry) { return entry.user.name; });
}

base::Result<> no_such_user(const std::string& name) { return base::fail(fmt::format("there is no user '{}'", name)); }

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
  // Who did not change stays known.
  for (TokenFile::Entry& entry : *entries) {
    for (const Entry& before : entries_) {
      if (before.user.name == entry.user.name && before.hash == entry.hash) entry.known = before.known;
    }
  }
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

base::Result<> TokenFile::edit(const Change& change) {
  std::lock_guard guard(mutex_);
  const FileDescriptor lock = open_for_writing(path_.string() + ".lock", 0);
  if (lock.get() < 0 || ::flock(lock.get(), LOCK_EX) != 0) {
    return base::fail(fmt::format("lock {}: {}", path_.string(), system_error()));
  }
  if (const auto fresh = refresh(); !fresh) return fresh;
  std::vector<Entry> entries = entries_;
  if (const auto changed = change(entries); !changed) return changed;
  std::ranges::sort(entries, {}, [](const Entry& entry) { return entry.user.name; });
  return replace(entries);
}

base::Result<std::string> TokenFile::add(const std::string& name, Role role) {
  if (!is_user_name(name)) {
    return base::fail(fmt::format("'{}' is no user name: 1 to 64 letters, digits and any of ._@- make one", name));
  }
  std::string token = make_token();
  auto hash = slow_hash(token);
  if (!hash) return hash;
  const auto added = edit([&](std::vector<Entry>& entries) -> base::Result<> {
    if (find_entry(entries, name) != entries.end()) {
      return base::fail(
          fmt::format("there is a user '{}' already; `weir user renew {}` gives it a new token", name, name));
    }
    if (entries.size() >= kMaxUsers) return base::fail(fmt::format("there are {} users already", kMaxUsers));
    entries.push_back({{name, role, now()}, token_id(token), *hash});
    return {};
  });
  if (!added) return base::fail(added.error());
  return token;
}

base::Result<std::string> TokenFile::renew(const std::string& name) {
  std::string token = make_token();
  auto hash = slow_hash(token);
  if (!hash) return hash;
  const auto renewed = edit([&](std::vector<Entry>& entries) -> base::Result<> {
    const auto entry = find_entry(entries, name);
    if (entry == entries.end()) return no_such_user(name);
    *entry = {{name, entry->user.role, now()}, token_id(token), *hash};
    return {};
  });
  if (!renewed) return base::fail(renewed.error());
  return token;
}

base::Result<> TokenFile::remove(const std::string& name) {
  return edit([&](std::vector<Entry>& entries) -> base::Result<> {
    const auto entry = find_entry(entries, name);
    if (entry == entries.end()) return no_such_user(name);
    entries.erase(entry);
    return {};
  });
}

base::Result<> TokenFile::set_role(const std::string& name, Role role) {
  return edit([&](std::vector<Entry>& entries) -> base::Result<> {
    const auto entry = find_entry(entries, name);
    if (entry == entries.end()) return no_such_user(name);
    entry->user.role = role;
    return {};
  });
}

base::Result<std::vector<User>> TokenFile::list() const {
  std::lock_guard guard(mutex_);
  if (const auto fresh = refresh(); !fresh) return base::fail(fresh.error());
  std::vector<User> users;
  users.reserve(entries_.size());
  for (const Entry& entry : entries_) users.push_back(entry.user);
  return users;
}

std::optional<User> TokenFile::find_by_digest(const TokenDigest& digest) const {
  std::optional<User> found;
  for (const Entry& entry : entries_) {
    // No early end: the time must not tell how far the search came.
    if (entry.known && same_digest(*entry.known, digest)) found = entry.user;
  }
  return found;
}

base::Result<std::optional<User>> TokenFile::find_known(std::string_view token) const {
  const TokenDigest digest = digest_of(token);
  std::lock_guard guard(mutex_);
  if (const auto fresh = refresh(); !fresh) return base::fail(fresh.error());
  return find_by_digest(digest);
}

base::Result<std::optional<User>> TokenFile::find(std::string_view token) const {
  const TokenDigest digest = digest_of(token);
  const std::string id = token_id(token);
  std::vector<Entry> candidates;
  {
    std::lock_guard guard(mutex_);
    if (const auto fresh = refresh(); !fresh) return base::fail(fresh.error());
    if (auto user = find_by_digest(digest)) return user;
    std::ranges::copy_if(entries_, std::back_inserter(candidates), [&](const Entry& entry) { return entry.id == id; });
  }
  for (const Entry& candidate : candidates) {
    if (!matches_slow_hash(candidate.hash, token)) continue;
    std::lock_guard guard(mutex_);
    for (Entry& entry : entries_) {
      if (entry.hash == candidate.hash) entry.known = digest;
    }
    return std::optional(candidate.user);
  }
  return std::optional<User>();
}

}  // namespace weir::api
