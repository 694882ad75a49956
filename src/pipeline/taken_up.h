// SPDX-License-Identifier: Apache-2.0
// Taking up what an earlier run left: which checkpoint fits, and what that run saw after it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/checkpoint_file.h"

namespace weir::pipeline {

// What this program is, as far as open flows are concerned.
CheckpointIdentity identity_of(std::string sensor, std::string link, std::size_t workers);

struct TakenUp {
  std::uint64_t flows = 0, hosts = 0;
  std::uint64_t flows_ended =
      0;                     // at once: the kernel spreads packets in another way now, and they would not meet theirs
  base::Timestamp saved_at;  // wall clock
  bool clean = false;        // by a run that was stopped: nothing is missing

  // Of a run that was killed: what it saw after the checkpoint is missing in the flows that were open.
  bool loss_known = false;
  std::uint64_t packets_lost = 0;
  double seconds_lost = 0;
};

// The newest checkpoint in the folder that fits, and why others do not, in a sentence for each; those are kept as NAME.refused.
struct FoundCheckpoint {
  std::optional<CheckpointReader> reader;
  std::vector<std::string> refused;
};
FoundCheckpoint find_checkpoint(const std::filesystem::path& folder, const CheckpointIdentity& identity);

// What was taken up from where, as far as the file itself tells.
TakenUp account_of(const std::filesystem::path& folder, const CheckpointReader& reader);

std::string to_sentence(const TakenUp& taken_up);

}  // namespace weir::pipeline
