// SPDX-License-Identifier: Apache-2.0
// The decompressed bytes of a gzip stream (several members in a row are one stream, as with `cat a.gz b.gz`).
#pragma once

#include <memory>

#include "capture/pcap/byte_stream.h"

namespace weir::capture::pcap {

std::unique_ptr<ByteStream> gzip_stream(std::unique_ptr<ByteStream> compressed);

}  // namespace weir::capture::pcap
