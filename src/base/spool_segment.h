// SPDX-License-Identifier: Apache-2.0
// The bytes of one spool file: a header, then records one after another.
//
//   "WEIRSPL" version('1') | "WREC" length rows crc payload | "WREC" ...         numbers are 32 bits, big-endian
//
// crc is CRC-32C over length, rows and payload. Reading never trusts a length that its crc does not confirm: after damage
// it looks for the next record that is whole, so that one bad place costs one record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::base {

inline constexpr std::size_t kSegmentHeaderBytes = 8;
inline constexpr std::size_t kRecordHeaderBytes = 16;

std::vector<std::byte> segment_header();
std::vector<std::byte> framed(std::span<const std::byte> payload, std::uint32_t rows);

struct SpoolRecord {
  std::uint32_t rows = 0;  // rows that were submitted to make it; merging may have left fewer in the payload
  std::span<const std::byte> payload;
};

struct SegmentScan {
  std::vector<SpoolRecord> records;  // borrow the bytes that were scanned
  std::uint32_t damaged_places = 0;
  bool torn_end = false;             // the last record is incomplete, as after a kill in the middle of writing it
};

// An error: no file of the spool, or of a newer weir. Damage is not an error but part of the result.
base::Result<SegmentScan> scan_segment(std::span<const std::byte> file);

}  // namespace weir::base
