// SPDX-License-Identifier: Apache-2.0
#include "capture/afpacket/packet_ring.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "capture/interfaces.h"

namespace weir::capture::afpacket {

namespace {

constexpr unsigned kVlanTag = 4;  // room in front of each frame to put its VLAN tag back

std::uint16_t all_protocols() { return __builtin_bswap16(ETH_P_ALL); }

base::Result<> fails(const char* what) { return base::fail(fmt::format("{}: {}", what, std::strerror(errno))); }

template <class T>
bool set_option(int socket, int level, int option, const T& value) {
  return setsockopt(socket, level, option, &value, sizeof value) == 0;
}

std::string program_path() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : "weir";
}

std::string why_no_socket(int error) {
  if (error != EPERM && error != EACCES) return fmt::format("cannot open a packet socket: {}", std::strerror(error));
  return fmt::format(
      "no permission to capture: run as root, or give the program the right once with `sudo setcap "
      "cap_net_raw,cap_net_admin=ep {}`",
      program_path());
}

// The link type of the frames that an AF_PACKET socket gives for this kind of device. Not all have one.
std::optional<LinkType> link_type_of(unsigned short hardware) {
  switch (hardware) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK: return LinkType::ethernet;
    case ARPHRD_NONE:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT: return LinkType::raw;
    default: return std::nullopt;
  }
}

bool attach(int socket, const BpfProgram& program) {
  std::vector<sock_filter> instructions;
  for (const BpfInstruction& i : program) {
    instructions.push_back({.code = i.code, .jt = i.jump_true, .jf = i.jump_false, .k = i.operand});
  }
  const sock_fprog filter{.len = static_cast<unsigned short>(instructions.size()), .filter = instructions.data()};
  return set_option(socket, SOL_SOCKET, SO_ATTACH_FILTER, filter);
}

// A filter that takes everything, but no more than these bytes of it.
BpfProgram keep_only(std::uint32_t bytes) { return {{.code = BPF_RET | BPF_K, .operand = bytes}}; }

}  // namespace

base::Result<LinkFacts> inspect_link(const std::string& interface) {
  if (interface.empty() || interface.size() >= IFNAMSIZ) {
    return base::fail(fmt::format("there is no interface \"{}\"; {}", interface, interfaces_sentence()));
  }
  const int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq index{}, hardware{}, flags{};
  for (ifreq* request : {&index, &hardware, &flags}) interface.copy(request->ifr_name, IFNAMSIZ - 1);
  const bool known = ioctl(control, SIOCGIFINDEX, &index) == 0 && ioctl(control, SIOCGIFHWADDR, &hardware) == 0 &&
                     ioctl(control, SIOCGIFFLAGS, &flags) == 0;
  close(control);
  if (!known) return base::fail(fmt::format("there is no interface \"{}\"; {}", interface, interfaces_sentence()));
  if ((flags.ifr_flags & IFF_UP) == 0) {
    return base::fail(fmt::format("interface {} is down: bring it up with `ip link set {} up`", interface, interface));
  }
  const auto link_type = link_type_of(hardware.ifr_hwaddr.sa_family);
  if (!link_type) {
    return base::fail(
        fmt::format("interface {} is of hardware type {}, which the packet ring does not take: use libpcap", interface,
                    hardware.ifr_hwaddr.sa_family));
  }
  return LinkFacts{index.ifr_ifindex, *link_type, (flags.ifr_flags & IFF_LOOPBACK) != 0};
}

base::Result<std::unique_ptr<PacketRing>> PacketRing::open(const AfPacketConfig& config, const LinkFacts& link) {
  // Protocol 0: nothing is received before the filter is in place and the socket is bound.
  const int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return base::fail(why_no_socket(errno));
  std::unique_ptr<PacketRing> ring(new PacketRing(descriptor, link.index));
  if (auto done = ring->set_up(config); !done) return base::fail(done.error());
  if (auto done = ring->map(config); !done) return base::fail(done.error());
  if (auto done = ring->bind_to(config); !done) return base::fail(done.error());
  return ring;
}

PacketRing::~PacketRing() {
  if (memory_ != nullptr) munmap(memory_, blocks_ * kBlockBytes);
  close(socket_);
}

base::Result<> PacketRing::set_up(const AfPacketConfig& config) {
  const BpfProgram filter =
      config.filter.empty() && config.snap_length > 0 ? keep_only(config.snap_length) : config.filter;
  if (!filter.empty() && !attach(socket_, filter)) return fails("cannot attach the filter");
  const int version = TPACKET_V3;
  if (!set_option(socket_, SOL_PACKET, PACKET_VERSION, version)) return fails("the kernel has no TPACKET_V3");
  if (!set_option(socket_, SOL_PACKET, PACKET_RESERVE, kVlanTag)) return fails("cannot reserve room for VLAN tags");
  return {};
}

base::Result<> PacketRing::map(const AfPacketConfig& config) {
  blocks_ = std::max<std::size_t>((config.ring_bytes + kBlockBytes - 1) / kBlockBytes, 2);
  tpacket_req3 request{};
  request.tp_block_size = kBlockBytes;
  request.tp_block_nr = static_cast<unsigned>(blocks_);
  request.tp_frame_size = 2048;  // only checked for plausibility: in version 3 frames lie back to back
  request.tp_frame_nr = static_cast<unsigned>(blocks_ * kBlockBytes / request.tp_frame_size);
  request.tp_retire_blk_tov = static_cast<unsigned>(config.block_timeout.count());
  if (!set_option(socket_, SOL_PACKET, PACKET_RX_RING, request)) {
    return base::fail(
        fmt::format("cannot get a packet ring of {} MiB: {}; ask for a smaller one", blocks_, std::strerror(errno)));
  }
  void* memory = mmap(nullptr, blocks_ * kBlockBytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket_, 0);
  if (memory == MAP_FAILED) return fails("cannot map the packet ring");
  memory_ = static_cast<std::byte*>(memory);
  return {};
}

base::Result<> PacketRing::bind_to(const AfPacketConfig& config) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = all_protocols();
  address.sll_ifindex = interface_index_;
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fails("cannot bind to it");
  packet_mreq membership{};
  membership.mr_ifindex = interface_index_;
  membership.mr_type = PACKET_MR_PROMISC;
  if (config.promiscuous && !set_option(socket_, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)) {
    return fails("cannot make it promiscuous");
  }
  if (config.fanout_group) {
    const int fanout = *config.fanout_group | PACKET_FANOUT_HASH << 16;
    if (!set_option(socket_, SOL_PACKET, PACKET_FANOUT, fanout)) return fails("cannot join the fanout group");
  }
  return {};
}

tpacket_block_desc* PacketRing::current() const {
  auto* block = reinterpret_cast<tpacket_block_desc*>(memory_ + current_ * kBlockBytes);
  // Acquire: the packets are read only after the kernel has said that they are there.
  const auto status = __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE);
  return (status & TP_STATUS_USER) != 0 ? block : nullptr;
}

void PacketRing::release() {
  auto* block = reinterpret_cast<tpacket_block_desc*>(memory_ + current_ * kBlockBytes);
  __atomic_store_n(&block->hdr.bh1.block_status, static_cast<unsigned>(TP_STATUS_KERNEL), __ATOMIC_RELEASE);
  current_ = (current_ + 1) % blocks_;
}

PacketRing::Wake PacketRing::wait(std::chrono::milliseconds patience) const {
  pollfd wanted{.fd = socket_, .events = POLLIN | POLLERR, .revents = 0};
  const int outcome = poll(&wanted, 1, static_cast<int>(patience.count()));
  if (outcome < 0) return errno == EINTR ? Wake::quiet : Wake::failed;
  if (outcome == 0) return interface_exists() ? Wake::quiet : Wake::gone;
  if ((wanted.revents & POLLERR) == 0) return Wake::ready;

  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (!interface_exists()) return Wake::gone;
  if (error == ENETDOWN || error == 0) return Wake::quiet;
  errno = error;
  return Wake::failed;
}

// Asked through the socket itself, which knows its network namespace.
bool PacketRing::interface_exists() const {
  ifreq request{};
  request.ifr_ifindex = interface_index_;
  return ioctl(socket_, SIOCGIFNAME, &request) == 0;
}

std::uint64_t PacketRing::drops() const {
  tpacket_stats_v3 counts{};
  socklen_t size = sizeof counts;
  if (getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &counts, &size) == 0) {
    drops_.fetch_add(counts.tp_drops, std::memory_order_relaxed);
  }
  return drops_.load(std::memory_order_relaxed);
}

}  // namespace weir::capture::afpacket
