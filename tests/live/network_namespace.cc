// SPDX-License-Identifier: Apache-2.0
#include "tests/live/network_namespace.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "base/check.h"

namespace weir::live {

namespace {

// The settings under /proc/sys/net are those of the namespace of the thread that opens them.
void switch_ipv6_off() {
  for (const char* which : {"all", "default"}) {
    std::ofstream("/proc/sys/net/ipv6/conf/" + std::string(which) + "/disable_ipv6") << 1;
  }
}

int packet_socket_on(const char* interface) {
  const int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface));
  WEIR_CHECK(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return descriptor;
}

}  // namespace

std::unique_ptr<TwoNamespaces> TwoNamespaces::create(std::string& why) {
  std::unique_ptr<TwoNamespaces> two(new TwoNamespaces);
  return two->set_up(why) ? std::move(two) : nullptr;
}

bool TwoNamespaces::set_up(std::string& why) {
  if (geteuid() != 0) return why = "needs root: it makes network namespaces", false;
  if (unshare(CLONE_NEWNET) != 0) return why = "this machine allows no network namespaces", false;
  if (!ip("-V >/dev/null")) return why = "needs the program `ip` (package iproute2)", false;
  switch_ipv6_off();

  far_ = std::thread([this] { serve(); });
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return far_thread_id_ != 0; });
  }
  if (far_thread_id_ < 0) return why = "this machine allows no second network namespace", false;
  const bool joined = ip("link add weir-rx type veth peer name weir-tx") &&
                      ip("link set weir-tx netns " + std::to_string(far_thread_id_)) && ip("link set weir-rx up");
  if (!joined) return why = "this machine has no veth interfaces", false;
  run([this] {
    WEIR_CHECK(ip("link set weir-tx up"));
    far_socket_ = packet_socket_on("weir-tx");
  });
  return true;
}

TwoNamespaces::~TwoNamespaces() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (far_.joinable()) far_.join();
  if (far_socket_ >= 0) close(far_socket_);
}

void TwoNamespaces::serve() {
  const bool apart = unshare(CLONE_NEWNET) == 0;
  if (apart) switch_ipv6_off();
  std::unique_lock lock(mutex_);
  far_thread_id_ = apart ? gettid() : -1;
  changed_.notify_all();
  while (!stopping_) {
    changed_.wait(lock, [this] { return stopping_ || job_; });
    if (job_) std::exchange(job_, nullptr)();
    changed_.notify_all();
  }
}

void TwoNamespaces::run(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  job_ = std::move(job);
  changed_.notify_all();
  changed_.wait(lock, [this] { return !job_; });
}

void TwoNamespaces::send(std::span<const support::Packet> frames) {
  run([this, frames] {
    for (const support::Packet& frame : frames) {
      WEIR_CHECK(::send(far_socket_, frame.bytes.data(), frame.bytes.size(), 0) ==
                 static_cast<ssize_t>(frame.bytes.size()));
    }
  });
}

bool TwoNamespaces::ip(const std::string& arguments) {
  return system(("ip " + arguments + " 2>/dev/null").c_str()) == 0;
}

}  // namespace weir::live
