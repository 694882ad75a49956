// SPDX-License-Identifier: Apache-2.0
// The decompressed bytes of a zstd stream (several frames in a row are one stream). Windows up to 128 MiB, the library's own
// limit: a frame that wants more is damage, not memory.
#pragma once

#include <memory>

#include "capture/pcap/byte_stream.h"

namespace weir::capture::pcap {

std::unique_ptr<ByteStream> zstd_stream(std::unique_ptr<ByteStream> compressed);

}  // namespace weir::capture::pcap
