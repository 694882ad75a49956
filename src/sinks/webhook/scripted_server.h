// SPDX-License-Identifier: Apache-2.0
// For tests: an HTTP server on loopback that answers one request after the other as it was told, and keeps what it was asked.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace weir::sinks {

class ScriptedServer {
 public:
  struct Request {
    std::string head, body;

    std::string header(const std::string& name) const {
      const auto at = head.find("\r\n" + name + ": ");
      if (at == head.npos) return {};
      const auto begin = at + name.size() + 4;
      return head.substr(begin, head.find("\r\n", begin) - begin);
    }
  };

  // "204": the status; more lines of the head may follow. "silence": nothing, until the other side goes.
  explicit ScriptedServer(std::vector<std::string> answers, std::string body = "")
      : answers_(std::move(answers)), body_(std::move(body)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  ~ScriptedServer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }

  std::string url(const std::string& path = "/hook") const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }

  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  bool readable(int fd) const {
    while (!stopping_) {
      pollfd wanted{fd, POLLIN, 0};
      if (::poll(&wanted, 1, 20) > 0) return true;
    }
    return false;
  }

  void serve() {
    while (readable(listener_)) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      while (answer_one(connection)) {
      }
      ::close(connection);
    }
  }

  bool answer_one(int connection) {
    std::string text;
    std::size_t head = text.npos, wanted = 0;
    char buffer[65536];
    while (head == text.npos || text.size() < wanted) {
      if (!readable(connection)) return false;
      const ssize_t size = ::recv(connection, buffer, sizeof buffer, 0);
      if (size <= 0) return false;
      text.append(buffer, static_cast<std::size_t>(size));
      if (head != text.npos || (head = text.find("\r\n\r\n")) == text.npos) continue;
      const Request request{text.substr(0, head + 2), {}};
      wanted = head + 4 + std::strtoul(request.header("Content-Length").c_str(), nullptr, 10);
    }
    std::string answer = "204";
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back({text.substr(0, head + 2), text.substr(head + 4)});
      if (next_ < answers_.size()) answer = answers_[next_++];
    }
    if (answer == "silence") {
      while (readable(connection) && ::recv(connection, buffer, sizeof buffer, 0) > 0) {
      }
      return false;
    }
    const std::string status = answer.substr(0, 3), more = answer.substr(3);
    const std::string sent = fmt::format("HTTP/1.1 {} x{}\r\nContent-Length: {}\r\n\r\n{}", status, more,
                                         status == "204" ? 0 : body_.size(), status == "204" ? "" : body_);
    return ::send(connection, sent.data(), sent.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(sent.size());
  }

  const std::vector<std::string> answers_;
  const std::string body_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;

  mutable std::mutex mutex_;
  std::size_t next_ = 0;
  std::vector<Request> requests_;

  std::thread thread_;
};

}  // namespace weir::sinks
