// SPDX-License-Identifier: Apache-2.0
#include "tests/support/capture_writer.h"

#include <stdlib.h>

#include <array>
#include <fstream>

#include "base/check.h"

namespace weir::support {

namespace {

constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A, kInterfaceDescription = 1, kObsoletePacket = 2, kSimplePacket = 3,
                        kEnhancedPacket = 6;
constexpr std::uint16_t kOptionEnd = 0, kResolution = 9, kOffset = 14;

std::uint32_t pcap_magic(const PcapForm& form) {
  if (form.modified) return 0xA1B2CD34;
  return form.nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4;
}

}  // namespace

OrderedBytes& OrderedBytes::put(std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) {
    const int byte = order_ == ByteOrder::little ? i : size - 1 - i;
    bytes_.push_back(static_cast<std::byte>(value >> (8 * byte) & 0xFF));
  }
  return *this;
}
OrderedBytes& OrderedBytes::raw(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}
OrderedBytes& OrderedBytes::pad_to_word() {
  bytes_.resize((bytes_.size() + 3) / 4 * 4);
  return *this;
}

Bytes pcap_file(std::span<const Packet> packets, const PcapForm& form) {
  const std::uint32_t link_type =
      form.link_type.value_or(packets.empty() ? 1 : static_cast<std::uint32_t>(packets.front().link_type));
  OrderedBytes out(form.order);
  out.u32(pcap_magic(form)).u16(2).u16(4).u32(0).u32(0).u32(form.snap_length).u32(link_type);
  for (const Packet& packet : packets) {
    const auto us = base::to_us(packet.time);
    out.u32(static_cast<std::uint32_t>(us / 1'000'000));
    out.u32(static_cast<std::uint32_t>(us % 1'000'000 * (form.nanoseconds ? 1000 : 1)));
    out.u32(static_cast<std::uint32_t>(packet.bytes.size())).u32(packet.wire_length);
    if (form.modified) out.u64(0);
    out.raw(packet.bytes);
  }
  return out.bytes();
}

PcapngWriter& PcapngWriter::section(ByteOrder order) {
  order_ = order;
  interfaces_.clear();
  OrderedBytes body(order);
  body.u32(0x1A2B3C4D).u16(1).u16(0).u64(~std::uint64_t{0});
  return block(kSectionHeader, body.bytes());
}

PcapngWriter& PcapngWriter::interface(const PcapngInterface& interface) {
  interfaces_.push_back(interface);
  OrderedBytes body(order_);
  body.u16(interface.link_type).u16(0).u32(interface.snap_length);
  if (interface.resolution) {
    body.u16(kResolution).u16(1).raw(std::array{static_cast<std::byte>(*interface.resolution)}).pad_to_word();
  }
  if (interface.offset_seconds) {
    body.u16(kOffset).u16(8).u64(static_cast<std::uint64_t>(*interface.offset_seconds));
  }
  if (interface.resolution || interface.offset_seconds) body.u16(kOptionEnd).u16(0);
  return block(kInterfaceDescription, body.bytes());
}

// What the file says of a packet's time: the reader adds the offset and divides by the resolution again.
std::uint64_t PcapngWriter::ticks(const Packet& packet, std::uint32_t interface) const {
  const PcapngInterface described = interface < interfaces_.size() ? interfaces_[interface] : PcapngInterface{};
  const std::int64_t us = base::to_us(packet.time) - described.offset_seconds.value_or(0) * 1'000'000;
  const auto scaled = static_cast<__int128>(us) * static_cast<__int128>(described.ticks_per_second) / 1'000'000;
  return static_cast<std::uint64_t>(scaled);
}

PcapngWriter& PcapngWriter::packet(const Packet& packet, std::uint32_t interface) {
  const std::uint64_t stamp = ticks(packet, interface);
  OrderedBytes body(order_);
  body.u32(interface).u32(static_cast<std::uint32_t>(stamp >> 32)).u32(static_cast<std::uint32_t>(stamp));
  body.u32(static_cast<std::uint32_t>(packet.bytes.size())).u32(packet.wire_length).raw(packet.bytes).pad_to_word();
  return block(kEnhancedPacket, body.bytes());
}

PcapngWriter& PcapngWriter::simple_packet(const Packet& packet) {
  OrderedBytes body(order_);
  body.u32(packet.wire_length).raw(packet.bytes).pad_to_word();
  return block(kSimplePacket, body.bytes());
}

PcapngWriter& PcapngWriter::obsolete_packet(const Packet& packet, std::uint16_t interface) {
  const std::uint64_t stamp = ticks(packet, interface);
  OrderedBytes body(order_);
  body.u16(interface).u16(0).u32(static_cast<std::uint32_t>(stamp >> 32)).u32(static_cast<std::uint32_t>(stamp));
  body.u32(static_cast<std::uint32_t>(packet.bytes.size())).u32(packet.wire_length).raw(packet.bytes).pad_to_word();
  return block(kObsoletePacket, body.bytes());
}

PcapngWriter& PcapngWriter::block(std::uint32_t type, std::span<const std::byte> body) {
  WEIR_CHECK(body.size() % 4 == 0);
  const auto length = static_cast<std::uint32_t>(body.size() + 12);
  OrderedBytes out(order_);
  out.u32(type).u32(length).raw(body).u32(length);
  bytes_.insert(bytes_.end(), out.bytes().begin(), out.bytes().end());
  return *this;
}

TempFile::TempFile(std::span<const std::byte> bytes, std::string_view name) {
  std::string pattern = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
  WEIR_CHECK(mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  path_ = folder_ / name;
  std::ofstream out(path_, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  WEIR_CHECK(out.good());
}
TempFile::TempFile(std::string_view text, std::string_view name) : TempFile(std::as_bytes(std::span(text)), name) {}
TempFile::~TempFile() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace weir::support
