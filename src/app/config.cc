// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "decode/tunnels.h"

namespace weir::app {

namespace {

// One thread reads and decodes for all of them: it has no more to give than a few can take.
constexpr std::uint64_t kMostMetersOfAReader = 16;

// clang-format off
constexpr std::array kKeys = {
  ConfigKey{"sensor.name", "--sensor", "Name of this sensor in every detection.", &Config::sensor},

  ConfigKey{"capture.read", "-r,--read", "Capture file to read: pcap or pcapng, also gzip or zstd; - is standard input.", &Config::read},
  ConfigKey{"capture.interface", "-i,--interface", "Interface to watch.", &Config::interface},
  ConfigKey{"capture.speed", "--speed", "Replay speed of a file: a multiple of the recorded pace, or max.", &Config::speed},
  ConfigKey{"capture.filter", "--filter", "BPF filter of a live capture, as for tcpdump; empty takes everything.", &Config::filter},
  ConfigKey{"capture.method", "--capture-method", "How to capture live: afpacket (fast, Linux) or libpcap (portable).", &Config::capture_method, 0, 0, "afpacket|libpcap"},
  ConfigKey{"capture.promiscuous", "--promiscuous", "Take packets that are not for this machine too.", &Config::promiscuous},
  ConfigKey{"capture.workers", "--workers", "Flow tables, each on a thread of its own; on an interface each with its own capture ring, for a file (at most 16) behind one reader.", &Config::workers, 1, 64},
  ConfigKey{"capture.ring_mb", "--ring-mb", "Size of each capture ring in MiB.", &Config::ring_mb, 1, 16384},
  ConfigKey{"capture.max_packets", "--max-packets", "Stop reading after this many packets; 0 reads all.", &Config::max_packets},
  ConfigKey{"capture.exit_at_end", "--exit-at-end", "Stop when the file is read, instead of serving on until a signal.", &Config::exit_at_end},

  ConfigKey{"decode.tunnels", "--tunnels", "Tunnels to look into: all, none, or some of mpls, pppoe, ipip, 6in4, gre, erspan, vxlan, geneve, gtp, teredo, etherip, l2tp, nsh; all,-gre leaves one out.", &Config::tunnels},

  ConfigKey{"flow.interval_s", "--interval", "Seconds between two snapshots of the open flows.", &Config::interval_s, 0.1, 3600},
  ConfigKey{"flow.first_row_s", "--first-row", "Seconds to a flow's first snapshot, a whole part of the interval; 0 waits for the interval.", &Config::first_row_s, 0, 3600},
  ConfigKey{"flow.idle_timeout_s", "--idle-timeout", "Seconds without a packet after which a flow ends.", &Config::idle_timeout_s, 1, 86400},
  ConfigKey{"flow.active_timeout_s", "--active-timeout", "Seconds after which a long flow is cut and continued as a new record.", &Config::active_timeout_s, 1, 86400},
  ConfigKey{"flow.max_flows", "--max-flows", "Flows kept at once by each worker; beyond it the oldest idle flow is ended.", &Config::max_flows, 1000, 100'000'000},
  ConfigKey{"flow.early_packets", "--early-packets", "Score a flow early, at its Nth packet; 0 waits for the interval.", &Config::early_packets, 0, 16},
  ConfigKey{"flow.context_hosts", "--context-hosts", "Sources, destinations and services remembered at once (and twice as many pairs), about 3 KiB for each when full.", &Config::context_hosts, 1024, 10'000'000},

  ConfigKey{"scoring.model", "--model", "Folder of the model bundle; empty takes the default bundle.", &Config::model},
  ConfigKey{"scoring.calibrate_for", "--calibrate-for", "Learn what is normal here first, for so long (such as 10m, in packet time), without alerts; then judge by it.", &Config::calibrate_for},
  ConfigKey{"scoring.alerts_per_day", "--alerts-per-day", "With --calibrate-for: alerts from normal traffic that you can live with (sources flagged within a minute).", &Config::alerts_per_day, 0.01, 1e6},
  ConfigKey{"scoring.adapt", "--adapt", "Let the threshold follow what is normal here, by a small step a day and within bounds, never learning from what was flagged: live (on interfaces), always (for files too: then what a file gives hangs on what was read before), off.", &Config::adapt, 0, 0, "live|always|off"},
  ConfigKey{"scoring.model_public_key", "--model-public-key", "Take only bundles that the holder of this key signed (weir model sign); empty takes any.", &Config::model_public_key},
  ConfigKey{"scoring.queue_rows", "--queue-rows", "Rows that may be on their way to a verdict at once.", &Config::queue_rows, 1024, 100'000'000},

  ConfigKey{"alerting.incident_gap_s", "--incident-gap", "Seconds without a flow after which the same actor and kind of attack make another incident.", &Config::incident_gap_s, 10, 604800},
  ConfigKey{"alerting.own_traffic", "--own-traffic", "Alert on weir's own connections too (its page, its database) when it watches an interface.", &Config::own_traffic},

  ConfigKey{"store.log", "--log", "Which flows are kept: anomalous (and unscored), all, or sampled (1 % of the normal ones too).", &Config::log, 0, 0, "anomalous|all|sampled"},
  ConfigKey{"store.db", "--db", "Where detections are kept: sqlite:PATH or postgresql://USER@HOST/NAME; empty is weir.db in the state folder.", &Config::db},
  ConfigKey{"store.state_dir", "--state-dir", "Folder for the database, the spool and the users; made when missing. Empty is the user's own state folder.", &Config::state_dir},
  ConfigKey{"store.spool_mb", "--spool-mb", "Disk space in MiB for detections that wait while the database is away.", &Config::spool_mb, 1, 1'000'000},
  ConfigKey{"store.checkpoint_s", "--checkpoint-interval", "On an interface: seconds between two checkpoints of the open flows and hosts, which the next start goes on with; 0 takes none, and flows end at a stop.", &Config::checkpoint_s, 0, 3600},
  ConfigKey{"store.keep_days", "--keep-days", "Drop detections this many days after they were found; 0 keeps them for good.", &Config::keep_days, 0, 36500},
  ConfigKey{"store.keep_mb", "--keep-mb", "Drop the oldest detections when the database holds more than this many MiB; 0 sets no limit.", &Config::keep_mb, 0, 1'000'000'000},

  ConfigKey{"eve.file", "--eve", "Also write alerts to this file, as EVE JSON in the form of Suricata; empty writes none.", &Config::eve_file},
  ConfigKey{"eve.rotate_mb", "--eve-rotate-mb", "Size in MiB at which that file is moved to NAME.1; 0 leaves that to logrotate.", &Config::eve_rotate_mb, 0, 1'000'000},
  ConfigKey{"eve.keep", "--eve-keep", "Files NAME.1, NAME.2 ... that are kept.", &Config::eve_keep, 0, 1000},

  ConfigKey{"api.listen", "--listen", "HOST:PORT of the page and the API; port 0 takes a free one.", &Config::listen},
  ConfigKey{"api.require_token", "--require-token", "Refuse every request without a token, also on loopback.", &Config::require_token},
  ConfigKey{"api.allowed_hosts", "--allowed-hosts", "More names under which the API may be asked, separated by commas.", &Config::allowed_hosts},
  ConfigKey{"api.tls_certificate", "--tls-certificate", "PEM file with the certificate and its chain; empty serves plain HTTP.", &Config::tls_certificate},
  ConfigKey{"api.tls_key", "--tls-key", "PEM file with the certificate's private key, without a pass phrase.", &Config::tls_key},
  ConfigKey{"api.log_requests", "--log-requests", "Write a line for each request.", &Config::log_requests},

  ConfigKey{"process.user", "--user", "Become this user once the interfaces are open (only root can); empty stays.", &Config::user},
  ConfigKey{"process.sandbox", "--sandbox", "Let the kernel refuse writing outside the state folder and starting programs (Landlock, seccomp).", &Config::sandbox},
};
// clang-format on

base::Result<> out_of_range(const ConfigKey& key, std::string_view value) {
  if (key.max == std::numeric_limits<double>::max()) {
    return base::fail(fmt::format("{} = {} is out of range: it must be at least {}", key.name, value, key.min));
  }
  return base::fail(
      fmt::format("{} = {} is out of range: it must be from {} to {}", key.name, value, key.min, key.max));
}

template <class Number>
base::Result<> set_number(Config& config, const ConfigKey& key, Number Config::* member, std::string_view value,
                          std::string_view kind) {
  Number number{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) {
    return base::fail(fmt::format("{} = \"{}\" is not {}", key.name, value, kind));
  }
  // Written so that NaN is refused too.
  if (!(static_cast<double>(number) >= key.min && static_cast<double>(number) <= key.max))
    return out_of_range(key, value);
  config.*member = number;
  return {};
}

base::Result<> set_text(Config& config, const ConfigKey& key, std::string Config::* member, std::string_view value) {
  if (!key.choices.empty()) {
    const std::string padded = fmt::format("|{}|", key.choices);
    if (value.empty() || padded.find(fmt::format("|{}|", value)) == std::string::npos) {
      return base::fail(fmt::format("{} = \"{}\" is not one of {}", key.name, value, key.choices));
    }
  }
  config.*member = value;
  return {};
}

base::Result<> set_switch(Config& config, const ConfigKey& key, bool Config::* member, std::string_view value) {
  if (value != "true" && value != "false")
    return base::fail(fmt::format("{} = \"{}\" is not true or false", key.name, value));
  config.*member = value == "true";
  return {};
}

base::Result<> check_speed(const std::string& speed) {
  if (speed == "max") return {};
  double factor = 0;
  const auto [end, error] = std::from_chars(speed.data(), speed.data() + speed.size(), factor);
  if (error == std::errc{} && end == speed.data() + speed.size() && factor > 0 && factor <= 1e6) return {};
  return base::fail(fmt::format("capture.speed = \"{}\" is neither max nor a number above 0", speed));
}

}  // namespace

base::Result<double> parse_duration_s(std::string_view text) {
  if (text.empty()) return 0.0;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double factor = unit == "h" ? 3600 : unit == "m" ? 60 : unit == "s" || unit.empty() ? 1 : 0;
  if (error != std::errc{} || factor == 0 || !(number > 0 && number * factor <= 7 * 86400)) {
    return base::fail(fmt::format("\"{}\" is no time such as 90s, 10m or 1h (a week at most)", text));
  }
  return number * factor;
}

std::span<const ConfigKey> config_keys() { return kKeys; }

base::Result<> set(Config& config, const ConfigKey& key, std::string_view value) {
  if (const auto* text = std::get_if<std::string Config::*>(&key.member)) return set_text(config, key, *text, value);
  if (const auto* flag = std::get_if<bool Config::*>(&key.member)) return set_switch(config, key, *flag, value);
  if (const auto* real = std::get_if<double Config::*>(&key.member))
    return set_number(config, key, *real, value, "a number");
  return set_number(config, key, std::get<std::uint64_t Config::*>(key.member), value, "a whole number of 0 or more");
}

std::string value_text(const Config& config, const ConfigKey& key) {
  return std::visit([&](auto member) { return fmt::format("{}", config.*member); }, key.member);
}

std::string print_toml(const Config& config) {
  std::string out =
      "# weir's effective configuration. Every key is also a flag of `weir run`, but for those of [[sink]].\n";
  std::string_view section;
  for (const ConfigKey& key : kKeys) {
    const auto dot = key.name.find('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      out += fmt::format("\n[{}]\n", section);
    }
    out += fmt::format("# {} ({})\n{} = ", key.help, key.flags, key.name.substr(dot + 1));
    out += std::holds_alternative<std::string Config::*>(key.member) ? toml_text(value_text(config, key))
                                                                     : value_text(config, key);
    out += '\n';
  }
  return out + print_sinks(config.sinks);
}

std::vector<SinkConfig> all_sinks(const Config& config) {
  std::vector<SinkConfig> sinks = config.sinks;
  if (config.eve_file.empty()) return sinks;
  sinks.insert(sinks.begin(), {.name = "eve",
                               .kind = "eve-file",
                               .values = {{"path", config.eve_file},
                                          {"rotate_mb", std::to_string(config.eve_rotate_mb)},
                                          {"keep", std::to_string(config.eve_keep)}}});
  return sinks;
}

base::Result<> check_run(const Config& config) {
  if (config.read.empty() == config.interface.empty()) {
    return base::fail(config.read.empty() ? "nothing to watch: give a capture file (-r FILE) or an interface (-i NAME)"
                                          : "give either a capture file (-r) or an interface (-i), not both");
  }
  if (auto speed = check_speed(config.speed); !speed) return speed;
  if (auto sinks = check_sinks(all_sinks(config)); !sinks) return sinks;
  if (const auto tunnels = decode::TunnelSet::parse(config.tunnels); !tunnels) {
    return base::fail(tunnels.error().within("decode.tunnels"));
  }
  if (const auto time = parse_duration_s(config.calibrate_for); !time) {
    return base::fail(time.error().within("scoring.calibrate_for"));
  } else if (*time > 0 && *time < 60) {
    return base::fail("scoring.calibrate_for must be at least a minute: less says nothing of what is normal");
  }
  if (config.first_row_s > 0 && std::abs(std::remainder(config.interval_s, config.first_row_s)) > 1e-9) {
    return base::fail("flow.first_row_s must be a whole part of flow.interval_s, such as 1 of 10; or 0");
  }
  if (config.idle_timeout_s < 5) {
    return base::fail(
        "flow.idle_timeout_s must be at least 5: the features Active and Idle need gaps of 5 s within a flow");
  }
  const bool one_reader = !config.read.empty() || config.capture_method == "libpcap";
  if (one_reader && config.workers > kMostMetersOfAReader) {
    return base::fail(fmt::format(
        "capture.workers = {} is more than one reader can feed: a file, and an interface by libpcap, are read by one "
        "thread for at most {} workers",
        config.workers, kMostMetersOfAReader));
  }
  return {};
}

}  // namespace weir::app
