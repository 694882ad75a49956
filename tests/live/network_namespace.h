// SPDX-License-Identifier: Apache-2.0
// A network of two namespaces for one test: the calling thread moves into a fresh one, a second one hangs on a helper thread,
// and a veth pair joins them:
//
//   this thread: weir-rx  <----veth---->  weir-tx :the sending thread
//
// Nothing in them has an address or a way out, IPv6 is off (the kernel would send packets of its own), and both vanish with
// their threads and the test's process, also after a crash. Needs root.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/packet_builder.h"

namespace weir::live {

class TwoNamespaces {
 public:
  // Null, and `why` says what is missing, when this user or machine cannot make namespaces.
  static std::unique_ptr<TwoNamespaces> create(std::string& why);
  ~TwoNamespaces();

  // Puts these frames, as they are, on the wire at the far end. Returns when the kernel has them all.
  void send(std::span<const support::Packet> frames);

  // Runs an `ip` command in the namespace of the calling thread. False when it fails.
  static bool ip(const std::string& arguments);

 private:
  TwoNamespaces() = default;
  bool set_up(std::string& why);
  void serve();
  void run(std::function<void()> job);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> job_;  // for the far thread; empty when it is done
  bool stopping_ = false;
  int far_thread_id_ = 0;      // 0: not there yet; negative: could not be made
  int far_socket_ = -1;
  std::thread far_;
};

}  // namespace weir::live
