// SPDX-License-Identifier: Apache-2.0
// Which format a file is in, by its first bytes; and, for the person who picked the wrong file, what it is instead.
#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "capture/pcap/format.h"
#include "capture/pcap/pcap_format.h"
#include "capture/pcap/pcapng_format.h"

namespace weir::capture::pcap {

namespace {

using namespace std::string_view_literals;

struct Other {
  std::string_view start;
  std::string_view what;
};

constexpr auto kOthers = std::to_array<Other>({
    {"\xFD"
     "7zXZ\0"sv,
     "it is compressed with xz, which weir does not read: unpack it with `xz -d`"},
    {"BZh"sv, "it is compressed with bzip2, which weir does not read: unpack it with `bzip2 -d`"},
    {"\x04\x22\x4D\x18"sv, "it is compressed with lz4, which weir does not read: unpack it with `lz4 -d`"},
    {"PK\x03\x04"sv, "it is a zip archive: unpack it and give weir the capture inside"},
    {"\x1F\x8B"sv, "it is gzip inside of gzip: unpack it once"},
    {"\x28\xB5\x2F\xFD"sv, "it is zstd inside of another compression: unpack it once"},
    {"snoop\0\0\0"sv, "it is a Solaris snoop capture: convert it with `editcap -F pcap`"},
    {"GMBU"sv, "it is a Microsoft Network Monitor capture: convert it with `editcap -F pcap`"},
    {"TRSNIFF data"sv, "it is a Sniffer capture: convert it with `editcap -F pcap`"},
});

constexpr std::string_view kReads = "weir reads pcap and pcapng, plain or compressed with gzip or zstd";

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_readable(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t'; });
}

std::string what_it_is(std::string_view start) {
  for (const Other& other : kOthers) {
    if (start.starts_with(other.start)) return std::string(other.what);
  }
  if (!is_readable(start)) return fmt::format("not a capture file ({})", kReads);
  const std::string_view line = start.substr(0, start.find_first_of("\r\n"));
  return fmt::format("not a capture file but text that begins with \"{}\" ({})", line, kReads);
}

}  // namespace

base::Result<std::unique_ptr<Format>> recognise(std::span<const std::byte> start) {
  if (start.empty()) return base::fail("the file is empty");
  if (is_pcap(start)) return pcap_format(start);
  if (is_pcapng(start)) return pcapng_format();
  return base::fail(what_it_is(as_text(start.first(std::min(start.size(), kFormatHeader)))));
}

}  // namespace weir::capture::pcap
