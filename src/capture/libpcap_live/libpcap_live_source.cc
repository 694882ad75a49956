// SPDX-License-Identifier: Apache-2.0
#include "capture/libpcap_live/libpcap_live_source.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "capture/interfaces.h"
#include "capture/link_type.h"

namespace weir::capture::libpcap_live {

namespace {

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, CloseHandle>;

std::string why_not_activated(int status, pcap_t* handle, const std::string& interface) {
  switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return fmt::format("there is no interface \"{}\"; {}", interface, interfaces_sentence());
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return "no permission to capture: run as root, or give the program the right once with `sudo setcap "
             "cap_net_raw,cap_net_admin=ep` and its path";
    case PCAP_ERROR_IFACE_NOT_UP:
      return fmt::format("interface {} is down: bring it up with `ip link set {} up`", interface, interface);
    default: return fmt::format("{} ({})", pcap_geterr(handle), pcap_statustostr(status));
  }
}

base::Result<Handle> open_handle(const LibpcapConfig& config) {
  char error[PCAP_ERRBUF_SIZE] = "";
  Handle handle(pcap_create(config.interface.c_str(), error));
  if (!handle) return base::fail(error);
  pcap_set_snaplen(handle.get(), static_cast<int>(config.snap_length));
  pcap_set_promisc(handle.get(), config.promiscuous ? 1 : 0);
  pcap_set_timeout(handle.get(), static_cast<int>(config.block_timeout.count()));
  pcap_set_buffer_size(handle.get(), config.buffer_bytes);
  // Positive: a warning, such as that promiscuous mode makes no sense here.
  if (const int status = pcap_activate(handle.get()); status < 0) {
    return base::fail(why_not_activated(status, handle.get(), config.interface));
  }
  return handle;
}

// A compiled program in libpcap's own memory.
class Program {
 public:
  Program() = default;
  ~Program() { pcap_freecode(&code_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  base::Result<> compile(pcap_t* handle, const std::string& expression) {
    constexpr int kOptimise = 1;
    if (pcap_compile(handle, &code_, expression.c_str(), kOptimise, PCAP_NETMASK_UNKNOWN) == 0) return {};
    return base::fail(fmt::format("the filter \"{}\" is wrong: {}", expression, pcap_geterr(handle)));
  }
  bpf_program& code() { return code_; }

 private:
  bpf_program code_{};
};

class LibpcapSource final : public PacketSource {
 public:
  LibpcapSource(Handle handle, LinkType link_type, const LibpcapConfig& config)
      : interface_(config.interface),
        link_type_(link_type),
        snap_length_(config.snap_length == 0 ? kEverything : config.snap_length),
        handle_(std::move(handle)) {
    copies_.resize(kBatch * snap_length_);
  }

  base::Result<Batch> next(std::chrono::milliseconds patience) override {
    size_ = 0;
    if (auto taken = dispatch(); !taken) return base::fail(taken.error());
    if (size_ == 0) {
      pollfd wanted{.fd = pcap_get_selectable_fd(handle_.get()), .events = POLLIN, .revents = 0};
      if (poll(&wanted, 1, static_cast<int>(patience.count())) > 0) {
        if (auto taken = dispatch(); !taken) return base::fail(taken.error());
      }
    }
    count();
    return Batch{.packets = std::span(packets_).first(size_)};
  }

  SourceStats stats() const override {
    SourceStats stats;
    stats.packets = packet_count_.load(std::memory_order_relaxed);
    stats.wire_bytes = wire_bytes_.load(std::memory_order_relaxed);
    stats.kernel_drops = kernel_drops_.load(std::memory_order_relaxed);
    stats.interface_drops = interface_drops_.load(std::memory_order_relaxed);
    return stats;
  }

  bool live() const override { return true; }
  std::string name() const override { return interface_; }

 private:
  static constexpr std::size_t kBatch = 256;
  static constexpr std::uint32_t kEverything = 65536;  // longer ones are offload's, and only their headers count

  base::Result<> dispatch() {
    const int outcome =
        pcap_dispatch(handle_.get(), static_cast<int>(kBatch), &LibpcapSource::take, reinterpret_cast<u_char*>(this));
    if (outcome >= 0 || outcome == PCAP_ERROR_BREAK) return {};
    return base::fail(fmt::format("capture from {}: {}", interface_, pcap_geterr(handle_.get())));
  }

  // libpcap lends a packet only for the length of this call.
  static void take(u_char* self, const pcap_pkthdr* header, const u_char* bytes) {
    auto& source = *reinterpret_cast<LibpcapSource*>(self);
    WEIR_CHECK(source.size_ < kBatch);
    const std::uint32_t captured = std::min(header->caplen, source.snap_length_);
    std::byte* copy = source.copies_.data() + source.size_ * source.snap_length_;
    std::memcpy(copy, bytes, captured);
    source.packets_[source.size_++] = {
        .time = base::from_us(std::int64_t{header->ts.tv_sec} * 1'000'000 + header->ts.tv_usec),
        .data = copy,
        .captured_length = captured,
        .wire_length = header->len,
        .link_type = source.link_type_};
  }

  void count() {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < size_; ++i) bytes += packets_[i].wire_length;
    packet_count_.fetch_add(size_, std::memory_order_relaxed);
    wire_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    // libpcap's handle is for one thread only, so its counts are fetched here, but not with every batch.
    if (++calls_ % 16 != 0 && size_ == kBatch) return;
    pcap_stat counts{};
    if (pcap_stats(handle_.get(), &counts) != 0) return;
    kernel_drops_.store(counts.ps_drop, std::memory_order_relaxed);
    interface_drops_.store(counts.ps_ifdrop, std::memory_order_relaxed);
  }

  const std::string interface_;
  const LinkType link_type_;
  const std::uint32_t snap_length_;
  const Handle handle_;
  std::vector<std::byte> copies_;
  std::array<RawPacket, kBatch> packets_;
  std::size_t size_ = 0;
  std::uint64_t calls_ = 0;

  // Read by other threads at any time.
  std::atomic<std::uint64_t> packet_count_ = 0;
  std::atomic<std::uint64_t> wire_bytes_ = 0;
  std::atomic<std::uint64_t> kernel_drops_ = 0;
  std::atomic<std::uint64_t> interface_drops_ = 0;
};

base::Result<std::unique_ptr<PacketSource>> open_on(const LibpcapConfig& config) {
  auto handle = open_handle(config);
  if (!handle) return base::fail(handle.error());
  pcap_t* const raw = handle->get();
  const int number = pcap_datalink(raw);
  const auto link_type = supported_link_type(static_cast<std::uint32_t>(number));
  if (!link_type) {
    return base::fail(
        fmt::format("its link type {} is not supported", link_type_name(static_cast<std::uint32_t>(number))));
  }
  if (!config.filter.empty()) {
    Program program;
    if (auto compiled = program.compile(raw, config.filter); !compiled) return base::fail(compiled.error());
    if (pcap_setfilter(raw, &program.code()) != 0) return base::fail(pcap_geterr(raw));
  }
  char error[PCAP_ERRBUF_SIZE] = "";
  if (pcap_setnonblock(raw, 1, error) != 0) return base::fail(error);
  return std::make_unique<LibpcapSource>(*std::move(handle), *link_type, config);
}

}  // namespace

base::Result<std::unique_ptr<PacketSource>> open_libpcap_live(const LibpcapConfig& config) {
  auto source = open_on(config);
  if (!source) return base::fail_within("capture from " + config.interface, source);
  return source;
}

base::Result<BpfProgram> compile_filter(const std::string& expression, const std::string& interface,
                                        std::uint32_t snap_length) {
  const auto handle = open_handle({.interface = interface, .promiscuous = false, .snap_length = snap_length});
  if (!handle) return base::fail_within("compile the filter for " + interface, handle);
  Program program;
  if (auto compiled = program.compile(handle->get(), expression); !compiled) return base::fail(compiled.error());
  const bpf_program& code = program.code();
  BpfProgram instructions;
  for (const bpf_insn& i : std::span(code.bf_insns, code.bf_len)) {
    instructions.push_back({.code = i.code, .jump_true = i.jt, .jump_false = i.jf, .operand = i.k});
  }
  return instructions;
}

}  // namespace weir::capture::libpcap_live
