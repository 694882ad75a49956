// SPDX-License-Identifier: Apache-2.0
#include "app/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <sstream>
#include <vector>

#include "features/schema.h"
#include "tests/support/capture_writer.h"

namespace weir::app {
namespace {

using support::packet;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::int64_t kStartUs = 1'700'000'005'000'000;

std::vector<support::Packet> a_query_and_noise() {
  return {
      packet().at_us(kStartUs).ethernet().vlan(7).ipv4("198.18.0.5", "198.18.0.9").udp(5000, 53).payload(30).build(),
      packet()
          .at_us(kStartUs + 1500)
          .ethernet()
          .vlan(7)
          .ipv4("198.18.0.9", "198.18.0.5")
          .udp(53, 5000)
          .payload(200)
          .build(),
      packet().at_us(kStartUs + 2000).ethernet().arp().build(),
      packet()
          .at_us(kStartUs + 11'000'000)
          .ethernet()
          .vlan(7)
          .ipv4("198.18.0.5", "198.18.0.9")
          .udp(5000, 53)
          .payload(30)
          .build()};
}

ExtractOptions options(const support::TempFile& input, std::string output) {
  ExtractOptions options;
  options.input = input.path();
  options.output = std::move(output);
  options.count = options.output.empty();
  options.meter.interim = false;
  return options;
}

std::vector<std::vector<std::string>> read_csv(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    auto& row = rows.emplace_back();
    std::stringstream fields(line + ",");
    for (std::string field; std::getline(fields, field, ',');) row.push_back(field);
  }
  return rows;
}

TEST(Extract, the_csv_says_who_and_when_and_then_every_feature_by_name) {
  const support::TempFile capture(support::pcap_file(a_query_and_noise()));
  const support::TempFile output("", "out.csv");
  ASSERT_TRUE(run_extract(options(capture, output.path())).has_value());
  const auto rows = read_csv(output.path());
  ASSERT_EQ(rows.size(), 2U);
  const std::vector<std::string> identity = {
      "flow_uid", "flow_id",   "community_id", "ip_version", "src_ip",  "src_port", "dst_ip",   "dst_port",  "protocol",
      "vlan",     "tunnel_id", "started_us",   "last_us",    "packets", "bytes",    "row_kind", "end_reason"};
  ASSERT_EQ(rows[0].size(), identity.size() + features::kFeatureCount);
  EXPECT_TRUE(std::equal(identity.begin(), identity.end(), rows[0].begin()));
  EXPECT_EQ(rows[0].back(), features::kFeatures.back().name);
  EXPECT_EQ(rows[1][0].size(), 32U);
  EXPECT_EQ(rows[1][1], "198.18.0.5:5000-198.18.0.9:53/udp");
  EXPECT_THAT(rows[1][2], StartsWith("1:"));
  EXPECT_EQ(rows[1][9], "7");
  EXPECT_EQ(rows[1][11], "1700000005000000");
  EXPECT_EQ(rows[1][12], "1700000016000000");
  EXPECT_EQ(rows[1][13], "3");
  EXPECT_EQ(rows[1][15], "final");
  EXPECT_EQ(rows[1][16], "forced");
  EXPECT_EQ(rows[1][17 + features::feature("bwd_payload_bytes")], "200");
  EXPECT_EQ(rows[1][17 + features::feature("icmp_type")], "") << "undefined is an empty field";
}

TEST(Extract, every_number_reads_back_to_the_same_float) {
  const support::TempFile capture(support::pcap_file(a_query_and_noise()));
  const support::TempFile output("", "out.csv");
  ASSERT_TRUE(run_extract(options(capture, output.path())).has_value());
  const std::string text = read_csv(output.path())[1][17 + features::feature("flow_packets_per_s")];
  float value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_EQ(value, static_cast<float>(3 * (1e6 / 11'000'000)));
}

TEST(Extract, interim_rows_come_only_when_asked_for) {
  const support::TempFile capture(support::pcap_file(a_query_and_noise()));
  ExtractOptions wanted = options(capture, "");
  EXPECT_EQ(run_extract(wanted)->rows(), 1U);
  wanted.meter.interim = true;
  EXPECT_EQ(run_extract(wanted)->rows(), 2U);
}

TEST(Extract, the_account_says_where_each_packet_went) {
  const support::TempFile capture(support::pcap_file(a_query_and_noise()));
  const auto summary = run_extract(options(capture, ""));
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->source.packets, 4U);
  EXPECT_EQ(summary->metered.packets + summary->decoded.rejected(), summary->source.packets);
  EXPECT_THAT(count_text(*summary), StartsWith("4 packets, 1 rows, "));
  EXPECT_THAT(account_text(*summary), HasSubstr("3 in 1 flow records"));
  EXPECT_THAT(account_text(*summary), HasSubstr("1 arp: "));
}

TEST(Extract, a_cut_capture_gives_what_could_be_read_and_says_where_it_ended) {
  auto bytes = support::pcap_file(a_query_and_noise());
  bytes.resize(bytes.size() - 5);
  const support::TempFile capture(bytes);
  const auto summary = run_extract(options(capture, ""));
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->metered.packets, 2U);
  EXPECT_TRUE(summary->source.damage.has_value());
}

TEST(Extract, what_cannot_be_done_is_one_sentence) {
  const support::TempFile capture(support::pcap_file(a_query_and_noise()));
  const support::TempFile no_capture("this is no capture");
  const auto sentence = [](const ExtractOptions& o) {
    const auto result = run_extract(o);
    return result ? std::string() : result.error().message();
  };
  EXPECT_THAT(sentence(options(no_capture, "")), HasSubstr(no_capture.path()));
  EXPECT_THAT(sentence(options(capture, "/no/such/folder/out.csv")),
              HasSubstr("/no/such/folder/out.csv: No such file"));
  EXPECT_THAT(sentence(options(capture, "/dev/full")), HasSubstr("/dev/full: No space left"));
  ExtractOptions both = options(capture, "out.csv");
  both.count = true;
  EXPECT_NE(sentence(both), "");
  ExtractOptions slow = options(capture, "");
  slow.meter.tick = std::chrono::hours(2);
  EXPECT_THAT(sentence(slow), HasSubstr("tick"));
}

}  // namespace
}  // namespace weir::app
