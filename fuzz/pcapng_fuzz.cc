// SPDX-License-Identifier: Apache-2.0
// Any bytes as a pcapng file: its beginning is put right, so that no run is spent on finding it.
#include <algorithm>
#include <vector>

#include "fuzz/format_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr unsigned char kStart[12] = {0x0A, 0x0D, 0x0D, 0x0A, 28, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A};
  if (size < 28) return 0;
  std::vector<std::uint8_t> file(data, data + size);
  if (file[0] != 0x0A) std::copy_n(kStart, sizeof kStart, file.begin());
  weir::fuzz::check_format(std::as_bytes(std::span(file)));
  return 0;
}
