// SPDX-License-Identifier: Apache-2.0
// Format: how packets lie in the bytes of a capture. A format only looks at the bytes that it is shown and never asks for
// any, so that it can be tested and fuzzed with a span alone. It borrows: the packets point into the window.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "capture/raw_packet.h"

namespace weir::capture::pcap {

// libpcap's own limit. A record that claims more is damage.
inline constexpr std::uint32_t kLargestPacket = 262144;
// The length on the wire, as far as it can be true: at least what was captured; and no network has frames of more than 16 MiB
// (offloads make segments of up to 512 KiB), so such a claim counts for nothing.
constexpr std::uint32_t wire_length(std::uint32_t captured, std::uint32_t claimed) {
  constexpr std::uint32_t kLargest = std::uint32_t{1} << 24;
  return claimed > kLargest ? captured : std::max(claimed, captured);
}

// The packets of one step. Large enough that the cost per batch vanishes, small enough to stay in the first-level cache.
class PacketList {
 public:
  static constexpr std::size_t kCapacity = 256;

  bool full() const { return size_ == kCapacity; }
  void clear() { size_ = 0; }
  void add(const RawPacket& packet) { packets_[size_++] = packet; }
  std::span<const RawPacket> view() const { return std::span(packets_).first(size_); }

 private:
  std::size_t size_ = 0;
  std::array<RawPacket, kCapacity> packets_;
};

class Format {
 public:
  virtual ~Format() = default;

  struct Parsed {
    std::size_t consumed = 0;  // bytes of the window that are done with
    std::optional<std::string> damage =
        std::nullopt;          // nothing behind this place can be trusted: the capture ends here
  };
  // Appends the whole packets of the window, until the list is full, the window has no further whole record, or damage.
  // `offset`: where in the capture the window begins, for the words about damage. An error: nothing of it can be used.
  virtual base::Result<Parsed> parse(std::span<const std::byte> window, std::uint64_t offset, PacketList& list) = 0;

  // The capture ended and `rest` is no whole record: what is missing, or nothing if all is well.
  virtual std::optional<std::string> cut_short(std::span<const std::byte> rest, std::uint64_t offset) const = 0;
};

// The format that begins with these bytes. `start` holds at least kFormatHeader bytes, or all there are.
// An error says what the bytes are instead.
inline constexpr std::size_t kFormatHeader = 24;
base::Result<std::unique_ptr<Format>> recognise(std::span<const std::byte> start);

}  // namespace weir::capture::pcap
