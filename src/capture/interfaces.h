// SPDX-License-Identifier: Apache-2.0
// The network interfaces of this machine, for people: who may be captured from, and what stands in the way of right figures.
#pragma once

#include <string>
#include <vector>

namespace weir::capture {

struct Interface {
  std::string name;
  bool up = false;          // administratively
  bool running = false;     // with a carrier
  bool loopback = false;
  std::string link_type{};  // "Ethernet", "IP tunnel", "Wi-Fi monitor (radiotap)", "other (772)"
  // Offloads that merge packets before a capture sees them: "gro", "lro", "gso", "tso". Their super-packets make packet
  // counts and sizes differ from the wire's.
  std::vector<std::string> merging_offloads{};
};

// In the kernel's order. Needs no privilege; some milliseconds.
std::vector<Interface> list_interfaces();

// "there are: lo, eth0 (down)": the second half of an error about an interface.
std::string interfaces_sentence();

}  // namespace weir::capture
