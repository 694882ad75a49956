// SPDX-License-Identifier: Apache-2.0
// pcapng: blocks of many kinds. A section has its own byte order and its own interfaces; each interface has a link type, a time
// unit and a time offset. Blocks without packets are skipped, whatever their size.
#pragma once

#include "capture/pcap/format.h"

namespace weir::capture::pcap {

bool is_pcapng(std::span<const std::byte> start);

std::unique_ptr<Format> pcapng_format();

}  // namespace weir::capture::pcap
