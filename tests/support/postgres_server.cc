// SPDX-License-Identifier: Apache-2.0
#include "tests/support/postgres_server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weir::test {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const fs::path kPrograms = "/usr/lib/postgresql/15/bin";
constexpr uid_t kNobody = 65534;
constexpr auto kStartTime = 60s;  // generous: test machines are busy

std::string contents(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// In the child: gives up root, sends output to `log`, runs the program. Dies when the test does.
[[noreturn]] void become(const std::vector<std::string>& command, const fs::path& folder, const fs::path& log) {
  if (geteuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  if (chdir(folder.c_str()) != 0) _exit(126);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

pid_t launch(const std::vector<std::string>& command, const fs::path& folder, const fs::path& log) {
  const pid_t pid = fork();
  if (pid == 0) become(command, folder, log);
  if (pid < 0) throw std::runtime_error("fork failed");
  return pid;
}

// What it printed; throws when it fails. May run in several threads at once.
std::string run(const std::vector<std::string>& command, const fs::path& folder, const std::string& name) {
  static std::atomic<int> runs = 0;
  const fs::path log = folder / (name + std::to_string(++runs) + ".log");
  int status = 0;
  waitpid(launch(command, folder, log), &status, 0);
  const std::string printed = contents(log);
  fs::remove(log);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error(name + " failed: " + printed);
  return printed;
}

}  // namespace

bool PostgresServer::is_installed() { return fs::exists(kPrograms / "initdb") && fs::exists(kPrograms / "postgres"); }

PostgresServer::PostgresServer() {
  std::string pattern = (fs::temp_directory_path() / "weir_pg_XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder could be made");
  folder_ = pattern;
  if (geteuid() == 0 && chown(folder_.c_str(), kNobody, kNobody) != 0) throw std::runtime_error("chown failed");
  run({kPrograms / "initdb", "-D", "data", "-U", "weir", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"},
      folder_, "initdb");
  start();
}

PostgresServer::~PostgresServer() {
  stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PostgresServer::start() {
  pid_ = launch({kPrograms / "postgres", "-D", "data", "-k", folder_, "-c", "listen_addresses=", "-c", "fsync=off",
                 "-c", "max_connections=30", "-c", "shared_buffers=64MB"},
                folder_, folder_ / "postgres.log");
  const auto end = std::chrono::steady_clock::now() + kStartTime;
  while (true) {
    try {
      psql("postgres", "SELECT 1");
      return;
    } catch (const std::runtime_error&) {
      if (std::chrono::steady_clock::now() > end || waitpid(pid_, nullptr, WNOHANG) != 0) {
        throw std::runtime_error("PostgreSQL did not start: " + log());
      }
      std::this_thread::sleep_for(50ms);
    }
  }
}

void PostgresServer::stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGCONT);
  kill(pid_, SIGQUIT);  // "immediate": no goodbye to the clients, recovery at the next start
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

namespace {

// The server and its sessions: all processes whose parent is the server.
std::vector<pid_t> with_children(pid_t parent) {
  std::vector<pid_t> pids = {parent};
  std::ifstream children("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  for (pid_t pid; children >> pid;) pids.push_back(pid);
  return pids;
}

}  // namespace

void PostgresServer::freeze() {
  for (const pid_t pid : with_children(pid_)) kill(pid, SIGSTOP);
}

void PostgresServer::thaw() {
  for (const pid_t pid : with_children(pid_)) kill(pid, SIGCONT);
}

std::string PostgresServer::url_of_new_database() {
  const std::string name = "test" + std::to_string(++databases_);
  psql("postgres", "CREATE DATABASE " + name + " TEMPLATE template0");
  return url(name);
}

std::string PostgresServer::url(const std::string& database) const {
  return "postgresql:///" + database + "?user=weir&host=" + folder_.string();
}

std::string PostgresServer::psql(const std::string& database, const std::string& statement) const {
  return run({kPrograms / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", folder_, "-U", "weir", "-d",
              database, "-c", statement},
             folder_, "psql");
}

std::string PostgresServer::log() const { return contents(folder_ / "postgres.log"); }

}  // namespace weir::test
