// SPDX-License-Identifier: Apache-2.0
// Confinement: after its sockets are open, weir keeps nothing that it does not need.
//
//   user          another one, when started as root with --user
//   capabilities  none (CAP_NET_BIND_SERVICE stays, where it was given and the API's port is below 1024)
//   no_new_privs  so that no program that it could start would regain any
//   Landlock      files are read-only, except below the given folders          where the kernel has it (5.13)
//   seccomp       no new program, mount, module, tracing, namespace, key ...    where the kernel has it
//
// Decoders that read hostile bytes then run with the least that an intruder could use. Call it before any thread is made: the
// kernel confines a thread and those that it makes, not those that are there already.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::app {

struct ConfinementConfig {
  std::string user = {};                             // empty: stay who we are
  bool sandbox = true;                               // Landlock and seccomp
  bool low_port = false;                             // the API listens below 1024
  std::vector<std::filesystem::path> writable = {};  // folders; those that do not exist are left out
};

// What holds from now on, in a few words: "user weir, no capabilities, Landlock 4, seccomp". An error when the user is unknown
// or cannot be taken on, or a capability cannot be dropped; a kernel without Landlock or seccomp is no error.
base::Result<std::string> confine(const ConfinementConfig& config);

// What the kernel offers: 0 is none.
int landlock_version();
bool has_seccomp();

// Tries it, in a child process: whether writing outside of the folders and starting a program are refused once confined.
struct ConfinementTrial {
  std::string holds;  // as confine() says; empty when it failed
  bool writes_refused = false, programs_refused = false;
};
ConfinementTrial try_confinement();

}  // namespace weir::app
