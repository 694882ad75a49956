// SPDX-License-Identifier: Apache-2.0
// FlowUidDigest: the 128-bit name of a flow record. SipHash-2-4 with 128 bits of output (libsodium), keyed by a BLAKE2b digest
// of the sensor's name, over key, start time and generation. SipHash because it is the fastest keyed function in a well-kept
// library that gives 128 bits (60 ns a record); no secrecy is meant: a replay at the same sensor gives the same name.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "flow/flow_identity.h"
#include "flow/flow_key.h"

namespace weir::flow {

class FlowUidDigest {
 public:
  explicit FlowUidDigest(std::string_view sensor);

  // `generation` tells apart records of one key that start within the same microsecond.
  FlowUid operator()(const FlowKey& key, base::Timestamp started, std::uint8_t generation) const;

 private:
  std::array<unsigned char, 16> secret_;
};

}  // namespace weir::flow
