// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/pcapng_format.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "capture/link_type.h"
#include "capture/pcap/byte_order.h"
#include "capture/pcap/byte_stream.h"
#include "capture/pcap/pcapng_interface.h"

namespace weir::capture::pcap {

namespace {

constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A, kInterfaceDescription = 1, kObsoletePacket = 2, kSimplePacket = 3,
                        kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr std::size_t kFrame = 12;             // type 4 | length 4 | ... | length 4
constexpr std::size_t kMostInterfaces = 4096;  // per section

bool is_wanted(std::uint32_t type) {
  return type == kSectionHeader || type == kInterfaceDescription || type == kObsoletePacket || type == kSimplePacket ||
         type == kEnhancedPacket;
}

class PcapngFormat final : public Format {
 public:
  base::Result<Parsed> parse(std::span<const std::byte> window, std::uint64_t offset, PacketList& list) override {
    std::size_t at = 0;
    while (!list.full()) {
      at += skip_ahead(window.size() - at);
      const Frame frame = frame_at(window.subspan(at));
      if (frame.state == Frame::State::incomplete) break;
      Block outcome = frame.state == Frame::State::bad ? damaged(frame.what) : Block{};
      if (frame.state == Frame::State::whole)
        outcome = take(frame.type, window.subspan(at + 8, frame.length - kFrame), list);
      if (outcome.unusable) return base::fail(*std::move(outcome.unusable));
      if (outcome.damage) return Parsed{.consumed = at, .damage = placed(*outcome.damage, offset + at)};
      if (frame.state == Frame::State::skipped) {
        to_skip_ = frame.length;
      } else {
        at += frame.length;
      }
    }
    return Parsed{.consumed = at};
  }

  std::optional<std::string> cut_short(std::span<const std::byte> rest, std::uint64_t offset) const override {
    if (rest.empty() && to_skip_ == 0) return std::nullopt;
    return fmt::format("the file is cut short after packet {}: the block at byte {} is not whole", packets_, offset);
  }

 private:
  struct Frame {
    enum class State { incomplete, whole, skipped, bad };
    State state = State::incomplete;
    std::uint32_t type = 0;
    std::uint32_t length = 0;
    std::string_view what = {};  // is bad
  };
  struct Block {
    std::optional<std::string> damage = std::nullopt;
    std::optional<std::string> unusable = std::nullopt;
  };

  static Block damaged(std::string_view what) { return {.damage = std::string(what)}; }

  std::string placed(std::string_view what, std::uint64_t offset) const {
    return fmt::format("the block at byte {}, after packet {}, {}: the file is damaged from there on", offset, packets_,
                       what);
  }

  std::size_t skip_ahead(std::size_t available) {
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, available));
    to_skip_ -= skipped;
    return skipped;
  }

  Frame frame_at(std::span<const std::byte> bytes) {
    if (bytes.size() < kFrame) return {};
    const std::uint32_t type = load_u32(bytes.data(), swapped_);
    // The type of a section header reads the same in both orders; what follows tells which one is meant from here on.
    if (type == kSectionHeader) {
      const std::uint32_t magic = load_u32(bytes.data() + 8, false);
      if (magic != kByteOrderMagic && magic != __builtin_bswap32(kByteOrderMagic)) {
        return {.state = Frame::State::bad, .what = "has no byte-order magic"};
      }
      swapped_ = magic != kByteOrderMagic;
    }
    const std::uint32_t length = load_u32(bytes.data() + 4, swapped_);
    if (length < kFrame || length % 4 != 0) return {.state = Frame::State::bad, .what = "has an impossible length"};
    if (!is_wanted(type)) return {.state = Frame::State::skipped, .type = type, .length = length};
    if (length > kLargestRecord) return {.state = Frame::State::bad, .what = "is larger than 1 MiB"};
    if (bytes.size() < length) return {};
    if (load_u32(bytes.data() + length - 4, swapped_) != length) {
      return {.state = Frame::State::bad, .what = "has two different lengths"};
    }
    return {.state = Frame::State::whole, .type = type, .length = length};
  }

  Block take(std::uint32_t type, std::span<const std::byte> body, PacketList& list) {
    switch (type) {
      case kSectionHeader: return take_section(body);
      case kInterfaceDescription: return take_interface(body);
      case kEnhancedPacket: return take_enhanced(body, list);
      case kSimplePacket: return take_simple(body, list);
      default: return take_obsolete(body, list);
    }
  }

  // byte-order magic 4 | version 2 + 2 | section length 8
  Block take_section(std::span<const std::byte> body) {
    if (body.size() < 16) return damaged("is too short for a section");
    if (load_u16(body.data() + 4, swapped_) != 1) return damaged("begins a section of an unknown version");
    interfaces_.clear();
    return {};
  }

  Block take_interface(std::span<const std::byte> body) {
    if (interfaces_.size() == kMostInterfaces) return damaged("describes one interface too many");
    const auto interface = parse_interface(body, swapped_);
    if (!interface) return damaged("describes an interface that cannot be read");
    // An interface of a foreign kind beside others: its packets are handed on under their own number and counted as such.
    const auto known = supported_link_type(interface->link_type);
    any_supported_ |= known.has_value();
    interfaces_.push_back({*interface, known.value_or(static_cast<LinkType>(interface->link_type))});
    return {};
  }

  // interface 4 | time 4 + 4 | captured length 4 | wire length 4 | bytes
  Block take_enhanced(std::span<const std::byte> body, PacketList& list) {
    if (body.size() < 20) return damaged("is too short for a packet");
    return add(load_u32(body.data(), swapped_), time_at(body), load_u32(body.data() + 12, swapped_),
               load_u32(body.data() + 16, swapped_), body.subspan(20), list);
  }

  // interface 2 | drops 2 | then as the enhanced one
  Block take_obsolete(std::span<const std::byte> body, PacketList& list) {
    if (body.size() < 20) return damaged("is too short for a packet");
    return add(load_u16(body.data(), swapped_), time_at(body), load_u32(body.data() + 12, swapped_),
               load_u32(body.data() + 16, swapped_), body.subspan(20), list);
  }

  // wire length 4 | bytes. It has no time: it is given that of the packet before it, so that it splits no flow.
  Block take_simple(std::span<const std::byte> body, PacketList& list) {
    if (body.size() < 4) return damaged("is too short for a packet");
    if (interfaces_.empty()) return damaged("belongs to no described interface");
    const std::uint32_t wire = load_u32(body.data(), swapped_);
    const std::uint32_t snap_length = interfaces_[0].description.snap_length;
    auto captured = std::min(wire, static_cast<std::uint32_t>(body.size() - 4));
    if (snap_length != 0) captured = std::min(captured, snap_length);
    return add(0, std::nullopt, captured, wire, body.subspan(4), list);
  }

  std::optional<std::uint64_t> time_at(std::span<const std::byte> body) const {
    return std::uint64_t{load_u32(body.data() + 4, swapped_)} << 32 | load_u32(body.data() + 8, swapped_);
  }

  Block add(std::uint32_t interface, std::optional<std::uint64_t> ticks, std::uint32_t captured, std::uint32_t wire,
            std::span<const std::byte> bytes, PacketList& list) {
    if (interface >= interfaces_.size()) return damaged("belongs to no described interface");
    if (captured > bytes.size()) return damaged("claims more captured bytes than it holds");
    if (captured > kLargestPacket) return damaged("claims an impossible packet length");
    const Described& from = interfaces_[interface];
    if (!any_supported_)
      return {.unusable = fmt::format("link type {} is not supported", link_type_name(from.description.link_type))};
    if (ticks) last_time_ = from.description.time(*ticks);
    list.add({.time = last_time_,
              .data = bytes.data(),
              .captured_length = captured,
              .wire_length = wire_length(captured, wire),
              .link_type = from.link_type});
    ++packets_;
    return {};
  }

  struct Described {
    PcapngInterface description;
    LinkType link_type;
  };

  bool swapped_ = false;
  bool any_supported_ = false;
  std::vector<Described> interfaces_;  // of this section
  base::Timestamp last_time_{};
  std::uint64_t to_skip_ = 0;          // of a block that is not wanted
  std::uint64_t packets_ = 0;
};

}  // namespace

bool is_pcapng(std::span<const std::byte> start) {
  if (start.size() < kFrame || load_u32(start.data(), false) != kSectionHeader) return false;
  const std::uint32_t magic = load_u32(start.data() + 8, false);
  return magic == kByteOrderMagic || magic == __builtin_bswap32(kByteOrderMagic);
}

std::unique_ptr<Format> pcapng_format() { return std::make_unique<PcapngFormat>(); }

}  // namespace weir::capture::pcap
