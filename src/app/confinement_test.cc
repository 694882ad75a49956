// SPDX-License-Identifier: Apache-2.0
#include "app/confinement.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include <gtest/gtest.h>

namespace weir::app {
namespace {

namespace fs = std::filesystem;

[[maybe_unused]] fs::path new_folder() {
  std::string name = testing::TempDir() + "weir-confined-XXXXXX";
  return ::mkdtemp(name.data());
}

std::uint64_t effective_capabilities() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("CapEff:")) return std::stoull(line.substr(7), nullptr, 16);
  }
  return ~std::uint64_t{0};
}

[[maybe_unused]] bool can_make(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

// Each in a process of its own, since there is no way back.
TEST(ConfinementDeathTest, no_capability_is_left) {
  EXPECT_EXIT(
      {
        const auto holds = confine({});
        const bool no_raw_socket = ::socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM;
        ::_exit(holds && effective_capabilities() == 0 && no_raw_socket ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

TEST(ConfinementDeathTest, root_becomes_the_user_for_good) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  EXPECT_EXIT(
      {
        const auto holds = confine({.user = "nobody"});
        ::_exit(holds && ::geteuid() != 0 && ::getegid() != 0 && ::setresuid(0, 0, 0) != 0 &&
                        holds->starts_with("user nobody")
                    ? 7
                    : 1);
      },
      testing::ExitedWithCode(7), "");
}

TEST(Confinement, a_user_that_does_not_exist_is_one_sentence) {
  EXPECT_EQ(confine({.user = "no such user"}).error().message(), "there is no user 'no such user' on this machine");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

TEST(ConfinementDeathTest, files_change_only_below_the_writable_folders) {
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const fs::path inside = new_folder(), outside = new_folder();
  std::ofstream(outside / "there") << "text";
  EXPECT_EXIT(
      {
        const auto holds = confine({.writable = {inside, "/no/such/folder"}});
        const bool reads = std::ifstream(outside / "there").good();
        ::_exit(holds && can_make(inside / "new") && !can_make(outside / "new") && !can_make(outside / "there") &&
                        ::unlink((outside / "there").c_str()) != 0 && reads
                    ? 7
                    : 1);
      },
      testing::ExitedWithCode(7), "");
  fs::remove_all(inside);
  fs::remove_all(outside);
}

TEST(ConfinementDeathTest, no_program_can_be_started) {
  if (!has_seccomp()) GTEST_SKIP() << "this kernel has no seccomp";
  EXPECT_EXIT(
      {
        const auto holds = confine({});
        ::execl("/bin/true", "true", nullptr);
        ::_exit(holds && errno == EPERM ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

TEST(ConfinementDeathTest, without_the_sandbox_programs_and_files_are_as_before) {
  EXPECT_EXIT(
      {
        const auto holds = confine({.sandbox = false});
        ::execl("/bin/true", "true", nullptr);
        ::_exit(1);
      },
      testing::ExitedWithCode(0), "");
}

#endif

}  // namespace
}  // namespace weir::app
