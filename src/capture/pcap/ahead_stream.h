// SPDX-License-Identifier: Apache-2.0
// A stream that is read ahead by a thread of its own: decompressing costs as much as all that weir does with the packets,
// and so takes no time from it where there is a second core.
#pragma once

#include <memory>

#include "capture/pcap/byte_stream.h"

namespace weir::capture::pcap {

// The same bytes in the same order, with the same errors and the same end. Some MiB are read ahead, and then the thread waits.
std::unique_ptr<ByteStream> ahead_stream(std::unique_ptr<ByteStream> inner);

}  // namespace weir::capture::pcap
