// SPDX-License-Identifier: Apache-2.0
#include "capture/afpacket/afpacket_source.h"

#include <errno.h>
#include <linux/if_packet.h>

#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "capture/afpacket/packet_ring.h"

namespace weir::capture::afpacket {

namespace {

constexpr std::size_t kBatch = 256;

// Counters of the interface itself, for what was lost before the kernel could offer it to a socket.
std::uint64_t lost_by_interface(const std::string& interface) {
  std::uint64_t lost = 0;
  for (const char* counter : {"rx_missed_errors", "rx_fifo_errors"}) {
    std::ifstream file(fmt::format("/sys/class/net/{}/statistics/{}", interface, counter));
    std::uint64_t value = 0;
    if (file >> value) lost += value;
  }
  return lost;
}

std::uint8_t packet_type(const tpacket3_hdr& header) {
  const auto* start = reinterpret_cast<const std::byte*>(&header);
  sockaddr_ll link{};
  std::memcpy(&link, start + TPACKET_ALIGN(sizeof header), sizeof link);
  return link.sll_pkttype;
}

// The kernel takes the (outer) VLAN tag out of the frame and keeps it beside it. Put back as it was on the wire: the two
// addresses move 4 bytes forward, into the room that was reserved, and the tag goes in behind them.
//
//   before:       .... dst src type payload
//   after:        dst src tpid tag type payload
void put_vlan_back(RawPacket& packet, std::byte* frame, const tpacket3_hdr& header) {
  constexpr std::size_t kAddresses = 12, kTag = 4;
  if (packet.captured_length < kAddresses) return;
  const bool has_tpid = (header.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
  const unsigned tpid = has_tpid ? header.hv1.tp_vlan_tpid : 0x8100u;
  std::memmove(frame - kTag, frame, kAddresses);
  std::byte* tag = frame - kTag + kAddresses;
  tag[0] = static_cast<std::byte>(tpid >> 8 & 0xFF);
  tag[1] = static_cast<std::byte>(tpid & 0xFF);
  tag[2] = static_cast<std::byte>(header.hv1.tp_vlan_tci >> 8 & 0xFF);
  tag[3] = static_cast<std::byte>(header.hv1.tp_vlan_tci & 0xFF);
  packet.data = frame - kTag;
  packet.captured_length += kTag;
  packet.wire_length += kTag;
}

class AfPacketSource final : public PacketSource {
 public:
  AfPacketSource(std::unique_ptr<PacketRing> ring, const LinkFacts& link, std::string interface)
      : interface_(std::move(interface)),
        link_(link),
        lost_before_(lost_by_interface(interface_)),
        ring_(std::move(ring)) {}

  base::Result<Batch> next(std::chrono::milliseconds patience) override {
    give_back();
    if (!take_block()) {
      if (auto woken = wait(patience); !woken) return base::fail(woken.error());
      if (!take_block()) return Batch{};
    }
    collect();
    return Batch{.packets = std::span(packets_).first(size_)};
  }

  SourceStats stats() const override {
    SourceStats stats;
    stats.packets = packet_count_.load(std::memory_order_relaxed);
    stats.wire_bytes = wire_bytes_.load(std::memory_order_relaxed);
    stats.kernel_drops = ring_->drops();
    const std::uint64_t lost = lost_by_interface(interface_);
    stats.interface_drops = lost > lost_before_ ? lost - lost_before_ : 0;
    return stats;
  }

  bool live() const override { return true; }
  std::string name() const override { return interface_; }

 private:
  // The batch before this one has been used: a block of which nothing is left is the kernel's again.
  void give_back() {
    size_ = 0;
    if (block_ == nullptr || left_in_block_ > 0) return;
    ring_->release();
    block_ = nullptr;
  }

  bool take_block() {
    if (block_ != nullptr) return true;
    block_ = ring_->current();
    if (block_ == nullptr) return false;
    left_in_block_ = block_->hdr.bh1.num_pkts;
    at_ = reinterpret_cast<std::byte*>(block_) + block_->hdr.bh1.offset_to_first_pkt;
    return true;
  }

  base::Result<> wait(std::chrono::milliseconds patience) {
    switch (ring_->wait(patience)) {
      case PacketRing::Wake::ready:
      case PacketRing::Wake::quiet: return {};
      case PacketRing::Wake::gone: return base::fail(fmt::format("interface {} is gone", interface_));
      case PacketRing::Wake::failed: break;
    }
    return base::fail(fmt::format("capture from {}: {}", interface_, std::strerror(errno)));
  }

  void collect() {
    std::uint64_t bytes = 0;
    for (; left_in_block_ > 0 && size_ < kBatch; --left_in_block_) {
      const auto* header = reinterpret_cast<const tpacket3_hdr*>(at_);
      if (wanted(*header)) {
        packets_[size_] = packet_of(*header);
        bytes += packets_[size_].wire_length;
        ++size_;
      }
      at_ += header->tp_next_offset;
    }
    packet_count_.fetch_add(size_, std::memory_order_relaxed);
    wire_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }

  // On the loopback interface every packet comes by twice, going out and coming in.
  bool wanted(const tpacket3_hdr& header) const { return !link_.loopback || packet_type(header) != PACKET_OUTGOING; }

  RawPacket packet_of(const tpacket3_hdr& header) const {
    std::byte* frame = at_ + header.tp_mac;
    RawPacket packet{.time = base::from_us(std::int64_t{header.tp_sec} * 1'000'000 + header.tp_nsec / 1000),
                     .data = frame,
                     .captured_length = header.tp_snaplen,
                     .wire_length = header.tp_len,
                     .link_type = link_.link_type};
    const bool tagged = (header.tp_status & TP_STATUS_VLAN_VALID) != 0;
    if (tagged && link_.link_type == LinkType::ethernet) [[unlikely]]
      put_vlan_back(packet, frame, header);
    return packet;
  }

  const std::string interface_;
  const LinkFacts link_;
  const std::uint64_t lost_before_;
  const std::unique_ptr<PacketRing> ring_;
  tpacket_block_desc* block_ = nullptr;  // being handed out; null: the kernel's turn
  std::byte* at_ = nullptr;              // the next packet in it
  std::uint32_t left_in_block_ = 0;
  std::size_t size_ = 0;
  std::array<RawPacket, kBatch> packets_;

  // Read by other threads at any time.
  std::atomic<std::uint64_t> packet_count_ = 0;
  std::atomic<std::uint64_t> wire_bytes_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<PacketSource>> open_afpacket(const AfPacketConfig& config) {
  const auto link = inspect_link(config.interface);
  if (!link) return base::fail(link.error());
  auto ring = PacketRing::open(config, *link);
  if (!ring) return base::fail_within("capture from " + config.interface, ring);
  return std::make_unique<AfPacketSource>(*std::move(ring), *link, config.interface);
}

}  // namespace weir::capture::afpacket
