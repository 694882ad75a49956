// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/pcap_format.h"

#include <fmt/format.h>

#include "base/check.h"
#include "capture/link_type.h"
#include "capture/pcap/byte_order.h"

namespace weir::capture::pcap {

namespace {

constexpr std::uint32_t kMicroseconds = 0xA1B2C3D4, kNanoseconds = 0xA1B23C4D, kModified = 0xA1B2CD34;
constexpr std::size_t kFileHeader = 24;

bool is_magic(std::uint32_t value) { return value == kMicroseconds || value == kNanoseconds || value == kModified; }

class PcapFormat final : public Format {
 public:
  PcapFormat(bool swapped, std::uint32_t magic, LinkType link_type)
      : swapped_(swapped),
        fraction_per_us_(magic == kNanoseconds ? 1000 : 1),
        record_header_(magic == kModified ? 24 : 16),
        link_type_(link_type) {}

  base::Result<Parsed> parse(std::span<const std::byte> window, std::uint64_t offset, PacketList& list) override {
    const std::size_t header = skip_file_header(window);
    Parsed parsed = swapped_ ? walk<true>(window.subspan(header), offset + header, list)
                             : walk<false>(window.subspan(header), offset + header, list);
    parsed.consumed += header;
    return parsed;
  }

  std::optional<std::string> cut_short(std::span<const std::byte> rest, std::uint64_t offset) const override {
    if (rest.empty()) return std::nullopt;
    if (rest.size() < record_header_) {
      return fmt::format("packet {} is cut short at byte {}: the file ends inside its header", packets_ + 1, offset);
    }
    return fmt::format("packet {} is cut short at byte {}: {} of its {} bytes are there", packets_ + 1, offset,
                       rest.size() - record_header_, load_u32(rest.data() + 8, swapped_));
  }

 private:
  std::size_t skip_file_header(std::span<const std::byte> window) {
    if (header_done_) return 0;
    WEIR_CHECK(window.size() >= kFileHeader);
    header_done_ = true;
    return kFileHeader;
  }

  // The hot loop of reading files. Its record: seconds 4 | fraction 4 | captured length 4 | wire length 4.
  template <bool kSwapped>
  Parsed walk(std::span<const std::byte> window, std::uint64_t offset, PacketList& list) {
    const std::byte* at = window.data();
    std::size_t left = window.size();
    while (left >= record_header_ && !list.full()) {
      const std::uint32_t captured = load_u32(at + 8, kSwapped);
      if (captured > kLargestPacket) [[unlikely]] {
        return {.consumed = window.size() - left, .damage = implausible(captured, offset + window.size() - left)};
      }
      if (left - record_header_ < captured) break;
      const std::int64_t us =
          std::int64_t{load_u32(at, kSwapped)} * 1'000'000 + load_u32(at + 4, kSwapped) / fraction_per_us_;
      list.add({.time = base::from_us(us),
                .data = at + record_header_,
                .captured_length = captured,
                .wire_length = wire_length(captured, load_u32(at + 12, kSwapped)),
                .link_type = link_type_});
      ++packets_;
      at += record_header_ + captured;
      left -= record_header_ + captured;
    }
    return {.consumed = window.size() - left};
  }

  std::string implausible(std::uint32_t captured, std::uint64_t offset) const {
    return fmt::format("packet {} at byte {} claims {} captured bytes: the file is damaged from there on", packets_ + 1,
                       offset, captured);
  }

  const bool swapped_;
  const std::uint32_t fraction_per_us_;
  const std::size_t record_header_;
  const LinkType link_type_;
  bool header_done_ = false;
  std::uint64_t packets_ = 0;
};

}  // namespace

bool is_pcap(std::span<const std::byte> start) {
  return start.size() >= 4 && (is_magic(load_u32(start.data(), false)) || is_magic(load_u32(start.data(), true)));
}

// magic 4 | version 2 + 2 | zone 4 | accuracy 4 | snap length 4 | link type 4
base::Result<std::unique_ptr<Format>> pcap_format(std::span<const std::byte> start) {
  WEIR_CHECK(is_pcap(start));
  if (start.size() < kFileHeader) return base::fail("the pcap file ends inside its own header: it holds no packet");
  const bool swapped = !is_magic(load_u32(start.data(), false));
  const std::uint16_t version = load_u16(start.data() + 4, swapped);
  if (version != 2) return base::fail(fmt::format("pcap version {} is unknown (weir reads version 2)", version));
  // The upper bits hold the length of the frame check sequence.
  const std::uint32_t number = load_u32(start.data() + 20, swapped) & 0x03FFFFFF;
  const auto link_type = supported_link_type(number);
  if (!link_type) return base::fail(fmt::format("link type {} is not supported", link_type_name(number)));
  return std::make_unique<PcapFormat>(swapped, load_u32(start.data(), swapped), *link_type);
}

}  // namespace weir::capture::pcap
