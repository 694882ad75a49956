// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/pcapng_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/capture_writer.h"

namespace weir::capture::pcap {
namespace {

using support::ByteOrder;
using support::Bytes;
using support::OrderedBytes;
using support::Packet;
using support::PcapngWriter;
using testing::HasSubstr;
using testing::Optional;

constexpr std::int64_t kStart = 1'700'000'000'123'456;

Packet udp_at(std::int64_t us, std::size_t payload = 10) {
  return support::packet().at_us(us).ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(payload).build();
}

struct Content {
  std::vector<RawPacket> packets;
  std::optional<std::string> damage;
  std::string error;
};

// The whole of `bytes` in one window, as a mapped file is read. The packets borrow from `bytes`.
Content read(std::span<const std::byte> bytes) {
  const auto format = pcapng_format();
  Content content;
  PacketList list;
  std::size_t at = 0;
  for (;;) {
    list.clear();
    const auto parsed = format->parse(bytes.subspan(at), at, list);
    if (!parsed) {
      content.error = parsed.error().message();
      return content;
    }
    at += parsed->consumed;
    content.packets.insert(content.packets.end(), list.view().begin(), list.view().end());
    content.damage = parsed->damage;
    if (list.view().empty()) break;
  }
  if (!content.damage) content.damage = format->cut_short(bytes.subspan(at), at);
  return content;
}

TEST(PcapngFormat, packets_of_either_byte_order_keep_time_and_lengths) {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    PcapngWriter file(order);
    Packet packet = udp_at(kStart, 300);
    packet.bytes.resize(71);  // cut by a snap length, and not a multiple of 4
    file.interface().packet(packet).packet(udp_at(kStart + 1));
    const Content content = read(file.bytes());
    ASSERT_EQ(content.packets.size(), 2u);
    EXPECT_EQ(content.packets[0].time, base::from_us(kStart));
    EXPECT_EQ(content.packets[0].captured_length, 71u);
    EXPECT_EQ(content.packets[0].wire_length, packet.wire_length);
    EXPECT_EQ(content.packets[1].time, base::from_us(kStart + 1));
    EXPECT_EQ(content.damage, std::nullopt);
  }
}

TEST(PcapngFormat, each_interface_has_its_own_link_type_time_unit_and_offset) {
  PcapngWriter file;
  file.interface({.resolution = 9, .ticks_per_second = 1'000'000'000});
  file.interface({.link_type = 101, .resolution = 3, .ticks_per_second = 1000});
  file.interface({.resolution = 0x80 | 20, .ticks_per_second = 1 << 20});
  file.interface({.offset_seconds = 1'600'000'000});
  file.packet(udp_at(kStart), 0).packet(udp_at(kStart), 1).packet(udp_at(kStart), 2).packet(udp_at(kStart), 3);
  const Content content = read(file.bytes());
  ASSERT_EQ(content.packets.size(), 4u);
  EXPECT_EQ(base::to_us(content.packets[0].time), kStart);
  EXPECT_EQ(base::to_us(content.packets[1].time), kStart - 456);  // milliseconds
  EXPECT_NEAR(static_cast<double>(base::to_us(content.packets[2].time) - kStart), 0, 2);
  EXPECT_EQ(base::to_us(content.packets[3].time), kStart);
  EXPECT_EQ(content.packets[0].link_type, LinkType::ethernet);
  EXPECT_EQ(content.packets[1].link_type, LinkType::raw);
}

TEST(PcapngFormat, nanoseconds_are_floored_to_microseconds) {
  PcapngWriter file;
  file.interface({.resolution = 9, .ticks_per_second = 1'000'000'000});
  OrderedBytes body(ByteOrder::little);
  body.u32(0).u32(0).u32(1999).u32(0).u32(0);
  file.block(6, body.bytes());
  EXPECT_EQ(base::to_us(read(file.bytes()).packets.at(0).time), 1);
}

TEST(PcapngFormat, a_new_section_forgets_the_interfaces_and_may_change_the_byte_order) {
  PcapngWriter file(ByteOrder::little);
  file.interface({.link_type = 101}).packet(udp_at(kStart));
  file.section(ByteOrder::big).interface().packet(udp_at(kStart + 5));
  const Content both = read(file.bytes());
  ASSERT_EQ(both.packets.size(), 2u);
  EXPECT_EQ(both.packets[0].link_type, LinkType::raw);
  EXPECT_EQ(both.packets[1].link_type, LinkType::ethernet);
  EXPECT_EQ(both.packets[1].time, base::from_us(kStart + 5));

  file.section(ByteOrder::little).packet(udp_at(kStart));
  EXPECT_THAT(read(file.bytes()).damage, Optional(HasSubstr("after packet 2, belongs to no described interface")));
}

TEST(PcapngFormat, simple_packets_take_the_time_of_the_packet_before_them_and_the_snap_length) {
  PcapngWriter file;
  file.interface({.snap_length = 40}).packet(udp_at(kStart));
  Packet longer = udp_at(0, 200);
  longer.bytes.resize(40);
  file.simple_packet(longer);
  const Content content = read(file.bytes());
  ASSERT_EQ(content.packets.size(), 2u);
  EXPECT_EQ(content.packets[1].time, base::from_us(kStart));
  EXPECT_EQ(content.packets[1].captured_length, 40u);
  EXPECT_EQ(content.packets[1].wire_length, longer.wire_length);
}

TEST(PcapngFormat, obsolete_packet_blocks_are_read_as_well) {
  PcapngWriter file;
  file.interface().interface({.link_type = 101}).obsolete_packet(udp_at(kStart), 1);
  const Content content = read(file.bytes());
  ASSERT_EQ(content.packets.size(), 1u);
  EXPECT_EQ(content.packets[0].time, base::from_us(kStart));
  EXPECT_EQ(content.packets[0].link_type, LinkType::raw);
}

TEST(PcapngFormat, blocks_without_packets_are_skipped_whatever_their_size) {
  PcapngWriter file;
  file.interface().block(5, Bytes(24)).block(0xBAD, Bytes(std::size_t{3} << 20)).packet(udp_at(kStart));
  const Content content = read(file.bytes());
  EXPECT_EQ(content.packets.size(), 1u);
  EXPECT_EQ(content.damage, std::nullopt);
}

TEST(PcapngFormat, an_interface_of_a_foreign_kind_beside_an_understood_one_keeps_its_number) {
  PcapngWriter file;
  file.interface().interface({.link_type = 189}).packet(udp_at(kStart), 1).packet(udp_at(kStart), 0);
  const Content content = read(file.bytes());
  ASSERT_EQ(content.packets.size(), 2u);
  EXPECT_EQ(static_cast<int>(content.packets[0].link_type), 189);
}

TEST(PcapngFormat, a_file_of_foreign_interfaces_only_is_an_error_with_the_name) {
  PcapngWriter file;
  file.interface({.link_type = 189}).packet(udp_at(kStart));
  EXPECT_EQ(read(file.bytes()).error, "link type USB_LINUX (189) is not supported");
}

TEST(PcapngFormat, each_kind_of_damage_ends_the_file_with_what_came_before) {
  const auto damage_of = [](std::uint32_t type, const OrderedBytes& body) {
    PcapngWriter file;
    file.interface().packet(udp_at(kStart)).block(type, body.bytes());
    const Content content = read(file.bytes());
    EXPECT_EQ(content.packets.size(), 1u);
    return content.damage.value_or("none");
  };
  OrderedBytes bytes(ByteOrder::little);
  EXPECT_EQ(damage_of(6, OrderedBytes(bytes).u32(0)),
            "the block at byte 140, after packet 1, is too short for a packet: the file is damaged from there on");
  EXPECT_THAT(damage_of(6, OrderedBytes(bytes).u32(0).u64(0).u32(100).u32(100).u32(0)),
              HasSubstr("claims more captured bytes than it holds"));
  EXPECT_THAT(damage_of(6, OrderedBytes(bytes).u32(0).u64(0).u32(300'000).u32(300'000).raw(Bytes(300'000))),
              HasSubstr("impossible packet length"));
  EXPECT_THAT(damage_of(0x0A0D0D0A, OrderedBytes(bytes).u32(0x1A2B3C4D).u16(2).u16(0).u64(0)),
              HasSubstr("begins a section of an unknown version"));
  EXPECT_THAT(damage_of(0x0A0D0D0A, OrderedBytes(bytes).u32(0x1A2B3C4D).u16(1).u16(0)),
              HasSubstr("too short for a section"));
  EXPECT_THAT(damage_of(6, OrderedBytes(bytes).u32(7).u64(0).u32(0).u32(0)),
              HasSubstr("belongs to no described interface"));
  EXPECT_THAT(damage_of(1, OrderedBytes(bytes).u32(0)), HasSubstr("describes an interface that cannot be read"));
  EXPECT_THAT(damage_of(0x0A0D0D0A, OrderedBytes(bytes).u32(1).u64(0).u32(0)), HasSubstr("no byte-order magic"));
  EXPECT_THAT(damage_of(6, OrderedBytes(bytes).raw(Bytes(std::size_t{2} << 20))), HasSubstr("larger than 1 MiB"));
}

TEST(PcapngFormat, lengths_that_cannot_be_or_do_not_agree_are_damage) {
  PcapngWriter file;
  file.interface();
  const std::size_t block = file.bytes().size();
  file.packet(udp_at(kStart));
  Bytes odd = file.bytes();
  odd[block + 4] = std::byte{0x0B};
  EXPECT_THAT(read(odd).damage, Optional(HasSubstr("has an impossible length")));
  Bytes unequal = file.bytes();
  unequal[unequal.size() - 4] ^= std::byte{4};
  EXPECT_THAT(read(unequal).damage, Optional(HasSubstr("has two different lengths")));
}

TEST(PcapngFormat, a_file_cut_inside_a_block_says_so_even_if_the_block_is_skipped) {
  PcapngWriter file;
  file.interface().packet(udp_at(kStart)).packet(udp_at(kStart));
  EXPECT_EQ(read(std::span(file.bytes()).first(file.bytes().size() - 3)).damage,
            "the file is cut short after packet 1: the block at byte 140 is not whole");
  file.block(5, Bytes(400));
  EXPECT_THAT(read(std::span(file.bytes()).first(file.bytes().size() - 300)).damage,
              Optional(HasSubstr("cut short after packet 2")));
}

TEST(PcapngFormat, a_time_that_no_calendar_holds_stays_within_what_differences_can_be_taken_of) {
  PcapngWriter file;
  file.interface({.resolution = 0, .offset_seconds = INT64_MAX});
  OrderedBytes body(ByteOrder::little);
  body.u32(0).u32(~0u).u32(~0u).u32(0).u32(0);
  file.block(6, body.bytes());
  file.interface({.offset_seconds = INT64_MIN});
  OrderedBytes early(ByteOrder::little);
  early.u32(1).u64(0).u32(0).u32(0);
  file.block(6, early.bytes());
  const Content content = read(file.bytes());
  ASSERT_EQ(content.packets.size(), 2u);
  EXPECT_GT((content.packets[0].time - content.packets[1].time).count(), 0);
}

}  // namespace
}  // namespace weir::capture::pcap
