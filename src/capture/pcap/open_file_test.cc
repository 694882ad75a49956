// SPDX-License-Identifier: Apache-2.0
// What a user may hand over as a capture, and what weir says when it is none.
#include "capture/pcap/open_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <thread>

#include "tests/support/capture_writer.h"

namespace weir::capture::pcap {
namespace {

using namespace std::chrono_literals;
using support::ByteOrder;
using support::Bytes;
using support::Packet;
using support::pcap_file;
using support::PcapngWriter;
using support::TempFile;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::vector<Packet> some_packets(int count = 5) {
  std::vector<Packet> packets;
  for (int i = 0; i < count; ++i) {
    packets.push_back(support::packet()
                          .at_us(1'700'000'000'000'000 + i * 1001)
                          .ethernet()
                          .ipv4("10.0.0.1", "10.0.0.2")
                          .udp(1000, 53)
                          .payload(static_cast<std::size_t>(i * 7 % 900))
                          .build());
  }
  return packets;
}

struct Content {
  std::vector<Packet> packets;
  SourceStats stats;
  std::string error;
};

Content drain(PacketSource& source) {
  Content content;
  for (;;) {
    auto batch = source.next(100ms);
    if (!batch) {
      content.error = batch.error().message();
      break;
    }
    for (const RawPacket& raw : batch->packets) {
      content.packets.push_back({.time = raw.time,
                                 .bytes = Bytes(raw.data, raw.data + raw.captured_length),
                                 .wire_length = raw.wire_length,
                                 .link_type = raw.link_type});
    }
    if (batch->state == PacketSource::State::end) break;
  }
  content.stats = source.stats();
  return content;
}

Content read_path(const std::string& path) {
  auto source = open_file(path);
  if (!source) return {.packets = {}, .stats = {}, .error = source.error().message()};
  return drain(**source);
}
Content read_bytes(std::span<const std::byte> bytes) { return read_path(TempFile(bytes).path()); }

void expect_same(const std::vector<Packet>& got, const std::vector<Packet>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].time, wanted[i].time) << i;
    EXPECT_EQ(got[i].bytes, wanted[i].bytes) << i;
    EXPECT_EQ(got[i].wire_length, wanted[i].wire_length) << i;
    EXPECT_EQ(got[i].link_type, wanted[i].link_type) << i;
  }
}

Bytes gzip(std::span<const std::byte> plain) {
  z_stream state{};
  EXPECT_EQ(deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes out(compressBound(plain.size()) + 64);
  state.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(plain.data()));
  state.avail_in = static_cast<uInt>(plain.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&state, Z_FINISH), Z_STREAM_END);
  out.resize(state.total_out);
  deflateEnd(&state);
  return out;
}

Bytes zstd(std::span<const std::byte> plain) {
  Bytes out(ZSTD_compressBound(plain.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

Bytes joined(Bytes first, const Bytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Bytes first_bytes(const Bytes& bytes, std::size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

TEST(OpenFile, every_form_of_pcap_gives_the_same_packets) {
  const auto packets = some_packets();
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    expect_same(read_bytes(pcap_file(packets, {.order = order})).packets, packets);
    expect_same(read_bytes(pcap_file(packets, {.order = order, .nanoseconds = true})).packets, packets);
    expect_same(read_bytes(pcap_file(packets, {.order = order, .modified = true})).packets, packets);
  }
}

TEST(OpenFile, compression_is_told_by_content_and_not_by_name) {
  const auto packets = some_packets(2000);
  const Bytes plain = pcap_file(packets);
  expect_same(read_path(TempFile(gzip(plain), "notes.txt").path()).packets, packets);
  expect_same(read_path(TempFile(zstd(plain), "capture.pcap.gz").path()).packets, packets);
  expect_same(read_path(TempFile(plain, "capture.zst").path()).packets, packets);
}

TEST(OpenFile, several_compressed_pieces_in_a_row_are_one_capture) {
  const auto packets = some_packets(50);
  const Bytes plain = pcap_file(packets);
  const Bytes head = first_bytes(plain, 777);
  const Bytes tail(plain.begin() + 777, plain.end());
  expect_same(read_bytes(joined(gzip(head), gzip(tail))).packets, packets);
  expect_same(read_bytes(joined(zstd(head), zstd(tail))).packets, packets);
}

TEST(OpenFile, zeros_after_a_gzip_member_are_padding) {
  const auto packets = some_packets();
  const Content content = read_bytes(joined(gzip(pcap_file(packets)), Bytes(512)));
  expect_same(content.packets, packets);
  EXPECT_EQ(content.stats.damage, std::nullopt);
}

TEST(OpenFile, files_larger_than_any_buffer_come_through_whole) {
  std::vector<Packet> packets;
  for (int i = 0; i < 300; ++i) {
    packets.push_back(support::packet().at_us(i).ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(60'000).build());
  }
  const Bytes plain = pcap_file(packets);  // 18 MB
  expect_same(read_bytes(plain).packets, packets);
  expect_same(read_bytes(zstd(plain)).packets, packets);
}

TEST(OpenFile, the_counts_are_those_of_what_was_handed_out) {
  const auto packets = some_packets(1500);
  const Bytes file = pcap_file(packets);
  const TempFile on_disk(file);
  auto source = open_file(on_disk.path());
  ASSERT_TRUE(source.has_value()) << source.error().message();
  EXPECT_EQ((*source)->stats().packets, 0u);  // read ahead, but not handed out yet
  EXPECT_EQ((*source)->stats().size_bytes, file.size());
  const Content content = drain(**source);
  std::uint64_t wire_bytes = 0;
  for (const Packet& packet : packets) wire_bytes += packet.wire_length;
  EXPECT_EQ(content.stats.packets, 1500u);
  EXPECT_EQ(content.stats.wire_bytes, wire_bytes);
  EXPECT_EQ(content.stats.position_bytes, file.size());
  EXPECT_EQ(content.stats.damage, std::nullopt);
  EXPECT_FALSE((*source)->live());
  EXPECT_EQ((*source)->name(), on_disk.path());
}

// Progress and its estimate stand on this: what is read ahead of the packets must not count.
TEST(OpenFile, the_position_is_that_of_the_packets_handed_out_and_not_of_what_is_read_ahead) {
  std::vector<Packet> packets = some_packets(12'000);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    packets[i].bytes.assign(1400, std::byte{static_cast<unsigned char>(i * 37)});
    packets[i].wire_length = 1400;
  }
  const Bytes plain = pcap_file(packets);
  for (const Bytes& file : {plain, gzip(plain), zstd(plain)}) {
    const TempFile on_disk(file);
    auto source = open_file(on_disk.path());
    ASSERT_TRUE(source.has_value());
    while ((*source)->stats().packets < packets.size() / 2) ASSERT_TRUE((*source)->next(1s).has_value());
    const double share = static_cast<double>((*source)->stats().position_bytes) / static_cast<double>(file.size());
    EXPECT_GT(share, 0.35);
    EXPECT_LT(share, 0.65);
    EXPECT_EQ(drain(**source).stats.position_bytes, file.size());
  }
}

TEST(OpenFile, a_file_without_packets_ends_at_once_and_is_healthy) {
  const Content content = read_bytes(pcap_file({}));
  EXPECT_EQ(content.error, "");
  EXPECT_EQ(content.packets.size(), 0u);
  EXPECT_EQ(content.stats.damage, std::nullopt);
}

TEST(OpenFile, a_file_cut_anywhere_gives_its_whole_packets_and_says_where_it_ends) {
  const auto packets = some_packets(3);
  const Bytes file = pcap_file(packets);
  const Bytes in_data = first_bytes(file, file.size() - 4);
  Content content = read_bytes(in_data);
  EXPECT_EQ(content.packets.size(), 2u);
  EXPECT_EQ(content.stats.damage, "packet 3 is cut short at byte 176: 56 of its 60 bytes are there");
  content = read_bytes(first_bytes(file, 24 + 2 * 76 + 7));
  EXPECT_EQ(content.packets.size(), 2u);
  EXPECT_EQ(content.stats.damage, "packet 3 is cut short at byte 176: the file ends inside its header");
}

TEST(OpenFile, an_insane_packet_length_ends_the_file_and_allocates_nothing) {
  auto packets = some_packets(3);
  Bytes file = pcap_file(packets);
  for (std::size_t i = 0; i < 4; ++i) file[24 + 76 + 8 + i] = std::byte{0x7F};
  const Content content = read_bytes(file);
  EXPECT_EQ(content.packets.size(), 1u);
  EXPECT_EQ(content.stats.damage,
            "packet 2 at byte 100 claims 2139062143 captured bytes: the file is damaged from there on");
}

TEST(OpenFile, a_wire_length_that_cannot_be_true_is_taken_for_the_captured_one) {
  for (const std::uint32_t claimed : {0u, 59u, 1u << 30}) {
    Packet packet = some_packets(1)[0];
    packet.wire_length = claimed;
    const Content content = read_bytes(pcap_file({&packet, 1}));
    ASSERT_EQ(content.packets.size(), 1u);
    EXPECT_EQ(content.packets[0].wire_length, packet.bytes.size());
  }
}

TEST(OpenFile, damaged_compression_keeps_what_came_before_it) {
  const auto packets = some_packets(3000);
  for (auto* compress : {&gzip, &zstd}) {
    Bytes file = compress(pcap_file(packets));
    const Bytes cut = first_bytes(file, file.size() / 2);
    const Content content = read_bytes(cut);
    EXPECT_EQ(content.error, "");
    EXPECT_GT(content.packets.size(), compress == &gzip ? 100u : 0u);  // zstd: the first block may not be whole
    EXPECT_EQ(content.stats.damage, "the compressed data ends in the middle: the file was cut");
  }
  Bytes file = gzip(pcap_file(packets));
  file[file.size() - 6] ^= std::byte{1};  // the check sum of the whole
  const Content content = read_bytes(file);
  expect_same(content.packets, packets);
  EXPECT_EQ(content.stats.damage, "the gzip data is damaged: incorrect data check");
}

TEST(OpenFile, each_file_that_is_no_capture_is_refused_in_one_sentence_that_says_why) {
  const auto refusal = [](std::string_view text) {
    const TempFile file(text);
    const std::string error = read_path(file.path()).error;
    EXPECT_TRUE(error.starts_with(file.path() + ": ")) << error;
    EXPECT_THAT(error, Not(HasSubstr("\n")));
    return error.substr(file.path().size() + 2);
  };
  using namespace std::string_view_literals;
  EXPECT_EQ(refusal(""), "the file is empty");
  EXPECT_EQ(
      refusal("hello world\nand more lines of it"),
      "not a capture file but text that begins with \"hello world\" (weir reads pcap and pcapng, plain or compressed "
      "with gzip or zstd)");
  EXPECT_THAT(refusal("x"), HasSubstr("text that begins with \"x\""));
  EXPECT_THAT(refusal("\x7F"
                      "ELF\x02\x01\x01 and so on and so on"sv),
              HasSubstr("not a capture file (weir reads"));
  EXPECT_THAT(refusal("\xFD"
                      "7zXZ\0 and so on and so on and on"sv),
              HasSubstr("unpack it with `xz -d`"));
  EXPECT_THAT(refusal("snoop\0\0\0 and so on and so on and on"sv), HasSubstr("editcap"));
  EXPECT_THAT(refusal("\xD4\xC3\xB2\xA1\x02"sv), HasSubstr("ends inside its own header"));
}

TEST(OpenFile, text_inside_of_gzip_is_refused_too) {
  EXPECT_THAT(read_bytes(gzip(std::as_bytes(std::span("hello", 5)))).error,
              HasSubstr("text that begins with \"hello\""));
  EXPECT_THAT(read_bytes(gzip({})).error, HasSubstr("the file is empty"));
  EXPECT_THAT(read_bytes(gzip(gzip(pcap_file(some_packets())))).error, HasSubstr("gzip inside of gzip"));
}

TEST(OpenFile, an_unknown_link_type_is_an_error_with_its_name) {
  EXPECT_THAT(read_bytes(pcap_file({}, {.link_type = 189})).error,
              testing::EndsWith("link type USB_LINUX (189) is not supported"));
  EXPECT_THAT(read_bytes(pcap_file({}, {.link_type = 4711})).error,
              testing::EndsWith("link type unassigned (4711) is not supported"));
}

TEST(OpenFile, raw_ip_under_the_numbers_of_bsd_is_raw_ip) {
  const Packet packet = support::packet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).build();
  for (const std::uint32_t number : {12u, 14u, 101u}) {
    const Content content = read_bytes(pcap_file({&packet, 1}, {.link_type = number}));
    ASSERT_EQ(content.packets.size(), 1u) << content.error;
    EXPECT_EQ(content.packets[0].link_type, LinkType::raw);
  }
}

TEST(OpenFile, paths_that_cannot_be_read_say_what_to_do) {
  EXPECT_EQ(read_path("/nonexistent/x.pcap").error, "/nonexistent/x.pcap: there is no such file");
  EXPECT_THAT(read_path(std::filesystem::temp_directory_path().string()).error, HasSubstr("it is a directory"));
  auto nothing = open_file("/dev/null");  // no regular file: judged when it is read
  ASSERT_TRUE(nothing.has_value());
  EXPECT_EQ(drain(**nothing).error, "/dev/null: the file is empty");
  const TempFile secret(pcap_file({}));
  chmod(secret.path().c_str(), 0);
  if (access(secret.path().c_str(), R_OK) != 0) {  // root may read anything
    EXPECT_THAT(read_path(secret.path()).error, HasSubstr("no permission"));
  }
}

// A pipe in the place of standard input.
class StandardInput {
 public:
  StandardInput() : saved_(dup(STDIN_FILENO)) {
    EXPECT_EQ(pipe(ends_), 0);
    dup2(ends_[0], STDIN_FILENO);
  }
  ~StandardInput() {
    dup2(saved_, STDIN_FILENO);
    close(saved_);
    close(ends_[0]);
    close_writer();
  }
  void write_bytes(std::span<const std::byte> bytes) {
    EXPECT_EQ(write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void close_writer() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int saved_;
  int ends_[2];
};

TEST(OpenFile, standard_input_gives_packets_as_they_come_and_never_waits_beyond_its_patience) {
  const auto packets = some_packets(2);
  const Bytes file = pcap_file(packets);
  StandardInput input;
  auto source = open_file("-");
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ((*source)->name(), "standard input");
  auto batch = (*source)->next(1ms);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->packets.size(), 0u);
  EXPECT_EQ(batch->state, PacketSource::State::open);

  input.write_bytes(std::span(file).first(24 + 76 + 10));
  batch = (*source)->next(1000ms);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->packets.size(), 1u);

  input.write_bytes(std::span(file).subspan(24 + 76 + 10));
  input.close_writer();
  expect_same(drain(**source).packets, {packets[1]});
}

TEST(OpenFile, standard_input_may_be_compressed_and_its_errors_name_it) {
  const auto packets = some_packets(20);
  {
    StandardInput input;
    input.write_bytes(zstd(pcap_file(packets)));
    input.close_writer();
    auto source = open_file("-");
    ASSERT_TRUE(source.has_value());
    expect_same(drain(**source).packets, packets);
  }
  StandardInput input;
  input.write_bytes(std::as_bytes(std::span("no capture at all, really", 25)));
  input.close_writer();
  auto source = open_file("-");
  ASSERT_TRUE(source.has_value());
  EXPECT_THAT(drain(**source).error, AllOf(HasSubstr("standard input: "), HasSubstr("text that begins with")));
}

TEST(OpenFile, a_file_that_is_cut_while_it_is_read_is_an_error_and_no_crash) {
  const Bytes file = pcap_file(some_packets(60'000));  // several steps of the mapping
  ASSERT_GT(file.size(), std::size_t{4} << 20);
  const TempFile on_disk(file);
  auto source = open_file(on_disk.path());
  ASSERT_TRUE(source.has_value());
  std::filesystem::resize_file(on_disk.path(), std::size_t{1} << 20);
  EXPECT_THAT(drain(**source).error, HasSubstr("became shorter while it was read"));
}

}  // namespace
}  // namespace weir::capture::pcap
