// SPDX-License-Identifier: Apache-2.0
#include "base/spool_segment.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/byte_reader.h"
#include "base/check.h"
#include "base/crc32c.h"

namespace weir::base {

namespace {

template <std::size_t N>
constexpr std::array<std::byte, N - 1> bytes_of(const char (&text)[N]) {
  std::array<std::byte, N - 1> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(text[i]);
  return bytes;
}

constexpr auto kFileMark = bytes_of("WEIRSPL");
constexpr auto kVersion = std::byte{'1'};
constexpr auto kRecordMark = bytes_of("WREC");

void put(std::vector<std::byte>& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(number >> shift));
}

std::uint32_t checksum(std::span<const std::byte> length_and_rows, std::span<const std::byte> payload) {
  return crc32c(payload, crc32c(length_and_rows));
}

// The record at the start of the bytes, if a whole one is there.
std::optional<SpoolRecord> record_at(std::span<const std::byte> bytes) {
  if (bytes.size() < kRecordHeaderBytes || !std::equal(kRecordMark.begin(), kRecordMark.end(), bytes.begin()))
    return std::nullopt;
  base::ByteReader header(bytes.subspan(kRecordMark.size()));
  const std::uint32_t length = header.u32(), rows = header.u32(), crc = header.u32();
  if (length > header.remaining()) return std::nullopt;
  const auto payload = header.rest().first(length);
  if (checksum(bytes.subspan(kRecordMark.size(), 8), payload) != crc) return std::nullopt;
  return SpoolRecord{rows, payload};
}

// Where the next whole record begins; the size of the bytes when there is none.
std::size_t next_record(std::span<const std::byte> bytes) {
  auto at = bytes.begin();
  while (true) {
    at = std::search(at, bytes.end(), kRecordMark.begin(), kRecordMark.end());
    const auto offset = static_cast<std::size_t>(at - bytes.begin());
    if (at == bytes.end() || record_at(bytes.subspan(offset))) return offset;
    ++at;
  }
}

}  // namespace

std::vector<std::byte> segment_header() {
  std::vector<std::byte> header(kFileMark.begin(), kFileMark.end());
  header.push_back(kVersion);
  return header;
}

std::vector<std::byte> framed(std::span<const std::byte> payload, std::uint32_t rows) {
  WEIR_CHECK(payload.size() <= UINT32_MAX);
  std::vector<std::byte> record(kRecordMark.begin(), kRecordMark.end());
  record.reserve(kRecordHeaderBytes + payload.size());
  put(record, static_cast<std::uint32_t>(payload.size()));
  put(record, rows);
  put(record, checksum(std::span(record).subspan(kRecordMark.size(), 8), payload));
  record.insert(record.end(), payload.begin(), payload.end());
  return record;
}

base::Result<SegmentScan> scan_segment(std::span<const std::byte> file) {
  SegmentScan scan;
  if (file.size() < kSegmentHeaderBytes) {
    // A kill between making the file and writing its header.
    if (!std::equal(file.begin(), file.end(), segment_header().begin()))
      return base::fail("it is no file of weir's spool");
    scan.torn_end = !file.empty();
    return scan;
  }
  if (!std::equal(kFileMark.begin(), kFileMark.end(), file.begin())) return base::fail("it is no file of weir's spool");
  if (file[kFileMark.size()] != kVersion) return base::fail("a newer weir wrote it");

  auto rest = file.subspan(kSegmentHeaderBytes);
  while (!rest.empty()) {
    if (const auto record = record_at(rest)) {
      scan.records.push_back(*record);
      rest = rest.subspan(kRecordHeaderBytes + record->payload.size());
      continue;
    }
    const std::size_t skip = next_record(rest);
    // What follows a torn end is nothing; what follows damage is usually another record.
    skip == rest.size() ? void(scan.torn_end = true) : void(++scan.damaged_places);
    rest = rest.subspan(skip);
  }
  return scan;
}

}  // namespace weir::base
