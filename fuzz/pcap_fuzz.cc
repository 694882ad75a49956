// SPDX-License-Identifier: Apache-2.0
// Any bytes as a pcap file: its beginning is put right, so that no run is spent on finding it.
#include <algorithm>
#include <vector>

#include "fuzz/format_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first byte chooses one of the magic numbers, in either byte order.
  constexpr unsigned char kMagic[6][4] = {{0xD4, 0xC3, 0xB2, 0xA1}, {0xA1, 0xB2, 0xC3, 0xD4}, {0x4D, 0x3C, 0xB2, 0xA1},
                                          {0xA1, 0xB2, 0x3C, 0x4D}, {0x34, 0xCD, 0xB2, 0xA1}, {0xA1, 0xB2, 0xCD, 0x34}};
  if (size < 4) return 0;
  std::vector<std::uint8_t> file(data, data + size);
  if (file[0] < 12) std::copy_n(kMagic[file[0] % 6], 4, file.begin());
  weir::fuzz::check_format(std::as_bytes(std::span(file)));
  return 0;
}
