// SPDX-License-Identifier: Apache-2.0
#include "app/confinement.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::app {

namespace {

namespace fs = std::filesystem;

std::string system_error() { return std::strerror(errno); }

// The sanitizers' runtimes trace the process and start helpers.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

base::Result<> become(const std::string& user) {
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) return base::fail(fmt::format("there is no user '{}' on this machine", user));
  const uid_t uid = entry->pw_uid;
  const gid_t gid = entry->pw_gid;
  if (::geteuid() == uid) return {};
  if (::geteuid() != 0) return base::fail(fmt::format("only root can become the user '{}'", user));
  if (::initgroups(user.c_str(), gid) != 0 || ::setresgid(gid, gid, gid) != 0 || ::setresuid(uid, uid, uid) != 0) {
    return base::fail(fmt::format("cannot become the user '{}': {}", user, system_error()));
  }
  return {};
}

// What no process after us can have again. Fails without CAP_SETPCAP, and beyond the last one: no_new_privs closes that way too.
void drop_bounding_set(std::uint64_t wanted) {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; capability < 64; ++capability) {
    if ((wanted >> capability & 1) == 0) ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

// The kernel's own interface: glibc has no wrapper, and a library for two calls is not worth its weight.
base::Result<> keep_capabilities(std::uint64_t wanted) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return base::fail("capget: " + system_error());
  const std::uint64_t have = data[0].permitted | std::uint64_t{data[1].permitted} << 32;
  const std::uint64_t kept = have & wanted;
  data[0] = {
      .effective = static_cast<std::uint32_t>(kept), .permitted = static_cast<std::uint32_t>(kept), .inheritable = 0};
  data[1] = {.effective = static_cast<std::uint32_t>(kept >> 32),
             .permitted = static_cast<std::uint32_t>(kept >> 32),
             .inheritable = 0};
  if (::syscall(SYS_capset, &header, data.data()) != 0) {
    return base::fail("cannot drop capabilities: " + system_error());
  }
  return {};
}

// Everything that changes files, by the version of Landlock that knows it.
std::uint64_t write_rights(int version) {
  std::uint64_t rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                         LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                         LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                         LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_EXECUTE;
  if (version >= 2) rights |= std::uint64_t{1} << 13;  // REFER
  if (version >= 3) rights |= std::uint64_t{1} << 14;  // TRUNCATE
  return rights;
}

// Allows what is handled below `folder`, except starting programs and making devices.
bool allow_writing(int ruleset, const fs::path& folder, std::uint64_t handled) {
  const int fd = ::open(folder.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT;
  constexpr std::uint64_t kNever =
      LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = handled & ~kNever;
  rule.parent_fd = fd;
  const bool added = ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  ::close(fd);
  return added;
}

// True when it holds.
bool apply_landlock(const std::vector<fs::path>& writable) {
  const int version = landlock_version();
  if (version < 1) return false;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = write_rights(version);
  const auto ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
  if (ruleset < 0) return false;
  bool done = true;
  for (const fs::path& folder : writable) done = done && allow_writing(ruleset, folder, attributes.handled_access_fs);
  done = done && ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  ::close(ruleset);
  return done;
}

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

// What an intruder would reach for next, and weir and its libraries never do. A list of what is allowed would be shorter on
// paper, but would break with each new libc, database client or model runtime.
constexpr std::array kForbidden = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_fanotify_init,
    SYS_quotactl,
    SYS_personality,
    SYS_syslog,
    SYS_move_mount,
    SYS_fsopen,
    SYS_open_tree,
    SYS_mount_setattr,
    SYS_pidfd_getfd,
    SYS_kcmp,
    SYS_lookup_dcookie,
};

bool apply_seccomp() {
  if (kArchitecture == 0) return false;
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
#if defined(__x86_64__)
  // The numbers of the x32 interface would pass by the list.
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
#endif
  for (const long number : kForbidden) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

bool has_seccomp() {
  std::uint32_t action = SECCOMP_RET_ERRNO;
  return kArchitecture != 0 && ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

ConfinementTrial try_confinement() {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    const auto holds = confine({});
    const std::string path = fmt::format("/tmp/weir-doctor-{}", ::getpid());
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd >= 0) ::unlink(path.c_str());
    const bool writes_refused = fd < 0 && errno == EACCES;
    ::execl("/proc/self/exe", "weir", "version", nullptr);  // closes the pipe unanswered, should it be let through
    const std::string answer =
        fmt::format("{}{}{}", writes_refused ? 'y' : 'n', errno == EPERM ? 'y' : 'n', holds ? *holds : std::string());
    const ssize_t written = ::write(pipe[1], answer.data(), answer.size());
    ::_exit(written > 0 ? 0 : 1);
  }
  ::close(pipe[1]);
  std::array<char, 512> answer{};
  const ssize_t size = child > 0 ? ::read(pipe[0], answer.data(), answer.size()) : 0;
  ::close(pipe[0]);
  if (child > 0) ::waitpid(child, nullptr, 0);
  if (size < 2) return {};
  return {.holds = std::string(answer.data() + 2, static_cast<std::size_t>(size) - 2),
          .writes_refused = answer[0] == 'y',
          .programs_refused = answer[1] == 'y'};
}

base::Result<std::string> confine(const ConfinementConfig& config) {
  std::vector<std::string> holds;
  const std::uint64_t wanted = config.low_port ? std::uint64_t{1} << CAP_NET_BIND_SERVICE : 0;
  drop_bounding_set(wanted);
  if (config.low_port) ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);  // over the change of user
  if (!config.user.empty()) {
    if (auto done = become(config.user); !done) return base::fail(done.error());
    holds.push_back("user " + config.user);
  }
  ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  if (auto done = keep_capabilities(wanted); !done) return base::fail(done.error());
  holds.emplace_back(config.low_port ? "no capability but CAP_NET_BIND_SERVICE" : "no capabilities");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return base::fail("no_new_privs: " + system_error());
  if (!config.sandbox || kSanitized) return fmt::format("{}", fmt::join(holds, ", "));
  if (apply_landlock(config.writable)) holds.push_back(fmt::format("Landlock {}", landlock_version()));
  if (apply_seccomp()) holds.emplace_back("seccomp");
  return fmt::format("{}", fmt::join(holds, ", "));
}

}  // namespace weir::app
