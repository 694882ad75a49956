// SPDX-License-Identifier: Apache-2.0
#include "base/spool_segment.h"

#include <gtest/gtest.h>

#include <random>

namespace weir::base {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::string_view text) {
  Bytes bytes(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = static_cast<std::byte>(text[i]);
  return bytes;
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes segment_of(std::initializer_list<std::string_view> payloads) {
  Bytes file = segment_header();
  std::uint32_t rows = 0;
  for (const auto payload : payloads) {
    const Bytes record = framed(bytes_of(payload), ++rows);
    file.insert(file.end(), record.begin(), record.end());
  }
  return file;
}

std::string all_of(const SegmentScan& scan) {
  std::string text;
  for (const SpoolRecord& record : scan.records)
    text += text_of(record.payload) + "/" + std::to_string(record.rows) + " ";
  return text;
}

TEST(SpoolSegment, records_come_back_in_order_with_their_rows) {
  const Bytes file = segment_of({"one", "", "three"});
  const auto scan = scan_segment(file);
  ASSERT_TRUE(scan);
  EXPECT_EQ(all_of(*scan), "one/1 /2 three/3 ");
  EXPECT_EQ(scan->damaged_places, 0u);
  EXPECT_FALSE(scan->torn_end);
}

TEST(SpoolSegment, a_record_cut_short_costs_only_itself) {
  const Bytes file = segment_of({"one", "two"});
  const std::size_t before_two = segment_of({"one"}).size();
  for (std::size_t n = before_two + 1; n < file.size(); ++n) {
    const auto scan = scan_segment(std::span(file).first(n));
    ASSERT_TRUE(scan) << n;
    EXPECT_EQ(all_of(*scan), "one/1 ") << n;
    EXPECT_TRUE(scan->torn_end) << n;
  }
}

TEST(SpoolSegment, a_changed_byte_anywhere_in_a_record_costs_only_that_record) {
  const std::size_t from = segment_of({"one"}).size(), to = segment_of({"one", "two"}).size();
  for (std::size_t at = from; at < to; ++at) {
    Bytes file = segment_of({"one", "two", "three"});
    file[at] ^= std::byte{0x10};
    const auto scan = scan_segment(file);
    ASSERT_TRUE(scan) << at;
    EXPECT_EQ(all_of(*scan), "one/1 three/3 ") << at;
    EXPECT_EQ(scan->damaged_places, 1u) << at;
  }
}

TEST(SpoolSegment, a_payload_that_looks_like_a_record_is_not_taken_for_one) {
  const Bytes inner = framed(bytes_of("inner"), 1);
  const Bytes file = segment_of({text_of(inner), "WRECWREC"});
  const auto scan = scan_segment(file);
  ASSERT_TRUE(scan);
  EXPECT_EQ(scan->records.size(), 2u);
}

TEST(SpoolSegment, a_file_cut_within_its_header_holds_nothing) {
  for (std::size_t n = 0; n < kSegmentHeaderBytes; ++n) {
    const Bytes header = segment_header();
    const auto scan = scan_segment(std::span(header).first(n));
    ASSERT_TRUE(scan) << n;
    EXPECT_TRUE(scan->records.empty());
  }
}

TEST(SpoolSegment, another_programs_file_and_a_newer_version_are_refused) {
  EXPECT_FALSE(scan_segment(bytes_of("notes")));
  EXPECT_FALSE(scan_segment(bytes_of("these are my notes, all of them")));
  Bytes newer = segment_of({"one"});
  newer[7] = std::byte{'2'};
  const auto scan = scan_segment(newer);
  ASSERT_FALSE(scan);
  EXPECT_NE(scan.error().message().find("newer"), std::string::npos);
}

TEST(SpoolSegment, rubbish_never_does_harm) {
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    Bytes file = segment_of({"one", "two", "three"});
    for (int i = 0; i < 4; ++i) file[8 + random() % (file.size() - 8)] = static_cast<std::byte>(random());
    file.resize(8 + random() % (file.size() - 8));
    const auto scan = scan_segment(file);
    ASSERT_TRUE(scan);
    EXPECT_LE(scan->records.size(), 3u);
  }
}

}  // namespace
}  // namespace weir::base
