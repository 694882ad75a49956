// SPDX-License-Identifier: Apache-2.0
// A conversation between one client and one server, told packet by packet, with right sequence numbers:
//
//   Talk().client(SYN).server(SYN | ACK).client(ACK).client(ACK | PSH, 100).wait(2s).server(FIN | ACK)
//
// Each packet comes 1 ms after the one before it, or after what wait() adds. The framing (Ethernet, VLAN, ...) can be chosen.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/packet_builder.h"

namespace weir::golden {

using support::ACK, support::CWR, support::ECE, support::FIN, support::PSH, support::RST, support::SYN, support::URG;
using namespace std::chrono_literals;

// Half past nine on some morning, in the middle of a tick of 10 s.
inline constexpr std::int64_t kStartUs = 1'700'000'005'000'000;

struct TalkOptions {
  int ip_version = 4;
  std::uint16_t client_port = 51515;
  std::uint16_t server_port = 443;
  std::string network = "2001:db8:";  // of IPv6
  std::function<support::PacketBuilder()> framing = [] { return support::packet().ethernet(); };
};

class Talk {
 public:
  explicit Talk(TalkOptions options = {}) : options_(std::move(options)) {}

  Talk& wait(std::chrono::microseconds time) {
    now_us_ += time.count();
    return *this;
  }
  // The next packet comes exactly so long after the one before.
  Talk& after(std::chrono::microseconds time) { return wait(time - step_); }

  // TCP.
  Talk& client(std::uint8_t flags, std::size_t payload = 0) { return tcp(client_, server_, flags, payload); }
  Talk& server(std::uint8_t flags, std::size_t payload = 0) { return tcp(server_, client_, flags, payload); }
  Talk& handshake() { return client(SYN).server(SYN | ACK).client(ACK); }
  Talk& close() { return client(FIN | ACK).server(FIN | ACK).client(ACK); }
  Talk& client_window(std::uint16_t window) { return client_.window = window, *this; }
  Talk& server_window(std::uint16_t window) { return server_.window = window, *this; }
  // A connection of its own on the same ports: new sequence numbers.
  Talk& new_connection() {
    client_.seq += 1'000'000;
    server_.seq += 1'000'000;
    return *this;
  }
  Talk& client_sends_again(std::uint8_t flags, std::size_t payload) {
    client_.seq -= static_cast<std::uint32_t>(payload);
    return client(flags, payload);
  }

  Talk& client_udp(std::size_t payload) { return udp(client_, server_, payload); }
  Talk& server_udp(std::size_t payload) { return udp(server_, client_, payload); }
  Talk& ping(std::size_t payload) { return icmp(client_, server_, options_.ip_version == 4 ? 8 : 128, payload); }
  Talk& pong(std::size_t payload) { return icmp(server_, client_, options_.ip_version == 4 ? 0 : 129, payload); }

  // Changes the time of the newest packet only.
  Talk& stamped_earlier(std::chrono::microseconds by) {
    packets_.back().time -= by;
    return *this;
  }

  const std::vector<support::Packet>& packets() const { return packets_; }

 private:
  static constexpr std::chrono::microseconds step_ = 1ms;

  struct Side {
    std::string address;
    std::uint16_t port;
    std::uint32_t seq;
    std::uint16_t window = 64000;
  };

  support::PacketBuilder from(const Side& sender, const Side& receiver) {
    support::PacketBuilder builder = options_.framing();
    builder.at_us(now_us_).ip(sender.address, receiver.address);
    now_us_ += step_.count();
    return builder;
  }
  Talk& take(const support::PacketBuilder& builder) { return packets_.push_back(builder.build()), *this; }

  Talk& tcp(Side& sender, Side& receiver, std::uint8_t flags, std::size_t payload) {
    auto builder = from(sender, receiver);
    builder.tcp(sender.port, receiver.port, flags).seq(sender.seq).window(sender.window);
    if (flags & ACK) builder.ack(receiver.seq);
    if (flags & SYN) builder.tcp_options(20);
    if (payload > 0) builder.payload(payload);
    sender.seq += static_cast<std::uint32_t>(payload) + ((flags & SYN) != 0) + ((flags & FIN) != 0);
    return take(builder);
  }
  Talk& udp(const Side& sender, const Side& receiver, std::size_t payload) {
    return take(from(sender, receiver).udp(sender.port, receiver.port).payload(payload));
  }
  Talk& icmp(const Side& sender, const Side& receiver, std::uint8_t type, std::size_t payload) {
    auto builder = from(sender, receiver);
    options_.ip_version == 4 ? builder.icmp(type, 0, options_.client_port)
                             : builder.icmpv6(type, 0, options_.client_port);
    return take(builder.payload(payload));
  }

  const TalkOptions options_;
  Side client_{options_.ip_version == 4 ? std::string("198.18.0.5") : options_.network + ":5", options_.client_port,
               4'294'967'000U};
  Side server_{options_.ip_version == 4 ? std::string("198.18.0.9") : options_.network + ":9", options_.server_port,
               7000};
  std::int64_t now_us_ = kStartUs;
  std::vector<support::Packet> packets_;
};

}  // namespace weir::golden
