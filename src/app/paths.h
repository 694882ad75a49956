// SPDX-License-Identifier: Apache-2.0
// Where things are when the user says nothing.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace weir::app {

// The model bundle that came with the program: models/default beside or above it, or in ../share/weir.
base::Result<std::filesystem::path> default_model();

// /var/lib/weir for root, else weir/ in XDG_STATE_HOME or in ~/.local/state.
std::filesystem::path default_state_dir();

// Where the users, the audit log and the spool are kept in it.
inline std::filesystem::path users_file(const std::filesystem::path& state_dir) { return state_dir / "users.json"; }
inline std::filesystem::path audit_file(const std::filesystem::path& state_dir) { return state_dir / "audit.jsonl"; }
inline std::filesystem::path spool_dir(const std::filesystem::path& state_dir) { return state_dir / "spool"; }

// Root goes on as the user who owns the folder, so that what a command writes there can be read by the sensor, which may run as
// a user of its own. Single-threaded commands only.
base::Result<> act_as_owner_of(const std::filesystem::path& dir);

// Makes the folder (mode 0700) when it is missing, and proves that it can be written. One that root makes for another user is
// given to that user.
base::Result<> prepare_state_dir(const std::filesystem::path& dir, const std::string& user = "");

}  // namespace weir::app
