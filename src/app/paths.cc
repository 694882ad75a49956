// SPDX-License-Identifier: Apache-2.0
#include "app/paths.h"

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

base::Result<> prepare_state_dir(const fs::path& dir) {
  std::error_code error;
  const bool made = fs::create_directories(dir, error);
  if (error) {
    return base::fail(fmt::format("cannot make the state folder {}: {}; choose another with --state-dir", dir.string(),
                                  error.message()));
  }
  if (made) fs::permissions(dir, fs::perms::owner_all, error);
  if (access(dir.c_str(), W_OK | X_OK) != 0) {
    return base::fail(fmt::format("cannot write to the state folder {}: {}; choose another with --state-dir",
                                  dir.string(), std::strerror(errno)));
  }
  return {};
}

}  // namespace weir::app
