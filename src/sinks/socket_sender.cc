// SPDX-License-Identifier: Apache-2.0
#include "sinks/socket_sender.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/spool_file.h"

namespace weir::sinks {

namespace {

using base::FileDescriptor;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kTcp = "tcp://", kUdp = "udp://", kUnix = "unix:";

base::Error failed(std::string_view doing, int number) {
  return base::Error(fmt::format("{}: {}", doing, std::system_category().message(number)));
}

class SocketSender final : public Sender {
 public:
  explicit SocketSender(SocketConfig config) : config_(std::move(config)), wake_(::eventfd(0, EFD_CLOEXEC)) {}

  SendResult send(std::span<const Record> records) override {
    SendResult result = try_to_send(records);
    if (!result.error) return result;
    result.error = result.error->within(config_.receiver);
    if (!result.hopeless) socket_.reset();
    return result;
  }

  // For good: an outlet that interrupts is about to stop.
  void interrupt() override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(wake_.get(), &one, sizeof one);
  }

  base::Result<> check() override {
    auto connected = connect();
    if (!connected) return base::fail(connected.error().within(config_.receiver));
    return {};
  }

 private:
  SendResult try_to_send(std::span<const Record> records) {
    if (socket_ && peer_is_gone()) socket_.reset();
    if (!socket_) {
      auto connected = connect();
      if (!connected) return {.error = connected.error()};
      socket_.emplace(std::move(*connected));
    }
    return config_.address.is_stream() ? send_stream(records) : send_datagrams(records);
  }

  // All or nothing is confirmed: of what a connection took before it broke, nobody knows what arrived.
  SendResult send_stream(std::span<const Record> records) {
    std::string bytes;
    for (const Record& record : records) bytes += framed(record.text);
    const auto end = Clock::now() + config_.timeout;
    for (std::string_view rest = bytes; !rest.empty();) {
      const ssize_t sent = ::send(socket_->get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        if (auto ready = wait_for(POLLOUT, end, "send"); !ready) return {.error = ready.error()};
      } else if (errno != EINTR) {
        return {.error = failed("send", errno)};
      }
    }
    if (auto acknowledged = wait_for_acknowledgement(end); !acknowledged) return {.error = acknowledged.error()};
    return {.sent = records.size()};
  }

  SendResult send_datagrams(std::span<const Record> records) {
    const auto end = Clock::now() + config_.timeout;
    SendResult result;
    while (result.sent < records.size()) {
      const std::string datagram = framed(records[result.sent].text);
      const ssize_t sent = ::send(socket_->get(), datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) {
        ++result.sent;
        continue;
      }
      if (errno == EINTR) continue;
      if (errno == EMSGSIZE) {
        result.error = base::Error(fmt::format("a message of {} bytes is too large for a datagram", datagram.size()));
        result.hopeless = true;
        return result;
      }
      if (errno != EAGAIN && errno != ENOBUFS) {
        result.error = failed("send", errno);
        break;
      }
      if (auto ready = wait_for(POLLOUT, end, "send"); !ready) {
        result.error = ready.error();
        break;
      }
    }
    // A refusal says that one of them found nobody: which one is not said, so all come again.
    if (config_.address.kind == SocketAddress::Kind::udp) {
      if (const int refused = refusal(); refused != 0) result.error = failed("send", refused);
      if (result.error) result.sent = 0;
    }
    return result;
  }

  std::string framed(const std::string& text) const {
    if (config_.framing == Framing::line) return text + "\n";
    return config_.address.is_stream() ? fmt::format("{} {}", text.size(), text) : text;
  }

  int refusal() const {
    pollfd poll{socket_->get(), 0, 0};
    ::poll(&poll, 1, 5);  // ms; from this host or its net it is there by then
    int number = 0;
    socklen_t size = sizeof number;
    return ::getsockopt(socket_->get(), SOL_SOCKET, SO_ERROR, &number, &size) == 0 ? number : errno;
  }

  base::Result<> wait_for_acknowledgement(Clock::time_point end) const {
    if (config_.address.kind != SocketAddress::Kind::tcp) return {};
    for (auto pause = std::chrono::milliseconds(1);; pause = std::min(pause * 2, std::chrono::milliseconds(50))) {
      int unacknowledged = 0;
      if (::ioctl(socket_->get(), SIOCOUTQ, &unacknowledged) != 0) return base::fail(failed("send", errno));
      if (unacknowledged == 0 && !peer_is_gone()) return {};
      if (peer_is_gone()) return base::fail("the connection was closed by the other side");
      if (Clock::now() >= end) return base::fail("no acknowledgement came in time");
      pollfd wake{wake_.get(), POLLIN, 0};
      if (::poll(&wake, 1, static_cast<int>(pause.count())) > 0) return base::fail("stopped while it waited");
    }
  }

  base::Result<> wait_for(short what, Clock::time_point end, std::string_view doing) const {
    return wait_for(socket_->get(), what, end, doing);
  }

  base::Result<> wait_for(int socket, short what, Clock::time_point end, std::string_view doing) const {
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
      pollfd polls[] = {{socket, what, 0}, {wake_.get(), POLLIN, 0}};
      const int ready = ::poll(polls, 2, static_cast<int>(std::max<decltype(left)>(left, 0)));
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0) return base::fail(failed(doing, errno));
      if (ready == 0) return base::fail(fmt::format("{}: it takes too long", doing));
      if (polls[1].revents != 0) return base::fail("stopped while it waited");
      return {};
    }
  }

  // A stream whose other end closed still takes one piece before it says so; that piece would be lost.
  bool peer_is_gone() const {
    if (!config_.address.is_stream()) return false;
    pollfd poll{socket_->get(), POLLIN | POLLRDHUP, 0};
    return ::poll(&poll, 1, 0) > 0 && (poll.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
  }

  base::Result<FileDescriptor> connect() const {
    const bool local = config_.address.kind == SocketAddress::Kind::unix_stream ||
                       config_.address.kind == SocketAddress::Kind::unix_datagram;
    return local ? connect_unix() : connect_inet();
  }

  base::Result<FileDescriptor> connect_unix() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (config_.address.host.size() >= sizeof address.sun_path) return base::fail("connect: the path is too long");
    std::memcpy(address.sun_path, config_.address.host.c_str(), config_.address.host.size() + 1);
    return connect_to(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }

  base::Result<FileDescriptor> connect_inet() const {
    addrinfo hints{};
    hints.ai_socktype = type();
    addrinfo* list = nullptr;
    const int unknown =
        ::getaddrinfo(config_.address.host.c_str(), std::to_string(config_.address.port).c_str(), &hints, &list);
    if (unknown != 0) return base::fail(std::string("connect: ") + ::gai_strerror(unknown));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, ::freeaddrinfo);
    base::Result<FileDescriptor> last = base::fail("connect: the name has no address");
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
      last = connect_to(one->ai_family, one->ai_addr, one->ai_addrlen);
      if (last) return last;
    }
    return last;
  }

  base::Result<FileDescriptor> connect_to(int family, const sockaddr* address, socklen_t size) const {
    FileDescriptor socket(::socket(family, type() | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket.get() < 0) return base::fail(failed("connect", errno));
    if (::connect(socket.get(), address, size) == 0) return socket;
    if (errno == EAGAIN) return base::fail("connect: the listener's queue is full");
    if (errno != EINPROGRESS) return base::fail(failed("connect", errno));
    if (auto ready = wait_for(socket.get(), POLLOUT, Clock::now() + config_.timeout, "connect"); !ready) {
      return base::fail(ready.error());
    }
    int number = 0;
    socklen_t length = sizeof number;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &number, &length);
    if (number != 0) return base::fail(failed("connect", number));
    return socket;
  }

  int type() const { return config_.address.is_stream() ? SOCK_STREAM : SOCK_DGRAM; }

  const SocketConfig config_;
  const FileDescriptor wake_;
  std::optional<FileDescriptor> socket_;
};

// "HOST:PORT" or "[ADDRESS]:PORT"
std::optional<SocketAddress> inet_address(SocketAddress::Kind kind, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return std::nullopt;
  SocketAddress address{kind, std::string(text.substr(0, colon)), 0};
  const bool bracketed = address.host.starts_with('[') && address.host.ends_with(']');
  if (bracketed) address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty() || (!bracketed && address.host.find_first_of(":/@ ") != std::string::npos))
    return std::nullopt;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || address.port == 0) return std::nullopt;
  return address;
}

}  // namespace

std::string SocketAddress::to_string() const {
  if (kind == Kind::unix_stream || kind == Kind::unix_datagram) return fmt::format("{}{}", kUnix, host);
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}{}:{}", kind == Kind::tcp ? kTcp : kUdp, is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

std::optional<SocketAddress> parse_socket_address(std::string_view text) {
  if (text.starts_with(kUdp)) return inet_address(SocketAddress::Kind::udp, text.substr(kUdp.size()));
  if (text.starts_with(kTcp)) return inet_address(SocketAddress::Kind::tcp, text.substr(kTcp.size()));
  if (!text.starts_with(kUnix) || text.size() == kUnix.size()) return std::nullopt;
  return SocketAddress{SocketAddress::Kind::unix_datagram, std::string(text.substr(kUnix.size())), 0};
}

std::unique_ptr<Sender> make_socket_sender(SocketConfig config) {
  return std::make_unique<SocketSender>(std::move(config));
}

}  // namespace weir::sinks
