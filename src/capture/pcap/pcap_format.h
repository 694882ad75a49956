// SPDX-License-Identifier: Apache-2.0
// The classic pcap file: a header of 24 bytes, then packets with a header of 16 bytes each (24 in Kuznetzov's modified form),
// all in the byte order of its writer; the magic number tells order, time unit and form.
#pragma once

#include "capture/pcap/format.h"

namespace weir::capture::pcap {

bool is_pcap(std::span<const std::byte> start);

// `start` begins with a pcap magic and holds the whole header.
base::Result<std::unique_ptr<Format>> pcap_format(std::span<const std::byte> start);

}  // namespace weir::capture::pcap
