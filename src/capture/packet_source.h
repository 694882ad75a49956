// SPDX-License-Identifier: Apache-2.0
// PacketSource: where packets come from: a file, standard input or an interface. One thread calls next(); stats() may be
// called by any thread at any time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "capture/raw_packet.h"

namespace weir::capture {

struct SourceStats {
  std::uint64_t packets = 0;          // handed out
  std::uint64_t wire_bytes = 0;       // of those, as they were on the wire
  std::uint64_t kernel_drops = 0;     // live: packets that the kernel could not keep for us
  std::uint64_t interface_drops = 0;  // live: packets that the interface lost before the kernel saw them
  std::uint64_t position_bytes = 0;   // file: how far the (compressed) file has been read
  std::uint64_t size_bytes = 0;       // file: its size; 0 when unknown (standard input, live)
  std::optional<std::string> damage;  // file: why it ended early, in a sentence ("packet 812 is cut short: ...")
};

class PacketSource {
 public:
  enum class State {
    open,  // more may come; the batch may be empty (a live link that was quiet, a replay that waits for its time)
    end,   // nothing more will come
  };
  struct Batch {
    std::span<const RawPacket> packets;  // in capture order; borrowed until the next call
    State state = State::open;
  };

  virtual ~PacketSource() = default;

  // The next packets, at most a few hundred. Waits for the first of them, but never longer than `patience`.
  // An error is final (the interface vanished, the disk failed); a damaged file is not an error but an early end.
  virtual base::Result<Batch> next(std::chrono::milliseconds patience) = 0;

  virtual SourceStats stats() const = 0;
  virtual bool live() const = 0;
  virtual std::string name() const = 0;  // for people: "eth0", "capture.pcap", "standard input"
};

}  // namespace weir::capture
