// SPDX-License-Identifier: Apache-2.0
#include "app/paths.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace weir::app {

namespace fs = std::filesystem;

base::Result<fs::path> default_model() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  const std::array candidates = {program / "models/default", program / "../models/default",
                                 program / "../share/weir/models/default", fs::path("/usr/share/weir/models/default")};
  for (const fs::path& candidate : candidates) {
    if (fs::exists(candidate / "manifest.json", ignored)) return fs::weakly_canonical(candidate, ignored);
  }
  return base::fail("the default model bundle is not beside the program; give one with --model DIR");
}

fs::path default_state_dir() {
  if (geteuid() == 0) return "/var/lib/weir";
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0')
    return fs::path(state) / "weir";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return fs::path(home) / ".local/state/weir";
  return "weir-state";
}

base::Result<> act_as_owner_of(const fs::path& dir) {
  struct stat info{};
  if (::geteuid() != 0 || ::stat(dir.c_str(), &info) != 0 || info.st_uid == 0) return {};
  if (::setgroups(0, nullptr) != 0 || ::setresgid(info.st_gid, info.st_gid, info.st_gid) != 0 ||
      ::setresuid(info.st_uid, info.st_uid, info.st_uid) != 0) {
    return base::fail(fmt::format("cannot act as the owner of {}: {}", dir.string(), std::strerror(errno)));
  }
  return {};
}

base::Result<> prepare_state_dir(const fs::path& dir, const std::string& user) {
  std::error_code error;
  const bool made = fs::create_directories(dir, error);
  if (error) {
    return base::fail(fmt::format("cannot make the state folder {}: {}; choose another with --state-dir", dir.string(),
                                  error.message()));
  }
  if (made) fs::permissions(dir, fs::perms::owner_all, error);
  if (const passwd* owner = user.empty() ? nullptr : ::getpwnam(user.c_str()); made && owner != nullptr) {
    if (::chown(dir.c_str(), owner->pw_uid, owner->pw_gid) != 0) {
      return base::fail(
          fmt::format("cannot give the state folder {} to {}: {}", dir.string(), user, std::strerror(errno)));
    }
  }
  if (access(dir.c_str(), W_OK | X_OK) != 0) {
    return base::fail(fmt::format("cannot write to the state folder {}: {}; choose another with --state-dir",
                                  dir.string(), std::strerror(errno)));
  }
  return {};
}

}  // namespace weir::app
