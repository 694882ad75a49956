// SPDX-License-Identifier: Apache-2.0
// A client that sends exactly the bytes it is told, so that tests can be rude; and a server to talk to.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "api/fakes.h"
#include "api/server.h"

namespace weir::api {

inline constexpr std::chrono::seconds kPatience{20};  // sanitizers on a busy machine

class TestClient {
 public:
  // A small receive buffer makes a client slow without megabytes of data.
  explicit TestClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The socket API's own way of passing addresses.
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~TestClient() { ::close(fd_); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  bool get(std::string_view target, std::string_view more = "") {
    return send("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) + "\r\n");
  }

  // One whole response with a Content-Length; empty when the connection ended before.
  std::string response(bool has_body = true) {
    if (!read_until("\r\n\r\n")) return {};
    const std::size_t head = received_.find("\r\n\r\n") + 4;
    const std::size_t at = received_.find("Content-Length: ");
    const std::size_t length = at < head && has_body ? std::stoul(received_.substr(at + 16)) : 0;
    while (received_.size() < head + length) {
      if (!read_more()) return {};
    }
    std::string result = received_.substr(0, head + length);
    received_.erase(0, head + length);
    return result;
  }

  // True once `text` is among what was received and not yet taken.
  bool read_until(std::string_view text) {
    while (received_.find(text) == received_.npos) {
      if (!read_more()) return false;
    }
    return true;
  }

  bool read_until_times(std::string_view text, int times) {
    const auto count = [&] {
      int n = 0;
      for (std::size_t at = 0; (at = received_.find(text, at)) != received_.npos; ++at) ++n;
      return n;
    };
    while (count() < times) {
      if (!read_more()) return false;
    }
    return true;
  }

  // True when the server closes within the patience of a test; what comes before is kept in received().
  bool is_closed() {
    while (read_more()) {
    }
    return closed_;
  }

  const std::string& received() const { return received_; }
  void forget() { received_.clear(); }

 private:
  bool read_more() {
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) != 1) return false;
    char bytes[16384];
    const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
    closed_ = count <= 0;
    if (closed_) return false;
    received_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  const int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string received_;
};

// Asks again and again: for what happens on the server's own time.
template <class Condition>
bool comes_true(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class ServerFixture : public testing::Test {
 protected:
  void TearDown() override {
    release_ = true;
    server_.reset();
  }

  void start(ServerConfig config = {}) {
    config.port = 0;
    config.users = &users_;
    auto server = Server::start(std::move(config), store_, status_, hub_, suppressions_);
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
  }

  std::string get(std::string_view target, std::string_view more = "") {
    TestClient client(server_->port());
    client.get(target, more);
    return client.response();
  }

  // From now on a question for a list of detections waits for release_; held_ counts them.
  void hold_queries() {
    store_.before_find = [this] {
      ++held_;
      while (!release_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
  }

  std::atomic<int> held_ = 0;
  std::atomic<bool> release_ = false;
  FakeUsers users_;
  FakeStore store_;
  FakeStatus status_;
  EventHub hub_{EventHub::Capacity{}, 1};
  alerting::Suppressions suppressions_;
  std::unique_ptr<Server> server_;
};

inline std::string status_line(std::string_view response) {
  return std::string(response.substr(0, response.find("\r\n")));
}

}  // namespace weir::api
