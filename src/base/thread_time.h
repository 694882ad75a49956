// SPDX-License-Identifier: Apache-2.0
// Processor time of the calling thread since it began: what its work costs, whatever else the machine does. A system call of
// some 200 ns: once a batch, never once a packet.
#pragma once

#include <chrono>
#include <ctime>

namespace weir::base {

inline std::chrono::nanoseconds thread_cpu_time() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

}  // namespace weir::base
