// SPDX-License-Identifier: Apache-2.0
// Capture files: pcap (microseconds or nanoseconds, either byte order, also Kuznetzov's modified form) and pcapng, plain or
// in gzip or zstd. What a file is, its content says; its name never matters.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "capture/packet_source.h"

namespace weir::capture::pcap {

// "-" is standard input. A path that is no capture weir can read is an error in one sentence. Standard input and pipes are
// judged when their first bytes come: then that sentence comes from next().
base::Result<std::unique_ptr<PacketSource>> open_file(const std::string& path);

}  // namespace weir::capture::pcap
