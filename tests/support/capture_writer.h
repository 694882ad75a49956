// SPDX-License-Identifier: Apache-2.0
// Capture files for tests, written in memory: pcap in each of its forms, and pcapng block by block, so that a test can also
// write what no healthy tool would. TempFile puts bytes on disk for as long as a test needs them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tests/support/packet_builder.h"

namespace weir::support {

enum class ByteOrder { little, big };

// Appends numbers in the byte order of a file's writer.
class OrderedBytes {
 public:
  explicit OrderedBytes(ByteOrder order) : order_(order) {}

  OrderedBytes& u16(std::uint16_t value) { return put(value, 2); }
  OrderedBytes& u32(std::uint32_t value) { return put(value, 4); }
  OrderedBytes& u64(std::uint64_t value) { return put(value, 8); }
  OrderedBytes& raw(std::span<const std::byte> bytes);
  OrderedBytes& pad_to_word();
  const Bytes& bytes() const { return bytes_; }

 private:
  OrderedBytes& put(std::uint64_t value, int size);

  ByteOrder order_;
  Bytes bytes_;
};

struct PcapForm {
  ByteOrder order = ByteOrder::little;
  bool nanoseconds = false;
  bool modified = false;  // the magic of Kuznetzov's libpcap: 8 more bytes in each packet header
  std::uint32_t snap_length = 262144;
  std::optional<std::uint32_t> link_type = std::nullopt;  // otherwise that of the first packet, or Ethernet
};
Bytes pcap_file(std::span<const Packet> packets, const PcapForm& form = {});

struct PcapngInterface {
  std::uint16_t link_type = 1;
  std::uint32_t snap_length = 0;                              // 0: no limit
  std::optional<std::uint8_t> resolution = std::nullopt;      // if_tsresol as written; microseconds without it
  std::optional<std::int64_t> offset_seconds = std::nullopt;  // if_tsoffset
  std::uint64_t ticks_per_second = 1'000'000;                 // what the packets' stamps are written in
};

class PcapngWriter {
 public:
  explicit PcapngWriter(ByteOrder order = ByteOrder::little) : order_(order) { section(order); }

  PcapngWriter& section(ByteOrder order);  // starts a new section: interfaces are numbered from 0 again
  PcapngWriter& interface(const PcapngInterface& interface = {});
  PcapngWriter& packet(const Packet& packet, std::uint32_t interface = 0);           // enhanced packet block
  PcapngWriter& simple_packet(const Packet& packet);                                 // no time, interface 0
  PcapngWriter& obsolete_packet(const Packet& packet, std::uint16_t interface = 0);  // type 2
  PcapngWriter& block(std::uint32_t type, std::span<const std::byte> body);          // any, length written twice
  const Bytes& bytes() const { return bytes_; }

 private:
  std::uint64_t ticks(const Packet& packet, std::uint32_t interface) const;

  ByteOrder order_;
  std::vector<PcapngInterface> interfaces_;
  Bytes bytes_;
};

// A file that lives as long as this object.
class TempFile {
 public:
  explicit TempFile(std::span<const std::byte> bytes, std::string_view name = "test.pcap");
  explicit TempFile(std::string_view text, std::string_view name = "test.pcap");
  ~TempFile();
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path folder_;
  std::filesystem::path path_;
};

}  // namespace weir::support
