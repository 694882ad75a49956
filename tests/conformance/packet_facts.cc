// SPDX-License-Identifier: Apache-2.0
// What the decoder makes of each packet of a capture, one line each, fields separated by tabs:
//
//   packet_facts FILE
//   time_us  accepted|REASON  source  port  destination  port  protocol  ip_bytes  tunnel_id  vlan (-1: none)
//
// Fragments do not wait here: each line is the packet at its place in the file.
#include <cstdio>

#include "capture/pcap/open_file.h"
#include "decode/decoder.h"

namespace {

using namespace weir;

void print(const capture::RawPacket& packet, decode::RejectReason reason, const decode::PacketView& view) {
  const auto time = static_cast<long long>(base::to_us(packet.time));
  if (reason != decode::RejectReason::none) {
    std::printf("%lld\t%s\n", time, std::string(name(reason)).c_str());
    return;
  }
  std::printf("%lld\taccepted\t%s\t%d\t%s\t%d\t%d\t%u\t%u\t%d\n", time, view.src.to_string().c_str(), view.src_port,
              view.dst.to_string().c_str(), view.dst_port, view.protocol, view.ip_bytes, view.tunnel_id,
              view.vlan == decode::kNoVlan ? -1 : view.vlan);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::fputs("usage: packet_facts FILE\n", stderr), 2;
  auto source = capture::pcap::open_file(arguments[1]);
  if (!source) return std::fprintf(stderr, "%s\n", source.error().message().c_str()), 1;
  decode::Decoder decoder;
  for (auto state = capture::PacketSource::State::open; state == capture::PacketSource::State::open;) {
    const auto batch = (*source)->next(std::chrono::seconds(1));
    if (!batch) return std::fprintf(stderr, "%s\n", batch.error().message().c_str()), 1;
    state = batch->state;
    for (const capture::RawPacket& packet : batch->packets) {
      decode::PacketView view;
      const auto reason = decoder.decode(packet, view);
      print(packet, reason, view);
    }
  }
  return 0;
}
