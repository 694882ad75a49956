// SPDX-License-Identifier: Apache-2.0
// SocketSender: records to a listener, by TCP, UDP or a unix socket; connects by itself, and anew when the connection is gone.
//
// What counts as confirmed, for none of these has an answer of its own: over TCP, that the receiver's kernel acknowledged it; over a
// unix socket, that it is in the receiver's buffer; over UDP, that it was sent and no refusal came back. A datagram that is too
// large for the socket is hopeless.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sinks/sender.h"

namespace weir::sinks {

struct SocketAddress {
  enum class Kind : std::uint8_t { unix_stream, unix_datagram, tcp, udp };
  Kind kind = Kind::udp;
  std::string host;  // or the path of a unix socket
  std::uint16_t port = 0;

  bool is_stream() const { return kind == Kind::tcp || kind == Kind::unix_stream; }
  std::string to_string() const;  // as parse_socket_address() takes it
};

// "udp://HOST:PORT", "tcp://HOST:PORT", "unix:PATH" (datagrams, as /dev/log takes them); an IPv6 address stands in brackets.
std::optional<SocketAddress> parse_socket_address(std::string_view text);

// How a receiver tells records apart.
enum class Framing : std::uint8_t {
  line,          // each ends with a line's end, in a datagram too
  octet_counted  // in a stream each has its length before it (RFC 6587); a datagram is one record
};

struct SocketConfig {
  std::string receiver;  // for errors: "syslog tcp://log.example.net:601"
  SocketAddress address;
  Framing framing = Framing::line;
  std::chrono::milliseconds timeout{5000};
};

std::unique_ptr<Sender> make_socket_sender(SocketConfig config);

}  // namespace weir::sinks
