// SPDX-License-Identifier: Apache-2.0
// SocketSender against real sockets on this machine: what arrives, and what is not taken for arrived.
#include "sinks/socket_sender.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/spool_file.h"

namespace weir::sinks {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using base::FileDescriptor;
using testing::HasSubstr;
using Kind = SocketAddress::Kind;

const std::vector<Record> kRecords = {{"1", "one"}, {"2", "two, longer"}};

class SocketSenderTest : public testing::Test {
 protected:
  SocketSenderTest() {
    std::string name = (fs::temp_directory_path() / "weir-socket-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~SocketSenderTest() override { fs::remove_all(folder_); }

  // A listener on loopback at a free port.
  FileDescriptor listen(int type, std::uint16_t& port) {
    FileDescriptor socket(::socket(AF_INET, type, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(::listen(socket.get(), 4), 0);
    }
    socklen_t size = sizeof address;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    return socket;
  }

  FileDescriptor listen_unix(int type) {
    FileDescriptor socket(::socket(AF_UNIX, type, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(::listen(socket.get(), 4), 0);
    }
    return socket;
  }

  static std::string read_some(const FileDescriptor& socket) {
    pollfd ready{socket.get(), POLLIN, 0};
    if (::poll(&ready, 1, 5000) <= 0) return "nothing came";
    std::string text(4096, '\0');
    const ssize_t size = ::recv(socket.get(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
  }

  std::unique_ptr<Sender> sender(Kind kind, std::uint16_t port, Framing framing,
                                 std::chrono::milliseconds timeout = 5s) const {
    const bool local = kind == Kind::unix_stream || kind == Kind::unix_datagram;
    return make_socket_sender({.receiver = "the receiver",
                               .address = {kind, local ? path() : "127.0.0.1", port},
                               .framing = framing,
                               .timeout = timeout});
  }
  std::string path() const { return folder_ / "socket"; }

  fs::path folder_;
};

TEST_F(SocketSenderTest, over_tcp_each_record_has_its_length_before_it) {
  std::uint16_t port = 0;
  const FileDescriptor listener = listen(SOCK_STREAM, port);
  const auto sender = this->sender(Kind::tcp, port, Framing::octet_counted);
  EXPECT_TRUE(sender->check());
  const SendResult result = sender->send(kRecords);
  EXPECT_EQ(result.sent, 2u) << (result.error ? result.error->message() : "");
  const FileDescriptor checked(::accept(listener.get(), nullptr, nullptr));
  const FileDescriptor connection(::accept(listener.get(), nullptr, nullptr));
  EXPECT_EQ(read_some(connection), "3 one11 two, longer");
}

TEST_F(SocketSenderTest, over_udp_and_unix_datagrams_each_is_one) {
  std::uint16_t port = 0;
  const FileDescriptor udp = listen(SOCK_DGRAM, port);
  EXPECT_EQ(sender(Kind::udp, port, Framing::octet_counted)->send(kRecords).sent, 2u);
  EXPECT_EQ(read_some(udp), "one");
  EXPECT_EQ(read_some(udp), "two, longer");
  const FileDescriptor local = listen_unix(SOCK_DGRAM);
  EXPECT_EQ(sender(Kind::unix_datagram, 0, Framing::line)->send(kRecords).sent, 2u);
  EXPECT_EQ(read_some(local), "one\n");
}

TEST_F(SocketSenderTest, a_unix_stream_carries_lines_and_is_connected_anew_after_the_other_side_went) {
  auto listener = listen_unix(SOCK_STREAM);
  const auto sender = this->sender(Kind::unix_stream, 0, Framing::line);
  EXPECT_EQ(sender->send(kRecords).sent, 2u);
  {
    const FileDescriptor connection(::accept(listener.get(), nullptr, nullptr));
    EXPECT_EQ(read_some(connection), "one\ntwo, longer\n");
  }
  EXPECT_EQ(sender->send(kRecords).sent, 2u) << "it noticed, and nothing was written into the void";
  const FileDescriptor again(::accept(listener.get(), nullptr, nullptr));
  EXPECT_EQ(read_some(again), "one\ntwo, longer\n");
}

TEST_F(SocketSenderTest, where_nobody_listens_nothing_counts_as_sent) {
  std::uint16_t tcp = 0, udp = 0;
  {
    const FileDescriptor a = listen(SOCK_STREAM, tcp), b = listen(SOCK_DGRAM, udp);
  }
  for (const auto& [kind, port] : std::vector<std::pair<Kind, std::uint16_t>>{
           {Kind::tcp, tcp}, {Kind::udp, udp}, {Kind::unix_stream, 0}, {Kind::unix_datagram, 0}}) {
    const SendResult result = sender(kind, port, Framing::line)->send(kRecords);
    EXPECT_EQ(result.sent, 0u);
    ASSERT_TRUE(result.error);
    EXPECT_THAT(result.error->message(), HasSubstr("the receiver: "));
    EXPECT_FALSE(result.hopeless);
  }
}

TEST_F(SocketSenderTest, a_receiver_that_does_not_read_is_an_error_in_time_and_an_interrupt_ends_the_wait) {
  const FileDescriptor listener = listen_unix(SOCK_STREAM);
  const std::vector<Record> many(200, {"k", std::string(10'000, 'x')});
  const SendResult slow = sender(Kind::unix_stream, 0, Framing::line, 100ms)->send(many);
  EXPECT_EQ(slow.sent, 0u);
  ASSERT_TRUE(slow.error);
  EXPECT_THAT(slow.error->message(), HasSubstr("takes too long"));

  const auto patient = sender(Kind::unix_stream, 0, Framing::line, 60s);
  const auto begin = std::chrono::steady_clock::now();
  std::jthread later([&] {
    std::this_thread::sleep_for(50ms);
    patient->interrupt();
  });
  EXPECT_TRUE(patient->send(many).error);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_F(SocketSenderTest, a_message_that_no_datagram_can_hold_is_hopeless_and_alone) {
  std::uint16_t port = 0;
  const FileDescriptor udp = listen(SOCK_DGRAM, port);
  const std::vector<Record> records = {{"1", "one"}, {"2", std::string(70'000, 'x')}};
  const auto sender = this->sender(Kind::udp, port, Framing::octet_counted);
  SendResult result = sender->send(records);
  EXPECT_TRUE(result.hopeless);
  EXPECT_EQ(result.sent, 1u);
}

TEST(SocketAddresses, they_are_read_as_they_are_written_and_others_refused) {
  for (const char* text : {"udp://log.example.net:514", "tcp://[2001:db8::1]:601", "unix:/dev/log"}) {
    const auto address = parse_socket_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  for (const char* text : {"", "udp://", "udp://host", "udp://host:0", "udp://host:65536", "udp://:514", "host:514",
                           "tcp://user@host:1", "tcp://2001:db8::1:601", "unix:", "tcp://[]:1", "udp://host:5x"}) {
    EXPECT_FALSE(parse_socket_address(text)) << text;
  }
}

}  // namespace
}  // namespace weir::sinks
