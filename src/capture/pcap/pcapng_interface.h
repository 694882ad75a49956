// SPDX-License-Identifier: Apache-2.0
// An interface of a pcapng section: what its description says about its packets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"

namespace weir::capture::pcap {

struct PcapngInterface {
  std::uint32_t link_type = 0;
  std::uint32_t snap_length = 0;  // 0: no limit
  std::uint64_t ticks_per_second = 1'000'000;
  std::int64_t offset_seconds = 0;

  // Floored to microseconds. A stamp that no calendar holds becomes the last one that differences can be taken of.
  base::Timestamp time(std::uint64_t ticks) const;
};

// `body`: an interface description block without its frame. Nothing if it is too short or its time unit cannot be held.
std::optional<PcapngInterface> parse_interface(std::span<const std::byte> body, bool swapped);

}  // namespace weir::capture::pcap
