// SPDX-License-Identifier: Apache-2.0
// The subcommands. Each takes what its flags said, talks to the person on stdout and stderr, and returns the exit code:
// 0 done, 1 it could not be done (one sentence on stderr said why), 2 the call itself was wrong, 3 done as far as it went:
// the capture was damaged and its readable part is done, or detections wait in the spool (the last lines said which).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"

namespace weir::app {

inline constexpr int kDone = 0, kFailed = 1, kUsage = 2, kPartly = 3;

// Prints "weir: <message>" on stderr and returns kFailed.
int report(const base::Error& error);

struct ModelArguments {
  std::string dir;  // empty: the default bundle
  std::string key;  // sign, keygen: file of the secret key; verify: the public key, empty: any signature or none
  bool json = false;
};
struct FeaturesArguments {
  bool json = false;
  bool markdown = false;  // neither: a table
};
struct DoctorArguments {
  Config config;          // of --config: its sinks are looked at
  std::string interface;
  std::string model;
  std::string db;
  std::string state_dir;
  double seconds = 3;
  bool json = false;
};
struct DbArguments {
  std::string db;
  std::string state_dir;
  bool json = false;
};
struct UserArguments {
  std::string state_dir;
  std::string name;
  std::string role = "viewer";
};

// `read` reads the configuration again, for a reload.
int run(const Config& config, const ConfigReader& read);
int inspect_model(const ModelArguments& arguments);
int verify_model(const ModelArguments& arguments);
int sign_model(const ModelArguments& arguments);
int make_model_key(const ModelArguments& arguments);
int print_features(const FeaturesArguments& arguments);
int doctor(const DoctorArguments& arguments);
int add_user(const UserArguments& arguments);
int renew_user(const UserArguments& arguments);
int change_role(const UserArguments& arguments);
int remove_user(const UserArguments& arguments);
int list_users(const UserArguments& arguments);
int db_status(const DbArguments& arguments);
int db_vacuum(const DbArguments& arguments);
int print_version(bool json);

}  // namespace weir::app
