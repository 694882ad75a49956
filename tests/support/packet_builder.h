// SPDX-License-Identifier: Apache-2.0
// Test packets in words, outermost layer first:
//
//   packet().at_us(5).ethernet().vlan(7).ipv4("10.0.0.1", "10.0.0.2").tcp(51515, 443, SYN).payload(100).build()
//
// Lengths, next-protocol fields, checksums and Ethernet's minimum of 60 bytes are right by default; whoever wants them
// wrong says so (total_length(), overwrite(), cut()). A builder is a value: keep a half-built one and go on from copies.
// Layers nest as they are written, so tunnels are only more words. Not for hot paths: it allocates freely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "capture/raw_packet.h"

namespace weir::support {

using Bytes = std::vector<std::byte>;

// TCP flags, written as the RFCs write them.
inline constexpr std::uint8_t FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20, ECE = 0x40,
                              CWR = 0x80;

// A finished packet that owns its bytes.
struct Packet {
  base::Timestamp time;
  Bytes bytes;
  std::uint32_t wire_length = 0;
  capture::LinkType link_type = capture::LinkType::raw;

  capture::RawPacket raw() const;  // borrows this packet
};

class PacketBuilder {
 public:
  PacketBuilder& at(base::Timestamp time);
  PacketBuilder& at_us(std::int64_t us);

  // Link layers. Without any, the packet is LINKTYPE_RAW: it begins with its IP header.
  PacketBuilder& ethernet();
  PacketBuilder& vlan(std::uint16_t id, std::uint16_t tag_protocol = 0x8100);  // 0x88A8: the outer tag of QinQ
  PacketBuilder& sll();                                                        // Linux cooked capture
  PacketBuilder& sll2();
  PacketBuilder& null_loopback(bool big_endian = false);  // BSD loopback, in the byte order of its writer
  PacketBuilder& loop();                                  // OpenBSD loopback
  PacketBuilder& snap();                                  // IEEE 802.3 length, LLC and SNAP header
  PacketBuilder& security_group(std::uint16_t tag);       // Cisco's metadata, between Ethernet and IP
  PacketBuilder& mpls(std::uint32_t label);               // the last of a stack is marked as its bottom
  PacketBuilder& control_word();                          // of a pseudowire, between MPLS and Ethernet
  PacketBuilder& pppoe(std::uint16_t session);            // a session's packet; ppp() follows
  PacketBuilder& ppp(bool compressed = false);      // compressed: one byte of protocol; without a link: LINKTYPE_PPP
  PacketBuilder& ppp_hdlc();                        // address and control in front
  PacketBuilder& cisco_hdlc();
  PacketBuilder& radiotap(std::uint8_t flags = 0);  // with time stamp and flags
  PacketBuilder& wifi(std::uint16_t frame_control = 0x0108);  // 802.11: data towards the access point; snap() follows
  PacketBuilder& subframe();                                  // of an A-MSDU (QoS frames: 0x0188)
  PacketBuilder& ether_type(std::uint16_t type);              // what Ethernet announces for the payload() that follows

  // Network layers.
  PacketBuilder& ipv4(std::string_view src, std::string_view dst);
  PacketBuilder& ipv6(std::string_view src, std::string_view dst);
  PacketBuilder& ip(std::string_view src, std::string_view dst);  // the version that the addresses have
  PacketBuilder& ip_options(std::size_t bytes);                   // IPv4: no-operation options, rounded up to words
  PacketBuilder& ip_id(std::uint16_t id);
  PacketBuilder& ttl(std::uint8_t hops);
  PacketBuilder& hop_by_hop(std::size_t bytes = 8);               // IPv6 extension headers
  PacketBuilder& routing(std::size_t bytes = 24);
  PacketBuilder& destination_options(std::size_t bytes = 8);
  PacketBuilder& authentication_header();                         // both IP versions
  // Makes this packet a fragment: `offset` in bytes, a multiple of 8. IPv4: fields; IPv6: an extension header.
  PacketBuilder& fragment(std::uint32_t id, std::uint16_t offset, bool more);

  // Tunnels, between an outer packet and an inner one. VXLAN, Geneve, GTP-U and Teredo go over udp().
  PacketBuilder& gre();
  PacketBuilder& gre_key(std::uint32_t key);
  PacketBuilder& gre_sequence(std::uint32_t number);
  PacketBuilder& gre_checksum();
  PacketBuilder& pptp(std::uint16_t call);  // GRE version 1; ppp() follows
  PacketBuilder& erspan1();                 // each brings its own GRE header; ethernet() follows
  PacketBuilder& erspan2(std::uint16_t session, std::uint16_t removed_vlan = 0);
  PacketBuilder& erspan3(std::uint16_t session, bool platform_header = false);
  PacketBuilder& vxlan(std::uint32_t network);
  PacketBuilder& vxlan_policy(std::uint32_t network, std::uint16_t group);
  PacketBuilder& vxlan_gpe(std::uint32_t network);
  PacketBuilder& geneve(std::uint32_t network, std::size_t option_words = 0);
  PacketBuilder& gtp_u(std::uint32_t endpoint);
  PacketBuilder& gtp_extension(std::size_t words = 1);  // of the last gtp_u()
  PacketBuilder& teredo_authentication();               // indicators in front of Teredo's IPv6
  PacketBuilder& teredo_origin();
  PacketBuilder& etherip();                             // ethernet() follows
  // Of L2TP's version 2, over udp(); ppp() follows. `more`: with length, sequence numbers and 3 bytes of offset.
  PacketBuilder& l2tp(std::uint16_t session, bool more = false);
  // Of its version 3, over ip() or, with another header in front, over udp(); a frame, IP or PPP follows.
  PacketBuilder& l2tp3(std::uint32_t session, std::size_t cookie_bytes = 0, bool over_udp = false);
  PacketBuilder& nsh(std::size_t metadata_words = 4);  // 4: of a fixed kind; others: of the variable one

  // Transport layers.
  PacketBuilder& tcp(std::uint16_t src_port, std::uint16_t dst_port, std::uint8_t flags);
  PacketBuilder& seq(std::uint32_t number);
  PacketBuilder& ack(std::uint32_t number);
  PacketBuilder& window(std::uint16_t raw);
  PacketBuilder& tcp_options(std::size_t bytes);  // no-operation options, rounded up to words
  PacketBuilder& udp(std::uint16_t src_port, std::uint16_t dst_port);
  PacketBuilder& sctp(std::uint16_t src_port, std::uint16_t dst_port);
  PacketBuilder& icmp(std::uint8_t type, std::uint8_t code = 0, std::uint16_t id = 0, std::uint16_t sequence = 0);
  PacketBuilder& icmpv6(std::uint8_t type, std::uint8_t code = 0, std::uint16_t id = 0, std::uint16_t sequence = 0);
  PacketBuilder& protocol(std::uint8_t number);  // what IP announces for the payload() that follows

  PacketBuilder& payload(std::size_t bytes);     // that many bytes of a fixed pattern
  PacketBuilder& payload(Bytes bytes);
  PacketBuilder& text(std::string_view payload);
  PacketBuilder& arp();                          // a whole who-has request

  // Wrong on purpose.
  PacketBuilder& total_length(std::uint16_t length);          // what the last IP header says of its length
  PacketBuilder& overwrite(std::size_t offset, Bytes bytes);  // after all else was computed
  PacketBuilder& cut(std::size_t captured_bytes);             // snap length
  PacketBuilder& trailer(std::size_t bytes);                  // bytes that follow the IP packet
  PacketBuilder& without_padding();                           // Ethernet frames may be shorter than 60 bytes

  Packet build() const;
  // The same packet as the fragments that a path would make of it: at most `bytes` of IP payload each.
  std::vector<Packet> fragments(std::size_t bytes, std::uint32_t id) const;

 private:
  enum class Kind {
    ethernet,
    vlan,
    sll,
    sll2,
    null_big_endian,
    null_little_endian,
    snap,
    metadata,
    mpls,
    control_word,
    pppoe,
    ppp,
    cisco_hdlc,
    wireless,
    subframe,
    gre,
    vxlan_gpe,
    geneve,
    gtp_u,
    l2tp,
    nsh,
    fixed,
    announce,
    ipv4,
    ipv6,
    extension,
    authentication,
    tcp,
    udp,
    sctp,
    icmp,
    icmpv6,
    payload,
  };
  struct Layer {
    Kind kind;
    std::uint16_t ether_type = 0;  // how an outer link layer names this one
    std::uint8_t protocol = 59;    // how an outer IP layer names this one
    Bytes header = {};             // complete but for lengths, checksum and what follows
    std::optional<std::uint16_t> false_length = std::nullopt;
  };

  PacketBuilder& link(capture::LinkType type, Kind kind, std::size_t header_bytes);
  PacketBuilder& extension(std::uint8_t number, std::size_t bytes);
  Layer& add(Layer layer);
  Layer& last(Kind kind);
  std::size_t last_ip() const;
  Bytes assemble(std::size_t first_layer) const;
  void put_around(std::size_t layer, Bytes& inner) const;
  void put_transport_checksum(std::size_t layer, Bytes& segment, std::size_t at) const;

  base::Timestamp time_{};
  capture::LinkType link_type_ = capture::LinkType::raw;
  std::vector<Layer> layers_;
  std::vector<std::pair<std::size_t, Bytes>> overwrites_;
  std::optional<std::size_t> cut_;
  std::size_t trailer_ = 0;
  bool padding_ = true;
};

inline PacketBuilder packet() { return {}; }

}  // namespace weir::support
