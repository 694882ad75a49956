// SPDX-License-Identifier: Apache-2.0
// weir's command line: which subcommand, which flags, what help. The commands themselves are in commands.h and extract.h.
// CLI11 stays in this file.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/calibrate.h"
#include "app/commands.h"
#include "app/extract_command.h"
#include "app/nearest.h"
#include "decode/tunnels.h"

namespace {

using weir::app::Config;
using Action = std::function<int()>;

// A flag's text, kept until weir.toml has been read: a flag wins over the file, the file over the default.
struct RunFlags {
  std::map<const weir::app::ConfigKey*, std::string> given;
  std::string config_file;
  bool print_config = false;
};

void add_key(CLI::App& command, const weir::app::ConfigKey& key, RunFlags& flags) {
  const auto keep = [&flags, &key](const std::string& text) { flags.given[&key] = text; };
  const bool is_switch = std::holds_alternative<bool Config::*>(key.member);
  auto* option = command.add_option_function<std::string>(std::string(key.flags), keep, std::string(key.help));
  option->group(std::string(key.name.substr(0, key.name.find('.'))));
  const std::string value = weir::app::value_text(Config{}, key);
  if (is_switch) {
    // CLI11 would take a default_str() for the value of a flag that stands alone.
    option->expected(0, 1)->type_name(fmt::format("[true|false]={}", value));
    return;
  }
  option->default_str(value);
  if (!key.choices.empty()) {
    option->type_name(std::string(key.choices));
  } else {
    option->type_name(std::holds_alternative<std::string Config::*>(key.member) ? "TEXT" : "NUMBER");
  }
}

weir::base::Result<Config> effective_config(const RunFlags& flags) {
  Config config;
  if (!flags.config_file.empty()) {
    if (auto loaded = weir::app::load_toml(config, flags.config_file); !loaded) return weir::base::fail(loaded.error());
  }
  for (const auto& [key, text] : flags.given) {
    if (auto done = weir::app::set(config, *key, text.empty() ? "true" : text); !done)
      return weir::base::fail(done.error());
  }
  return config;
}

weir::base::Result<Config> checked_config(const RunFlags& flags) {
  auto config = effective_config(flags);
  if (!config) return config;
  if (const auto sound = weir::app::check_run(*config); !sound) return weir::base::fail(sound.error());
  return config;
}

int run(const RunFlags& flags) {
  const auto config = effective_config(flags);
  if (!config) return weir::app::report(config.error()), weir::app::kUsage;
  if (flags.print_config) {
    std::fputs(weir::app::print_toml(*config).c_str(), stdout);
    return weir::app::kDone;
  }
  if (const auto sound = weir::app::check_run(*config); !sound)
    return weir::app::report(sound.error()), weir::app::kUsage;
  return weir::app::run(*config, [flags] { return checked_config(flags); });
}

void add_run(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("run", "Watch an interface or replay a capture: find attacks, store and show them.");
  command->footer(
      "Examples:\n"
      "  weir run -i eth0                                watch eth0; the page is at http://127.0.0.1:8600/\n"
      "  weir run -r day.pcap --exit-at-end              score a capture at full speed and stop\n"
      "  weir run -r day.pcap.zst --speed 20             replay it twenty times as fast as it was recorded\n"
      "  weir run -i eth0 --db postgresql://weir@db/weir keep detections in PostgreSQL\n"
      "  weir run --print-config > weir.toml             write a configuration file to edit\n"
      "Ctrl-C or SIGTERM stops it: everything captured is scored and stored first. A second Ctrl-C stops at once.\n"
      "SIGHUP reads the configuration file, the model and the certificate anew, without losing a packet.");
  auto flags = std::make_shared<RunFlags>();
  command->add_option("-c,--config", flags->config_file, "Configuration file (TOML). Flags win over it.")
      ->type_name("FILE");
  command->add_flag("--print-config", flags->print_config,
                    "Print the effective configuration with comments, and stop.");
  for (const auto& key : weir::app::config_keys()) add_key(*command, key, *flags);
  command->callback([flags, &action] { action = [flags] { return run(*flags); }; });
}

void add_extract(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("extract", "Turn a capture into flow features, one CSV row a flow.");
  command->footer(
      "Examples:\n"
      "  weir extract -r day.pcap -o day.csv      one row for each flow\n"
      "  weir extract -r day.pcap --interim -o -  the rows that `weir run` scores, to standard output\n"
      "  zstdcat day.pcap.zst | weir extract -r - --count   compute every row, print packets, rows and seconds");
  auto arguments = std::make_shared<weir::app::ExtractArguments>();
  command->add_option("-r,--read", arguments->input, "Capture file; - is standard input.")
      ->required()
      ->type_name("FILE");
  auto* output = command->add_option("-o,--output", arguments->output, "CSV file to write; - is standard output.");
  output->type_name("FILE");
  auto* count =
      command->add_flag("--count", arguments->count, "Compute every row, write none; print packets, rows, seconds.");
  output->excludes(count);
  command->add_flag(
      "--interim", arguments->interim,
      "Also rows of flows that are still open: exactly the rows that `weir run` scores, with what the hosts "
      "around them did of late.");
  command
      ->add_option("--first-row", arguments->first_row_s,
                   "With --interim: seconds to a flow's first row; 0 = with the interval.")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  command->add_flag(
      "--timing", arguments->timing,
      "With --interim: also the columns slice_us (when a sensor has the row) and new_packets (since the flow's "
      "last row; 0: a final row that is not scored).");
  command->add_flag("--no-context", arguments->no_context, "With --interim: leave the columns of family host empty.");
  command->add_option("--interval", arguments->interval_s, "Seconds between interim rows.")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_option("--idle-timeout", arguments->idle_timeout_s, "Seconds without a packet after which a flow ends.")
      ->check(CLI::Range(5.0, 86400.0))
      ->capture_default_str();
  command->add_option("--active-timeout", arguments->active_timeout_s, "Seconds after which a long flow is cut.")
      ->check(CLI::Range(1.0, 86400.0))
      ->capture_default_str();
  command
      ->add_option("--workers", arguments->workers,
                   "Flow tables, each on its own thread; rows are the same, in another order.")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  command->add_option("--max-flows", arguments->max_flows, "Flows kept at once by each worker.")
      ->check(CLI::Range(1000, 100000000))
      ->capture_default_str();
  command
      ->add_option("--early-packets", arguments->early_packets,
                   "With --interim: also a row at the Nth packet; 0 = none.")
      ->check(CLI::Range(0, 16))
      ->capture_default_str();
  command
      ->add_option("--tunnels", arguments->tunnels,
                   "Tunnels to look into: all, none, or some of " + weir::decode::TunnelSet::names() +
                       "; all,-gre leaves one out.")
      ->type_name("LIST")
      ->capture_default_str();
  command->add_option("--sensor", arguments->sensor, "Sensor name, part of each flow_uid.")->capture_default_str();
  command->callback([arguments, &action] { action = [arguments] { return weir::app::extract(*arguments); }; });
}

void add_calibrate(CLI::App& command, Action& action) {
  auto* calibrate = command.add_subcommand(
      "calibrate", "Fit a bundle to a network: threshold and normal ranges from its own normal traffic.");
  calibrate->footer(
      "Examples:\n"
      "  weir model calibrate -r normal.pcap -o my-model        some minutes of normal traffic are enough to begin "
      "with\n"
      "  weir run -i eth0 --model my-model\n"
      "  weir model calibrate --from-db sqlite:weir.db --alerts-per-day 5 -o my-model   after a run with --log all\n"
      "The report says what to expect, and what is judged more leniently since its normal looks like an attack.");
  auto arguments = std::make_shared<weir::app::CalibrateArguments>();
  calibrate->add_option("--model", arguments->model, "Folder of the bundle; left out: the default bundle.")
      ->type_name("DIR");
  auto* read = calibrate->add_option("-r,--read", arguments->read, "Capture of normal traffic; - is standard input.");
  read->type_name("FILE");
  calibrate
      ->add_option("--from-db", arguments->from_db, "Store of a sensor that ran with --log all, instead of a capture.")
      ->type_name("URL")
      ->excludes(read);
  calibrate
      ->add_option(
          "--from-scores", arguments->from_scores,
          "Table of scores of any model, with the columns source,protocol,port,at_us,score: prints the thresholds "
          "that follow as JSON and writes nothing. - is standard input.")
      ->type_name("FILE");
  calibrate->add_option("--floor", arguments->floor,
                        "With --from-scores: no threshold is looser; left out: the bundle's.");
  calibrate->add_option("--shipped", arguments->shipped,
                        "With --from-scores: the threshold before calibration; left out: the bundle's.");
  calibrate->add_option("-o,--output", arguments->output, "Folder for the calibrated bundle.")->type_name("DIR");
  calibrate
      ->add_option("--alerts-per-day", arguments->alerts_per_day,
                   "Alerts from normal traffic that you can live with: sources flagged within a minute.")
      ->check(CLI::Range(0.01, 1e6))
      ->capture_default_str();
  calibrate
      ->add_option("--max-blind-spots", arguments->max_spots,
                   "Hosts, services, or uses of one by the other that may get a threshold of their own.")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  calibrate->add_flag("--trust-all", arguments->trust_all,
                      "Learn also from sources that look strongly like an attack.");
  calibrate->add_flag("--json", arguments->json, "Print the calibrated bundle as JSON.");
  calibrate->callback(
      [arguments, &action] { action = [arguments] { return weir::app::calibrate_model(*arguments); }; });
}

void add_model(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("model", "Look at a model bundle, check it, fit it to a network, or sign it.")
                      ->require_subcommand(1);
  auto arguments = std::make_shared<weir::app::ModelArguments>();
  const auto add = [&](const char* name, const char* help, int (*body)(const weir::app::ModelArguments&)) {
    auto* sub = command->add_subcommand(name, help);
    sub->add_option("DIR", arguments->dir, "Folder of the bundle; left out: the default bundle.");
    sub->add_flag("--json", arguments->json, "As JSON.");
    sub->callback([arguments, body, &action] { action = [arguments, body] { return body(*arguments); }; });
    return sub;
  };
  add("inspect", "What a bundle is: inputs, threshold, labels, what it was trained on.", weir::app::inspect_model)
      ->footer("Example:\n  weir model inspect models/default");
  auto* verify =
      add("verify", "Load a bundle, hold it against this sensor and run its self-check.", weir::app::verify_model);
  verify->add_option("--key", arguments->key, "Public key; the bundle must be signed by its holder.")->type_name("KEY");
  verify->footer("Example:\n  weir model verify my-model && weir run -i eth0 --model my-model");
  auto* sign = add("sign", "Sign a bundle, so that sensors can tell who made it.", weir::app::sign_model);
  sign->add_option("--key", arguments->key, "File of the secret key.")->type_name("FILE")->required();
  sign->footer("Example:\n  weir model sign my-model --key models.key");
  auto* keygen = command->add_subcommand("keygen", "Make a key pair for signing: the secret half goes to FILE.");
  keygen->add_option("FILE", arguments->key, "File to write; it must not exist yet.")->required();
  keygen->footer("Prints the public key, for --model-public-key.\nExample:\n  weir model keygen models.key");
  keygen->callback([arguments, &action] { action = [arguments] { return weir::app::make_model_key(*arguments); }; });
  add_calibrate(*command, action);
}

void add_features(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("features", "The catalogue of features: name, unit, meaning, formula.");
  command->footer("Examples:\n  weir features\n  weir features --markdown > features.md");
  auto arguments = std::make_shared<weir::app::FeaturesArguments>();
  auto* json = command->add_flag("--json", arguments->json, "As JSON, with the hash that a model's contract holds.");
  command->add_flag("--markdown", arguments->markdown, "As a page of documentation.")->excludes(json);
  command->callback([arguments, &action] { action = [arguments] { return weir::app::print_features(*arguments); }; });
}

// What the file says counts where no flag does.
int doctor_with(weir::app::DoctorArguments& arguments, const std::string& config_file) {
  if (config_file.empty()) return weir::app::doctor(arguments);
  Config& config = arguments.config;
  if (const auto loaded = weir::app::load_toml(config, config_file); !loaded)
    return weir::app::report(loaded.error()), weir::app::kUsage;
  if (arguments.model.empty()) arguments.model = config.model;
  if (arguments.db.empty()) arguments.db = config.db;
  if (arguments.state_dir.empty()) arguments.state_dir = config.state_dir;
  return weir::app::doctor(arguments);
}

void add_doctor(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("doctor", "Check what weir needs here; each line is OK, or says what to do.");
  command->footer(
      "Examples:\n  weir doctor\n  weir doctor -i eth0 --db postgresql://weir@db/weir\n"
      "  weir doctor -c /etc/weir/weir.toml\n"
      "Exit code 0: all is well, 1: something needs care.");
  auto arguments = std::make_shared<weir::app::DoctorArguments>();
  auto config_file = std::make_shared<std::string>();
  command->add_option("-c,--config", *config_file, "Configuration file (TOML): its sinks are tried too.")
      ->type_name("FILE");
  command->add_option("-i,--interface", arguments->interface, "Interface to look at and listen on.")->type_name("NAME");
  command->add_option("--model", arguments->model, "Model bundle; left out: the default bundle.")->type_name("DIR");
  command->add_option("--db", arguments->db, "Database to try: sqlite:PATH or postgresql://...")->type_name("URL");
  command->add_option("--state-dir", arguments->state_dir, "State folder to try.")->type_name("DIR");
  command->add_option("--seconds", arguments->seconds, "How long to listen for packets.")
      ->check(CLI::Range(0.1, 60.0))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "As JSON.");
  command->callback([arguments, config_file, &action] {
    action = [arguments, config_file] { return doctor_with(*arguments, *config_file); };
  });
}

void add_user(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("user", "Who may ask the API: make, list and remove tokens.")->require_subcommand(1);
  command->footer(
      "As soon as there is a user, every request needs a token (Authorization: Bearer TOKEN); the page asks for it.\n"
      "A viewer reads, an analyst also judges and suppresses, an admin also manages users and reloads.");
  auto arguments = std::make_shared<weir::app::UserArguments>();
  command->add_option("--state-dir", arguments->state_dir, "State folder of the sensor.")->type_name("DIR");
  const auto add = [&](const char* name, const char* help, int (*body)(const weir::app::UserArguments&)) {
    auto* sub = command->add_subcommand(name, help);
    sub->fallthrough();
    sub->callback([arguments, body, &action] { action = [arguments, body] { return body(*arguments); }; });
    return sub;
  };
  auto* added = add("add", "Make a user; prints the token once.", weir::app::add_user);
  added->add_option("NAME", arguments->name, "Name of the user.")->required();
  added->add_option("--role", arguments->role, "viewer, analyst or admin")
      ->check(CLI::IsMember({"viewer", "analyst", "admin"}))
      ->capture_default_str();
  added->footer("Example:\n  weir user add alice --role analyst");
  add("renew", "Give a user a new token; the old one stops working at once.", weir::app::renew_user)
      ->add_option("NAME", arguments->name, "Name of the user.")
      ->required();
  auto* role = add("role", "Change what a user may do, under the same token.", weir::app::change_role);
  role->add_option("NAME", arguments->name, "Name of the user.")->required();
  role->add_option("ROLE", arguments->role, "viewer, analyst or admin")
      ->required()
      ->check(CLI::IsMember({"viewer", "analyst", "admin"}));
  add("remove", "Remove a user; the token stops working at once.", weir::app::remove_user)
      ->add_option("NAME", arguments->name, "Name of the user.")
      ->required();
  add("list", "List the users.", weir::app::list_users);
}

void add_db(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("db", "The database: how large it is, how far back it goes; rewrite it without gaps.")
          ->require_subcommand(1);
  command->footer(
      "How long detections are kept is set by --keep-days and --keep-mb of `weir run`.\n"
      "Examples:\n  weir db status\n  weir db vacuum --db sqlite:/srv/weir/weir.db");
  auto arguments = std::make_shared<weir::app::DbArguments>();
  const auto add = [&](const char* name, const char* help, int (*body)(const weir::app::DbArguments&)) {
    auto* sub = command->add_subcommand(name, help);
    sub->add_option("--db", arguments->db, "sqlite:PATH or postgresql://...; left out: weir.db in the state folder.")
        ->type_name("URL");
    sub->add_option("--state-dir", arguments->state_dir, "State folder of the sensor.")->type_name("DIR");
    sub->add_flag("--json", arguments->json, "As JSON.");
    sub->callback([arguments, body, &action] { action = [arguments, body] { return body(*arguments); }; });
    return sub;
  };
  add("status", "Size, oldest detection, room that is free inside.", weir::app::db_status);
  add("vacuum", "Rewrite it without gaps; from then on a SQLite file shrinks by itself.", weir::app::db_vacuum)
      ->footer(
          "Takes minutes for gigabytes and needs as much room again. weir may run meanwhile: its detections wait in "
          "the\n"
          "spool, and are stored afterwards. Needed once for SQLite files of a weir that knew no retention.");
}

void add_version(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("version", "Versions of weir, its feature catalogue and the model runtime.");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "As JSON.");
  command->callback([json, &action] { action = [json] { return weir::app::print_version(*json); }; });
}

// What no command knows: the first option, else the first word; empty when every word found its place.
std::string unknown_word(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  const auto option = std::find_if(words.begin(), words.end(), [](const std::string& w) { return w.starts_with('-'); });
  return words.empty() ? "" : option != words.end() ? *option : words.front();
}

std::vector<std::string> known_words(const CLI::App& command, bool options) {
  std::vector<std::string> known;
  if (!options) {
    for (const CLI::App* sub : command.get_subcommands(nullptr)) known.push_back(sub->get_name());
    return known;
  }
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  return known;
}

// One sentence on what is wrong with a call, in place of CLI11's lines.
std::string usage_sentence(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string path;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    path += (path.empty() ? "" : " ") + command->get_name();
  }
  const std::string here = path.empty() ? "weir" : path;
  const std::string more = fmt::format("; see `weir {}{}--help`", path, path.empty() ? "" : " ");
  const std::string word = unknown_word(app);
  const bool is_option = word.starts_with('-');
  const std::vector<std::string> known = known_words(*command, is_option);
  if (word.empty() && command->get_require_subcommand_min() > 0)
    return fmt::format("{} needs one of: {}{}", here, fmt::join(known, ", "), more);
  if (word.empty()) return fmt::format("{}: {}{}", here, error.what(), more);
  if (known.empty()) return fmt::format("{} has no use for \"{}\"{}", here, word, more);
  const std::vector<std::string_view> views(known.begin(), known.end());
  return fmt::format("{} has no {} {}{}{}", here, is_option ? "option" : "command", word,
                     weir::app::nearest_hint(word.substr(0, word.find('=')), views), more);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("weir: network intrusion detection by machine learning.");
  app.footer(
      "`weir COMMAND --help` tells more, with examples. `weir doctor` checks this machine.\n"
      "Exit codes: 0 done; 1 it could not be done; 2 the call was wrong; 3 done as far as it went (a damaged capture "
      "was\n"
      "read up to the damage, or detections wait in the spool).");
  app.require_subcommand(1);
  Action action;
  add_run(app, action);
  add_extract(app, action);
  add_model(app, action);
  add_features(app, action);
  add_doctor(app, action);
  add_user(app, action);
  add_db(app, action);
  add_version(app, action);
  app.set_version_flag("--version", WEIR_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    if (argc == 1) return std::fputs(app.help("weir").c_str(), stderr), weir::app::kUsage;
    return weir::app::report(weir::base::Error(usage_sentence(app, error))), weir::app::kUsage;
  }
  return action();
}
