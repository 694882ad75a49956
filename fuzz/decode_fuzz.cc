// SPDX-License-Identifier: Apache-2.0
// Any bytes as packets of any link type, several in a row through one decoder, so that fragments meet.
// Input: per packet 1 byte link type, 2 bytes captured length, 2 bytes more on the wire, then the bytes.
#include <cstdint>
#include <tuple>
#include <vector>

#include "base/byte_reader.h"
#include "base/check.h"
#include "decode/decoder.h"

namespace {

using weir::capture::LinkType;
using weir::capture::RawPacket;

// New ones at the end: the corpus names them by their place.
constexpr LinkType kLinkTypes[] = {LinkType::ethernet,  LinkType::null,       LinkType::loop, LinkType::linux_sll,
                                   LinkType::raw,       LinkType::linux_sll2, LinkType::ipv4, LinkType::ipv6,
                                   LinkType::radiotap,  LinkType::ieee802_11, LinkType::ppp,  LinkType::ppp_hdlc,
                                   LinkType::ppp_ether, LinkType::cisco_hdlc};

void check(const weir::decode::PacketView& view) {
  WEIR_CHECK(view.payload_bytes <= view.ip_bytes);
  WEIR_CHECK(view.l4_header_bytes <= 60);
  WEIR_CHECK(view.ip_version == 4 || view.ip_version == 6);
}

auto facts(const weir::decode::PacketView& v) {
  return std::tie(v.time, v.src, v.dst, v.ip_bytes, v.payload_bytes, v.tunnel_id, v.vlan, v.src_port, v.dst_port,
                  v.l4_header_bytes, v.tcp_window, v.tcp_seq, v.tcp_ack, v.ip_version, v.protocol, v.tcp_flags,
                  v.icmp_type, v.icmp_code, v.later_fragment);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Few sets: made anew for each input, and soon full.
  const weir::decode::DecoderOptions options{.fragment_sets = 2, .waiting_fragments = 1};
  weir::decode::Decoder decoder(options), walker(options);
  weir::base::ByteReader input(std::as_bytes(std::span(data, size)));
  for (std::int64_t time = 0; input.remaining() > 0 && time < 100; ++time) {
    const LinkType link_type = kLinkTypes[input.u8() % std::size(kLinkTypes)];
    const std::size_t wanted = input.u16();
    const std::size_t cut_off = input.u16();
    // A copy of its own: AddressSanitizer sees a read that goes one byte too far.
    const auto rest = input.rest().first(std::min(wanted, input.remaining()));
    const std::vector<std::byte> bytes(rest.begin(), rest.end());
    input.skip(rest.size());
    weir::decode::PacketView view, walked;
    const RawPacket packet{.time = weir::base::from_us(time * 1'000'000),
                           .data = bytes.data(),
                           .captured_length = static_cast<std::uint32_t>(bytes.size()),
                           .wire_length = static_cast<std::uint32_t>(bytes.size() + cut_off),
                           .link_type = link_type};
    // The shortcut for common packets sees what the walk sees.
    const auto outcome = decoder.decode(packet, view);
    WEIR_CHECK(outcome == walker.decode_by_walk(packet, walked));
    if (outcome != weir::decode::RejectReason::none) continue;
    check(view);
    WEIR_CHECK(facts(view) == facts(walked));
  }
  const auto& stats = decoder.stats();
  WEIR_CHECK(stats.packets == stats.accepted + stats.rejected() && stats.waiting == 0);
  WEIR_CHECK(stats.orphan_fragments <= stats.later_fragments);
  return 0;
}
