// SPDX-License-Identifier: Apache-2.0
#include "tests/support/packet_builder.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace weir::support {

namespace {

constexpr std::size_t kEthernetMinimum = 60;  // without the frame check sequence, which captures do not hold

void put_u8(Bytes& out, std::size_t at, std::size_t value) { out.at(at) = static_cast<std::byte>(value); }
void put_u16(Bytes& out, std::size_t at, std::size_t value) {
  put_u8(out, at, value >> 8 & 0xFF);
  put_u8(out, at + 1, value & 0xFF);
}
void put_u32(Bytes& out, std::size_t at, std::uint32_t value) {
  put_u16(out, at, value >> 16);
  put_u16(out, at + 2, value & 0xFFFF);
}

base::IpAddress address(std::string_view text) {
  const auto parsed = base::IpAddress::parse(text);
  WEIR_CHECK(parsed.has_value());
  return *parsed;
}

// RFC 1071. An odd last byte counts as if a zero followed.
std::uint32_t sum_words(std::span<const std::byte> bytes, std::uint32_t sum) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += std::to_integer<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  }
  return sum;
}
std::uint16_t fold(std::uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// RFC 9260 appendix A: CRC-32C, reflected, stored least significant byte first.
std::uint32_t crc32c(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::byte b : bytes) {
    crc ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
  }
  return ~crc;
}

std::size_t up_to_words(std::size_t bytes) { return (bytes + 3) / 4 * 4; }

Bytes pattern(std::size_t bytes) {
  Bytes out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<std::byte>('a' + i % 26);
  return out;
}

}  // namespace

capture::RawPacket Packet::raw() const {
  return {.time = time,
          .data = bytes.data(),
          .captured_length = static_cast<std::uint32_t>(bytes.size()),
          .wire_length = wire_length,
          .link_type = link_type};
}

PacketBuilder& PacketBuilder::at(base::Timestamp time) {
  time_ = time;
  return *this;
}
PacketBuilder& PacketBuilder::at_us(std::int64_t us) { return at(base::from_us(us)); }

PacketBuilder::Layer& PacketBuilder::add(Layer layer) { return layers_.emplace_back(std::move(layer)); }

PacketBuilder::Layer& PacketBuilder::last(Kind kind) {
  const auto found = std::find_if(layers_.rbegin(), layers_.rend(), [&](const Layer& l) { return l.kind == kind; });
  WEIR_CHECK(found != layers_.rend());
  return *found;
}

std::size_t PacketBuilder::last_ip() const {
  std::size_t at = layers_.size();
  while (at > 0 && layers_[at - 1].kind != Kind::ipv4 && layers_[at - 1].kind != Kind::ipv6) --at;
  WEIR_CHECK(at > 0);
  return at - 1;
}

PacketBuilder& PacketBuilder::link(capture::LinkType type, Kind kind, std::size_t header_bytes) {
  if (layers_.empty()) link_type_ = type;
  add({.kind = kind, .ether_type = 0x6558, .header = Bytes(header_bytes)});
  return *this;
}

PacketBuilder& PacketBuilder::ethernet() {
  link(capture::LinkType::ethernet, Kind::ethernet, 14);
  put_u8(layers_.back().header, 0, 0x02), put_u8(layers_.back().header, 5, 0x02);
  put_u8(layers_.back().header, 6, 0x02), put_u8(layers_.back().header, 11, 0x01);
  return *this;
}

PacketBuilder& PacketBuilder::vlan(std::uint16_t id, std::uint16_t tag_protocol) {
  Layer& layer = add({.kind = Kind::vlan, .ether_type = tag_protocol, .header = Bytes(4)});
  put_u16(layer.header, 0, id);
  return *this;
}

PacketBuilder& PacketBuilder::sll() {
  link(capture::LinkType::linux_sll, Kind::sll, 16);
  put_u16(layers_.back().header, 2, 1), put_u16(layers_.back().header, 4, 6);
  return *this;
}

PacketBuilder& PacketBuilder::sll2() {
  link(capture::LinkType::linux_sll2, Kind::sll2, 20);
  put_u32(layers_.back().header, 4, 3), put_u16(layers_.back().header, 8, 1), put_u8(layers_.back().header, 11, 6);
  return *this;
}

PacketBuilder& PacketBuilder::null_loopback(bool big_endian) {
  return link(capture::LinkType::null, big_endian ? Kind::null_big_endian : Kind::null_little_endian, 4);
}
PacketBuilder& PacketBuilder::loop() { return link(capture::LinkType::loop, Kind::null_big_endian, 4); }

PacketBuilder& PacketBuilder::snap() {
  add({.kind = Kind::snap, .header = {std::byte{0xAA}, std::byte{0xAA}, std::byte{0x03}, {}, {}, {}, {}, {}}});
  return *this;
}

PacketBuilder& PacketBuilder::security_group(std::uint16_t tag) {
  Layer& layer = add({.kind = Kind::metadata, .ether_type = 0x8909, .header = Bytes(8)});
  put_u16(layer.header, 0, 0x0101), put_u16(layer.header, 2, 1), put_u16(layer.header, 4, tag);
  return *this;
}

PacketBuilder& PacketBuilder::mpls(std::uint32_t label) {
  Layer& layer = add({.kind = Kind::mpls, .ether_type = 0x8847, .header = Bytes(4)});
  put_u32(layer.header, 0, label << 12 | 64);
  return *this;
}
PacketBuilder& PacketBuilder::control_word() {
  add({.kind = Kind::control_word, .header = Bytes(4)});
  return *this;
}

PacketBuilder& PacketBuilder::pppoe(std::uint16_t session) {
  link(capture::LinkType::ppp_ether, Kind::pppoe, 6);
  layers_.back().ether_type = 0x8864;
  put_u8(layers_.back().header, 0, 0x11), put_u16(layers_.back().header, 2, session);
  return *this;
}
PacketBuilder& PacketBuilder::ppp(bool compressed) {
  return link(capture::LinkType::ppp, Kind::ppp, compressed ? 1 : 2);
}
PacketBuilder& PacketBuilder::ppp_hdlc() {
  link(capture::LinkType::ppp_hdlc, Kind::ppp, 4);
  put_u16(layers_.back().header, 0, 0xFF03);
  return *this;
}
PacketBuilder& PacketBuilder::cisco_hdlc() {
  link(capture::LinkType::cisco_hdlc, Kind::cisco_hdlc, 4);
  put_u16(layers_.back().header, 0, 0x0F00);
  return *this;
}

// Version, length and masks in little-endian: a time stamp of 8 bytes (bit 0) and the flags (bit 1).
PacketBuilder& PacketBuilder::radiotap(std::uint8_t flags) {
  link(capture::LinkType::radiotap, Kind::fixed, 18);
  put_u8(layers_.back().header, 2, 18), put_u8(layers_.back().header, 4, 3), put_u8(layers_.back().header, 16, flags);
  return *this;
}

// Frame control as IEEE 802.11 numbers its bits; the fields that it announces are there.
PacketBuilder& PacketBuilder::wifi(std::uint16_t frame_control) {
  const bool four_addresses = (frame_control & 0x0300) == 0x0300, qos = (frame_control & 0x0080) != 0;
  const bool high_throughput = qos && (frame_control & 0x8000) != 0;
  link(capture::LinkType::ieee802_11, Kind::wireless, 24 + 6 * four_addresses + 2 * qos + 4 * high_throughput);
  Bytes& header = layers_.back().header;
  put_u8(header, 0, frame_control & 0xFF), put_u8(header, 1, frame_control >> 8);
  put_u8(header, 9, 0x02), put_u8(header, 15, 0x03), put_u8(header, 22, 0x50);  // sequence number 5, fragment 0
  return *this;
}
PacketBuilder& PacketBuilder::subframe() {
  Layer& outer = last(Kind::wireless);
  const std::size_t qos_at = outer.header.size() - 2;
  put_u8(outer.header, qos_at, 0x80);
  add({.kind = Kind::subframe, .header = Bytes(14)});
  return *this;
}

PacketBuilder& PacketBuilder::ether_type(std::uint16_t type) {
  add({.kind = Kind::announce, .ether_type = type});
  return *this;
}

PacketBuilder& PacketBuilder::ipv4(std::string_view src, std::string_view dst) {
  Layer& layer = add({.kind = Kind::ipv4, .ether_type = 0x0800, .protocol = 4, .header = Bytes(20)});
  const auto from = address(src).bytes(), to = address(dst).bytes();
  put_u8(layer.header, 8, 64);
  std::copy_n(from.begin() + 12, 4, layer.header.begin() + 12);
  std::copy_n(to.begin() + 12, 4, layer.header.begin() + 16);
  return *this;
}

PacketBuilder& PacketBuilder::ipv6(std::string_view src, std::string_view dst) {
  Layer& layer = add({.kind = Kind::ipv6, .ether_type = 0x86DD, .protocol = 41, .header = Bytes(40)});
  const auto from = address(src).bytes(), to = address(dst).bytes();
  put_u8(layer.header, 0, 0x60), put_u8(layer.header, 7, 64);
  std::copy_n(from.begin(), 16, layer.header.begin() + 8);
  std::copy_n(to.begin(), 16, layer.header.begin() + 24);
  return *this;
}

PacketBuilder& PacketBuilder::ip(std::string_view src, std::string_view dst) {
  return address(src).is_v4() ? ipv4(src, dst) : ipv6(src, dst);
}

PacketBuilder& PacketBuilder::ip_options(std::size_t bytes) {
  last(Kind::ipv4).header.resize(20 + up_to_words(bytes), std::byte{1});
  return *this;
}
PacketBuilder& PacketBuilder::ip_id(std::uint16_t id) {
  put_u16(last(Kind::ipv4).header, 4, id);
  return *this;
}
PacketBuilder& PacketBuilder::ttl(std::uint8_t hops) {
  Layer& layer = layers_[last_ip()];
  put_u8(layer.header, layer.kind == Kind::ipv4 ? 8 : 7, hops);
  return *this;
}

PacketBuilder& PacketBuilder::extension(std::uint8_t number, std::size_t bytes) {
  WEIR_CHECK(bytes % 8 == 0 && bytes >= 8);
  Layer& layer = add({.kind = Kind::extension, .protocol = number, .header = Bytes(bytes)});
  put_u8(layer.header, 1, bytes / 8 - 1);
  return *this;
}
PacketBuilder& PacketBuilder::hop_by_hop(std::size_t bytes) { return extension(0, bytes); }
PacketBuilder& PacketBuilder::routing(std::size_t bytes) { return extension(43, bytes); }
PacketBuilder& PacketBuilder::destination_options(std::size_t bytes) { return extension(60, bytes); }

PacketBuilder& PacketBuilder::authentication_header() {
  Layer& layer = add({.kind = Kind::authentication, .protocol = 51, .header = Bytes(24)});
  put_u8(layer.header, 1, 24 / 4 - 2);  // in words, less two: RFC 4302 section 2.2
  return *this;
}

PacketBuilder& PacketBuilder::fragment(std::uint32_t id, std::uint16_t offset, bool more) {
  WEIR_CHECK(offset % 8 == 0);
  Layer& ip_layer = layers_[last_ip()];
  if (ip_layer.kind == Kind::ipv4) {
    put_u16(ip_layer.header, 4, id & 0xFFFF);
    put_u16(ip_layer.header, 6, (more ? 0x2000u : 0u) | offset / 8u);
    return *this;
  }
  extension(44, 8);
  put_u8(layers_.back().header, 1, 0);
  put_u16(layers_.back().header, 2, static_cast<std::size_t>(offset) | (more ? 1u : 0u));
  put_u32(layers_.back().header, 4, id);
  return *this;
}

PacketBuilder& PacketBuilder::gre() {
  add({.kind = Kind::gre, .protocol = 47, .header = Bytes(4)});
  return *this;
}
// Fields stand in the order checksum, key, sequence: add them in that order.
PacketBuilder& PacketBuilder::gre_checksum() {
  Bytes& header = last(Kind::gre).header;
  header.resize(header.size() + 4);
  put_u8(header, 0, std::to_integer<unsigned>(header[0]) | 0x80);
  return *this;
}
PacketBuilder& PacketBuilder::gre_key(std::uint32_t key) {
  Bytes& header = last(Kind::gre).header;
  header.resize(header.size() + 4);
  put_u8(header, 0, std::to_integer<unsigned>(header[0]) | 0x20);
  put_u32(header, header.size() - 4, key);
  return *this;
}
PacketBuilder& PacketBuilder::gre_sequence(std::uint32_t number) {
  Bytes& header = last(Kind::gre).header;
  header.resize(header.size() + 4);
  put_u8(header, 0, std::to_integer<unsigned>(header[0]) | 0x10);
  put_u32(header, header.size() - 4, number);
  return *this;
}

// flags with key and sequence, version 1 | protocol | length, call | sequence
PacketBuilder& PacketBuilder::pptp(std::uint16_t call) {
  Layer& layer = add({.kind = Kind::fixed, .protocol = 47, .header = Bytes(12)});
  put_u16(layer.header, 0, 0x3001), put_u16(layer.header, 2, 0x880B), put_u16(layer.header, 6, call);
  return *this;
}

PacketBuilder& PacketBuilder::erspan1() {
  Layer& layer = add({.kind = Kind::fixed, .protocol = 47, .header = Bytes(4)});
  put_u16(layer.header, 2, 0x88BE);
  return *this;
}
// GRE with a sequence number, then 8 bytes. A removed tag is in the header only (encapsulation 2).
PacketBuilder& PacketBuilder::erspan2(std::uint16_t session, std::uint16_t removed_vlan) {
  Layer& layer = add({.kind = Kind::fixed, .protocol = 47, .header = Bytes(16)});
  put_u16(layer.header, 0, 0x1000), put_u16(layer.header, 2, 0x88BE);
  put_u16(layer.header, 8, 0x1000u | removed_vlan), put_u16(layer.header, 10, (removed_vlan ? 0x1000u : 0u) | session);
  return *this;
}
PacketBuilder& PacketBuilder::erspan3(std::uint16_t session, bool platform_header) {
  Layer& layer = add({.kind = Kind::fixed, .protocol = 47, .header = Bytes(platform_header ? 28 : 20)});
  put_u16(layer.header, 0, 0x1000), put_u16(layer.header, 2, 0x22EB);
  put_u16(layer.header, 8, 0x2000), put_u16(layer.header, 10, session);
  put_u8(layer.header, 19, platform_header);
  return *this;
}

PacketBuilder& PacketBuilder::vxlan(std::uint32_t network) {
  Layer& layer = add({.kind = Kind::fixed, .header = Bytes(8)});
  put_u8(layer.header, 0, 0x08), put_u32(layer.header, 4, network << 8);
  return *this;
}
PacketBuilder& PacketBuilder::vxlan_policy(std::uint32_t network, std::uint16_t group) {
  vxlan(network);
  put_u8(layers_.back().header, 0, 0x88), put_u16(layers_.back().header, 2, group);
  return *this;
}
PacketBuilder& PacketBuilder::vxlan_gpe(std::uint32_t network) {
  vxlan(network);
  layers_.back().kind = Kind::vxlan_gpe;
  put_u8(layers_.back().header, 0, 0x0C);
  return *this;
}
PacketBuilder& PacketBuilder::geneve(std::uint32_t network, std::size_t option_words) {
  Layer& layer = add({.kind = Kind::geneve, .header = Bytes(8 + 4 * option_words)});
  put_u8(layer.header, 0, option_words), put_u32(layer.header, 4, network << 8);
  if (option_words > 0) put_u16(layer.header, 8, 0x0102), put_u8(layer.header, 11, option_words - 1);
  return *this;
}
PacketBuilder& PacketBuilder::gtp_u(std::uint32_t endpoint) {
  Layer& layer = add({.kind = Kind::gtp_u, .header = Bytes(8)});
  put_u8(layer.header, 0, 0x30), put_u8(layer.header, 1, 255), put_u32(layer.header, 4, endpoint);
  return *this;
}
// The first one makes room for the optional fields; each one's type stands at the end of what comes before it.
PacketBuilder& PacketBuilder::gtp_extension(std::size_t words) {
  Bytes& header = last(Kind::gtp_u).header;
  if (header.size() == 8) {
    put_u8(header, 0, 0x34);
    header.resize(12);
  }
  put_u8(header, header.size() - 1, 0x85);  // PDU session container
  header.resize(header.size() + 4 * words);
  put_u8(header, header.size() - 4 * words, words);
  return *this;
}
PacketBuilder& PacketBuilder::teredo_authentication() {
  add({.kind = Kind::fixed, .header = Bytes(13)});
  put_u8(layers_.back().header, 1, 1);
  return *this;
}
PacketBuilder& PacketBuilder::teredo_origin() {
  add({.kind = Kind::fixed, .header = Bytes(8)});
  return *this;
}

PacketBuilder& PacketBuilder::etherip() {
  Layer& layer = add({.kind = Kind::fixed, .protocol = 97, .header = Bytes(2)});
  put_u8(layer.header, 0, 0x30);
  return *this;
}
// flags and version | (length) | tunnel, session | (sequence numbers 4, offset size 2, offset)
PacketBuilder& PacketBuilder::l2tp(std::uint16_t session, bool more) {
  Layer& layer = add({.kind = more ? Kind::l2tp : Kind::fixed, .header = Bytes(more ? 8 + 4 + 2 + 3 : 6)});
  put_u16(layer.header, 0, more ? 0x4A02 : 0x0002);
  put_u16(layer.header, more ? 4 : 2, 9), put_u16(layer.header, more ? 6 : 4, session);
  if (more) put_u16(layer.header, 12, 3);
  return *this;
}
PacketBuilder& PacketBuilder::l2tp3(std::uint32_t session, std::size_t cookie_bytes, bool over_udp) {
  const std::size_t at = over_udp ? 4 : 0;
  Layer& layer = add({.kind = Kind::fixed, .protocol = 115, .header = Bytes(at + 4 + cookie_bytes, std::byte{0xC7})});
  if (over_udp) put_u32(layer.header, 0, 0x00030000);
  put_u32(layer.header, at, session);
  return *this;
}
PacketBuilder& PacketBuilder::nsh(std::size_t metadata_words) {
  const std::size_t words = 2 + metadata_words;
  Layer& layer = add({.kind = Kind::nsh, .ether_type = 0x894F, .header = Bytes(4 * words)});
  put_u16(layer.header, 0, 63U << 6 | words), put_u8(layer.header, 2, metadata_words == 4 ? 1 : 2);
  put_u32(layer.header, 4, 0x0000'2AFF);
  return *this;
}

PacketBuilder& PacketBuilder::tcp(std::uint16_t src_port, std::uint16_t dst_port, std::uint8_t flags) {
  Layer& layer = add({.kind = Kind::tcp, .protocol = 6, .header = Bytes(20)});
  put_u16(layer.header, 0, src_port), put_u16(layer.header, 2, dst_port);
  put_u8(layer.header, 13, flags), put_u16(layer.header, 14, 64240);
  return *this;
}
PacketBuilder& PacketBuilder::seq(std::uint32_t number) {
  put_u32(last(Kind::tcp).header, 4, number);
  return *this;
}
PacketBuilder& PacketBuilder::ack(std::uint32_t number) {
  put_u32(last(Kind::tcp).header, 8, number);
  return *this;
}
PacketBuilder& PacketBuilder::window(std::uint16_t raw) {
  put_u16(last(Kind::tcp).header, 14, raw);
  return *this;
}
PacketBuilder& PacketBuilder::tcp_options(std::size_t bytes) {
  last(Kind::tcp).header.resize(20 + up_to_words(bytes), std::byte{1});
  return *this;
}

PacketBuilder& PacketBuilder::udp(std::uint16_t src_port, std::uint16_t dst_port) {
  Layer& layer = add({.kind = Kind::udp, .protocol = 17, .header = Bytes(8)});
  put_u16(layer.header, 0, src_port), put_u16(layer.header, 2, dst_port);
  return *this;
}
PacketBuilder& PacketBuilder::sctp(std::uint16_t src_port, std::uint16_t dst_port) {
  Layer& layer = add({.kind = Kind::sctp, .protocol = 132, .header = Bytes(12)});
  put_u16(layer.header, 0, src_port), put_u16(layer.header, 2, dst_port);
  return *this;
}
PacketBuilder& PacketBuilder::icmp(std::uint8_t type, std::uint8_t code, std::uint16_t id, std::uint16_t sequence) {
  Layer& layer = add({.kind = Kind::icmp, .protocol = 1, .header = Bytes(8)});
  put_u8(layer.header, 0, type), put_u8(layer.header, 1, code);
  put_u16(layer.header, 4, id), put_u16(layer.header, 6, sequence);
  return *this;
}
PacketBuilder& PacketBuilder::icmpv6(std::uint8_t type, std::uint8_t code, std::uint16_t id, std::uint16_t sequence) {
  icmp(type, code, id, sequence);
  layers_.back().kind = Kind::icmpv6;
  layers_.back().protocol = 58;
  return *this;
}
PacketBuilder& PacketBuilder::protocol(std::uint8_t number) {
  add({.kind = Kind::announce, .protocol = number});
  return *this;
}

PacketBuilder& PacketBuilder::payload(std::size_t bytes) { return payload(pattern(bytes)); }
PacketBuilder& PacketBuilder::payload(Bytes bytes) {
  add({.kind = Kind::payload, .header = std::move(bytes)});
  return *this;
}
PacketBuilder& PacketBuilder::text(std::string_view payload_text) {
  const auto bytes = std::as_bytes(std::span(payload_text));
  return payload(Bytes(bytes.begin(), bytes.end()));
}

PacketBuilder& PacketBuilder::arp() {
  Layer& layer = add({.kind = Kind::payload, .ether_type = 0x0806, .header = Bytes(28)});
  put_u16(layer.header, 0, 1), put_u16(layer.header, 2, 0x0800);
  put_u8(layer.header, 4, 6), put_u8(layer.header, 5, 4), put_u16(layer.header, 6, 1);
  return *this;
}

PacketBuilder& PacketBuilder::total_length(std::uint16_t length) {
  layers_[last_ip()].false_length = length;
  return *this;
}
PacketBuilder& PacketBuilder::overwrite(std::size_t offset, Bytes bytes) {
  overwrites_.emplace_back(offset, std::move(bytes));
  return *this;
}
PacketBuilder& PacketBuilder::cut(std::size_t captured_bytes) {
  cut_ = captured_bytes;
  return *this;
}
PacketBuilder& PacketBuilder::trailer(std::size_t bytes) {
  trailer_ = bytes;
  return *this;
}
PacketBuilder& PacketBuilder::without_padding() {
  padding_ = false;
  return *this;
}

void PacketBuilder::put_transport_checksum(std::size_t layer, Bytes& segment, std::size_t at) const {
  std::size_t ip_at = layer;
  while (ip_at > 0 && layers_[ip_at].kind != Kind::ipv4 && layers_[ip_at].kind != Kind::ipv6) --ip_at;
  const Layer& ip_layer = layers_[ip_at];
  std::span<const std::byte> addresses;
  if (ip_layer.kind == Kind::ipv4) addresses = std::span(ip_layer.header).subspan(12, 8);
  if (ip_layer.kind == Kind::ipv6) addresses = std::span(ip_layer.header).subspan(8, 32);
  std::uint32_t sum = sum_words(addresses, layers_[layer].protocol + static_cast<std::uint32_t>(segment.size()));
  const std::uint16_t checksum = fold(sum_words(segment, sum));
  // A computed zero goes out as all ones in UDP: zero there means "no checksum" (RFC 768).
  put_u16(segment, at, checksum == 0 && layers_[layer].kind == Kind::udp ? 0xFFFF : checksum);
}

// Puts the header of `layer` in front of what lies inside it and fills the fields that depend on the inside.
void PacketBuilder::put_around(std::size_t layer, Bytes& inner) const {
  const Layer& self = layers_[layer];
  const Layer nothing{.kind = Kind::payload, .header = {}};
  const Layer& next = layer + 1 < layers_.size() ? layers_[layer + 1] : nothing;
  const std::size_t inner_size = inner.size();
  inner.insert(inner.begin(), self.header.begin(), self.header.end());
  switch (self.kind) {
    case Kind::ethernet: put_u16(inner, 12, next.kind == Kind::snap ? inner_size : next.ether_type); break;
    case Kind::vlan: put_u16(inner, 2, next.ether_type); break;
    case Kind::metadata: put_u16(inner, 6, next.ether_type); break;
    case Kind::sll: put_u16(inner, 14, next.ether_type); break;
    case Kind::sll2: put_u16(inner, 0, next.ether_type); break;
    case Kind::snap: put_u16(inner, 6, next.ether_type); break;
    // Address families: 2 is IPv4 everywhere, 30 is IPv6 on macOS.
    case Kind::null_big_endian: put_u8(inner, 3, next.ether_type == 0x86DD ? 30 : 2); break;
    case Kind::null_little_endian: put_u8(inner, 0, next.ether_type == 0x86DD ? 30 : 2); break;
    case Kind::ipv4:
      put_u8(inner, 0, 0x40 | self.header.size() / 4);
      put_u16(inner, 2, self.false_length.value_or(static_cast<std::uint16_t>(inner.size())));
      put_u8(inner, 9, next.protocol);
      put_u16(inner, 10, fold(sum_words(std::span(inner).first(self.header.size()), 0)));
      break;
    case Kind::ipv6:
      put_u16(inner, 4, self.false_length.value_or(static_cast<std::uint16_t>(inner_size)));
      put_u8(inner, 6, next.protocol);
      break;
    case Kind::extension:
    case Kind::authentication: put_u8(inner, 0, next.protocol); break;
    case Kind::tcp:
      put_u8(inner, 12, self.header.size() / 4 << 4);
      put_transport_checksum(layer, inner, 16);
      break;
    case Kind::udp:
      put_u16(inner, 4, inner.size());
      put_transport_checksum(layer, inner, 6);
      break;
    case Kind::sctp: {
      const std::uint32_t crc = crc32c(inner);
      put_u32(inner, 8, __builtin_bswap32(crc));
      break;
    }
    case Kind::icmp: put_u16(inner, 2, fold(sum_words(inner, 0))); break;
    case Kind::icmpv6: put_transport_checksum(layer, inner, 2); break;
    case Kind::mpls: put_u8(inner, 2, std::to_integer<unsigned>(inner[2]) | (next.kind != Kind::mpls)); break;
    case Kind::pppoe: put_u16(inner, 4, inner_size); break;
    case Kind::ppp: {
      const std::size_t protocol = next.ether_type == 0x0800   ? 0x0021
                                   : next.ether_type == 0x86DD ? 0x0057
                                   : next.ether_type == 0x8847 ? 0x0281
                                                               : next.ether_type;
      if (self.header.size() == 1) put_u8(inner, 0, protocol);
      if (self.header.size() > 1) put_u16(inner, self.header.size() - 2, protocol);
      break;
    }
    case Kind::cisco_hdlc: put_u16(inner, 2, next.ether_type); break;
    case Kind::subframe: put_u16(inner, 12, inner_size); break;
    case Kind::gre:
      put_u16(inner, 2, next.ether_type);
      if ((self.header[0] & std::byte{0x80}) != std::byte{}) put_u16(inner, 4, fold(sum_words(inner, 0)));
      break;
    case Kind::vxlan_gpe:
      put_u8(inner, 3,
             next.ether_type == 0x0800   ? 1
             : next.ether_type == 0x86DD ? 2
             : next.ether_type == 0x894F ? 4
             : next.ether_type == 0x8847 ? 5
                                         : 3);
      break;
    case Kind::geneve: put_u16(inner, 2, next.ether_type); break;
    case Kind::l2tp: put_u16(inner, 2, inner.size()); break;
    case Kind::nsh:
      put_u8(inner, 3,
             next.ether_type == 0x0800   ? 1
             : next.ether_type == 0x86DD ? 2
             : next.ether_type == 0x894F ? 4
             : next.ether_type == 0x8847 ? 5
                                         : 3);
      break;
    case Kind::gtp_u: put_u16(inner, 2, inner.size() - 8); break;
    case Kind::control_word:
    case Kind::wireless:
    case Kind::fixed:
    case Kind::announce:
    case Kind::payload: break;
  }
}

Bytes PacketBuilder::assemble(std::size_t first_layer) const {
  Bytes bytes;
  for (std::size_t layer = layers_.size(); layer > first_layer; --layer) put_around(layer - 1, bytes);
  return bytes;
}

Packet PacketBuilder::build() const {
  Packet built{.time = time_, .bytes = assemble(0), .link_type = link_type_};
  built.bytes.resize(built.bytes.size() + trailer_);
  if (padding_ && link_type_ == capture::LinkType::ethernet && built.bytes.size() < kEthernetMinimum) {
    built.bytes.resize(kEthernetMinimum);
  }
  for (const auto& [offset, bytes] : overwrites_) {
    WEIR_CHECK(offset + bytes.size() <= built.bytes.size());
    std::copy(bytes.begin(), bytes.end(), built.bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  built.wire_length = static_cast<std::uint32_t>(built.bytes.size());
  if (cut_ && *cut_ < built.bytes.size()) built.bytes.resize(*cut_);
  return built;
}

std::vector<Packet> PacketBuilder::fragments(std::size_t bytes, std::uint32_t id) const {
  WEIR_CHECK(bytes % 8 == 0 && bytes > 0);
  const std::size_t ip_at = last_ip();
  const Bytes whole = assemble(ip_at + 1);
  WEIR_CHECK(ip_at + 1 < layers_.size());
  PacketBuilder outside = *this;
  outside.layers_.resize(ip_at + 1);
  std::vector<Packet> pieces;
  for (std::size_t offset = 0; offset < whole.size(); offset += bytes) {
    const std::size_t end = std::min(offset + bytes, whole.size());
    PacketBuilder piece = outside;
    piece.fragment(id, static_cast<std::uint16_t>(offset), end < whole.size());
    piece.add({.kind = Kind::payload,
               .protocol = layers_[ip_at + 1].protocol,
               .header = Bytes(whole.begin() + static_cast<std::ptrdiff_t>(offset),
                               whole.begin() + static_cast<std::ptrdiff_t>(end))});
    pieces.push_back(piece.build());
  }
  return pieces;
}

}  // namespace weir::support
