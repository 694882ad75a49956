// SPDX-License-Identifier: Apache-2.0
// Sender: how one kind of sink hands records to its receiver. Queueing, retries and counting
// are not its work.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace weir::sinks {

struct Record {
  std::string key;   // the same for the same record, also after a restart: by it a receiver knows what came twice
  std::string text;  // the rendered event
};

struct SendResult {
  std::size_t sent = 0;   // the first so many records are confirmed
  std::optional<base::Error> error = {};
  bool hopeless = false;  // the next record can never be taken: to be counted and skipped
  std::optional<std::chrono::milliseconds> retry_after = {};  // the pause that the receiver asked for
};

class Sender {
 public:
  virtual ~Sender() = default;

  // Blocks until the receiver has confirmed, as far as its protocol does so, or refused. One thread.
  virtual SendResult send(std::span<const Record> records) = 0;
  // From any thread: a send() that waits returns soon.
  virtual void interrupt() = 0;
  // Whether the receiver can be reached; it sees nothing of it.
  virtual base::Result<> check() = 0;
};

}  // namespace weir::sinks
