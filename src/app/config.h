// SPDX-License-Identifier: Apache-2.0
// Config: everything that a user can set, in one flat struct. The table of keys (config_keys()) gives each field its name
// in weir.toml, its flag, its unit and its help text; reading, printing and checking all follow that table.
// Later wins: default < weir.toml < flag.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/sink_config.h"
#include "base/result.h"

namespace weir::app {

struct Config {
  std::string sensor = "weir";

  std::string read;
  std::string interface;
  std::string speed = "max";
  std::string filter;
  std::string capture_method = "afpacket";
  bool promiscuous = true;
  std::uint64_t workers = 1;
  std::uint64_t ring_mb = 64;
  std::uint64_t max_packets = 0;
  bool exit_at_end = false;

  std::string tunnels = "all";

  double interval_s = 10;
  double first_row_s = 1;
  double idle_timeout_s = 120;
  double active_timeout_s = 120;
  std::uint64_t max_flows = 1'000'000;
  std::uint64_t early_packets = 0;
  std::uint64_t context_hosts = 65'536;

  std::string model;
  std::string calibrate_for;
  double alerts_per_day = 48;
  std::string adapt = "live";
  std::string model_public_key;
  std::uint64_t queue_rows = 262'144;

  double incident_gap_s = 1800;
  bool own_traffic = false;

  std::string log = "anomalous";
  std::string db;
  std::string state_dir;
  std::uint64_t spool_mb = 1024;
  double checkpoint_s = 10;
  double keep_days = 0;
  std::uint64_t keep_mb = 0;

  std::string eve_file;
  std::uint64_t eve_rotate_mb = 256;
  std::uint64_t eve_keep = 4;
  std::vector<SinkConfig> sinks;  // [[sink]]; not a key of the table

  std::string listen = "127.0.0.1:8600";
  bool require_token = false;
  std::string allowed_hosts;
  std::string tls_certificate;
  std::string tls_key;
  bool log_requests = true;

  std::string user;
  bool sandbox = true;
};

// The configuration as the command line and the file say now, checked: for a reload.
using ConfigReader = std::function<base::Result<Config>()>;

struct ConfigKey {
  using Member = std::variant<std::string Config::*, bool Config::*, double Config::*, std::uint64_t Config::*>;

  std::string_view name;          // in weir.toml: "section.key"
  std::string_view flags;         // for CLI11: "-i,--interface"
  std::string_view help;          // one sentence, with the unit
  Member member;
  double min = 0;                 // for numbers
  double max = std::numeric_limits<double>::max();
  std::string_view choices = {};  // for text: "a|b|c"
};

std::span<const ConfigKey> config_keys();

// Sets one key from text as a user writes it. The error says what was expected.
base::Result<> set(Config& config, const ConfigKey& key, std::string_view value);

// What a key is set to, as set() takes it.
std::string value_text(const Config& config, const ConfigKey& key);

// Those of [[sink]], and the one that eve.file stands for, named "eve".
std::vector<SinkConfig> all_sinks(const Config& config);

// Reads a TOML file into config. An unknown key is an error that names the nearest known one.
base::Result<> load_toml(Config& config, const std::string& path);

// The effective configuration as a TOML file with a comment for each key; load_toml reads it back to the same.
std::string print_toml(const Config& config);

// What no single key can say: exactly one of read and interface, and so on.
base::Result<> check_run(const Config& config);

// "10m", "90s", "1h", or seconds; empty is none.
base::Result<double> parse_duration_s(std::string_view text);

}  // namespace weir::app
