// SPDX-License-Identifier: Apache-2.0
// `weir doctor`: looks at everything that a run needs, one check a line, and says what to do about what is not well.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/timex.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/confinement.h"
#include "app/db_command.h"
#include "app/paths.h"
#include "app/registry.h"
#include "app/sink_senders.h"
#include "capture/interfaces.h"

namespace weir::app {

namespace {

namespace fs = std::filesystem;

struct Check {
  std::string name;
  bool ok = false;
  std::string finding;
  std::string advice;  // what to do; empty when all is well
};

Check well(std::string name, std::string finding) { return {std::move(name), true, std::move(finding), {}}; }
Check ill(std::string name, std::string finding, std::string advice) {
  return {std::move(name), false, std::move(finding), std::move(advice)};
}

std::uint64_t effective_capabilities() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("CapEff:")) return std::stoull(line.substr(7), nullptr, 16);
  }
  return 0;
}

Check check_privileges() {
  constexpr std::uint64_t kNetAdmin = 1u << 12, kNetRaw = 1u << 13;
  const std::uint64_t have = effective_capabilities();
  const std::string grant = "sudo setcap cap_net_raw,cap_net_admin=ep " + fs::read_symlink("/proc/self/exe").string();
  if ((have & kNetRaw) == 0) return ill("privileges", "without CAP_NET_RAW no interface can be watched", grant);
  if ((have & kNetAdmin) == 0) {
    return ill("privileges", "without CAP_NET_ADMIN an interface cannot be made promiscuous", grant);
  }
  return well("privileges", "may capture (CAP_NET_RAW, CAP_NET_ADMIN)");
}

// An older kernel is no reason for care: then weir runs with what there is.
Check check_confinement() {
  const ConfinementTrial trial = try_confinement();
  const std::string name = "confinement";
  if (trial.holds.empty()) {
    return ill(name, "privileges could not be dropped in a trial",
               "run weir as a user of its own, see docs/operations.md");
  }
  if (landlock_version() > 0 && !trial.writes_refused) {
    return ill(name, "Landlock is there, but does not hold", "check the kernel's lsm= list for landlock");
  }
  std::string missing;
  if (landlock_version() == 0) missing += "; this kernel has no Landlock (5.13 and later)";
  if (!has_seccomp()) missing += "; this kernel has no seccomp";
  return well(name, "once capturing, weir has " + trial.holds + missing);
}

Check check_interface(const capture::Interface& interface) {
  const std::string name = "interface " + interface.name;
  if (!interface.up) return ill(name, "is down", fmt::format("sudo ip link set {} up", interface.name));
  if (!interface.running) return ill(name, "has no carrier", "check the cable or the other end");
  if (!interface.merging_offloads.empty()) {
    const std::string offloads = fmt::format("{}", fmt::join(interface.merging_offloads, ", "));
    return ill(
        name, "merges packets (" + offloads + "), so packet sizes and counts are not those of the wire",
        fmt::format("sudo ethtool -K {} {} off", interface.name, fmt::join(interface.merging_offloads, " off ")));
  }
  return well(name, "up, without offloads that merge packets");
}

std::vector<Check> check_interfaces(const std::string& wanted) {
  std::vector<Check> checks;
  for (const auto& interface : capture::list_interfaces()) {
    const bool chosen = wanted.empty() ? !interface.loopback && interface.up : interface.name == wanted;
    if (chosen) checks.push_back(check_interface(interface));
  }
  if (!checks.empty()) return checks;
  if (!wanted.empty()) return {ill("interface " + wanted, "does not exist", capture::interfaces_sentence())};
  return {ill("interfaces", "none is up besides loopback", "sudo ip link set NAME up")};
}

Check check_packets(const DoctorArguments& arguments) {
  Config config;
  config.interface = arguments.interface;
  auto sources = open_sources(config);
  if (!sources) return ill("packets", sources.error().message(), "mend the interface first");
  using Clock = std::chrono::steady_clock;
  const auto end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(arguments.seconds));
  while (Clock::now() < end) {
    const auto batch = sources->front()->next(std::chrono::milliseconds(100));
    if (!batch) return ill("packets", batch.error().message(), "mend the interface first");
  }
  const auto stats = sources->front()->stats();
  const std::string found = fmt::format("{} packets in {:g} s on {}, {} dropped", stats.packets, arguments.seconds,
                                        arguments.interface, stats.kernel_drops);
  if (stats.packets > 0) return well("packets", found);
  return ill("packets", found, "check the cable, the mirror port or the filter; a quiet link needs a larger --seconds");
}

Check check_model(const std::string& dir) {
  const auto detector = load_detector(dir, Config{});
  if (!detector)
    return ill("model", detector.error().message(), "choose another with --model, or train one for this version");
  return well("model", fmt::format("{} fits this sensor and repeats its self-check; trained on {}",
                                   (*detector)->version(), (*detector)->trained_on()));
}

Check check_state_dir(const fs::path& dir) {
  const auto ready = prepare_state_dir(dir);
  if (!ready)
    return ill("state folder", ready.error().message(), "make it writable, or choose another with --state-dir");
  std::error_code error;
  const auto space = fs::space(dir, error);
  constexpr std::uintmax_t kMiB = 1024 * 1024;
  const std::string found = fmt::format("{} is writable, {} MiB free", dir.string(), space.available / kMiB);
  if (error || space.available < 512 * kMiB) return ill("state folder", found, "make room: at least 512 MiB");
  return well("state folder", found);
}

Check check_database(const std::string& url) {
  const auto store = open_store(url);
  if (!store) return ill("database", store.error().message(), "start it, or choose another with --db");
  const auto extent = (*store)->extent();
  if (!extent) return ill("database", extent.error().message(), "see the message of the database");
  return well("database", fmt::format("{} holds {}", (*store)->describe(), in_words(*extent)));
}

// A wrong clock spoils nothing in weir (time comes from packets), but every comparison with other logs.
Check check_clock() {
  timex state{};
  if (adjtimex(&state) == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
    return ill("clock", "is not synchronised", "run an NTP client, so that times can be compared with other logs");
  }
  return well("clock", "is synchronised");
}

std::vector<Check> check_sinks_of(const Config& config) {
  std::vector<Check> checks;
  for (const SinkConfig& sink : all_sinks(config)) {
    const std::string name = "sink " + sink.name;
    const auto reached = check_receiver(sink);
    checks.push_back(reached
                         ? well(name, sink.kind + ", its receiver can be reached")
                         : ill(name, reached.error().message(),
                               "start the receiver, or mend its [[sink]]; until then weir keeps events on the disk"));
  }
  return checks;
}

void print_text(const std::vector<Check>& checks) {
  for (const Check& check : checks) {
    fmt::print("{:<5} {:<18} {}\n", check.ok ? "OK" : "CARE", check.name, check.finding);
    if (!check.ok) fmt::print("{:<5} {:<18} → {}\n", "", "", check.advice);
  }
}

void print_json(const std::vector<Check>& checks) {
  nlohmann::json out;
  for (const Check& check : checks) {
    out["checks"].push_back(
        {{"name", check.name}, {"ok", check.ok}, {"finding", check.finding}, {"advice", check.advice}});
  }
  fmt::print("{}\n", out.dump(2));
}

}  // namespace

int doctor(const DoctorArguments& arguments) {
  const fs::path state_dir = arguments.state_dir.empty() ? default_state_dir() : fs::path(arguments.state_dir);
  std::vector<Check> checks = {check_privileges(), check_confinement()};
  for (Check& check : check_interfaces(arguments.interface)) checks.push_back(std::move(check));
  if (!arguments.interface.empty()) checks.push_back(check_packets(arguments));
  checks.push_back(check_model(arguments.model));
  checks.push_back(check_state_dir(state_dir));
  checks.push_back(check_database(database_url(arguments.db, state_dir)));
  for (Check& check : check_sinks_of(arguments.config)) checks.push_back(std::move(check));
  checks.push_back(check_clock());

  arguments.json ? print_json(checks) : print_text(checks);
  const bool all_well = std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.ok; });
  return all_well ? kDone : kFailed;
}

}  // namespace weir::app
