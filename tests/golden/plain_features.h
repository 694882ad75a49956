// SPDX-License-Identifier: Apache-2.0
// The catalogue once more, straight from its definitions: all packets of a flow are kept, every number is computed in two
// passes over them. Slow and plain: it is what the fast measures are compared with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "decode/packet_view.h"

namespace weir::golden {

struct SeenPacket {
  std::int64_t at_us = 0;  // since 1970; never less than that of the packet before
  bool backward = false;
  bool retransmission = false;
  decode::PacketView view;
};

// Feature name to value; what is undefined is absent.
std::map<std::string, double> plain_features(const std::vector<SeenPacket>& packets,
                                             const SeenPacket& first_of_connection);

}  // namespace weir::golden
