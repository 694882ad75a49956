// SPDX-License-Identifier: Apache-2.0
#include "store/codec.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "base/crc32c.h"
#include "store/detection_builder.h"

namespace weir::store {
namespace {

WriteBatch a_batch() {
  return {{test::full_detection(), test::detection_of(1)}, {{test::kStart, "sensor", 10, 1, 2, 3, 4, 5, 6}}};
}

TEST(Codec, a_batch_survives_the_round_trip_in_every_field) {
  const auto decoded = decode(encode(a_batch()));
  ASSERT_TRUE(decoded) << decoded.error().message();
  ASSERT_EQ(decoded->detections.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(test::in_words(decoded->detections[i]), test::in_words(a_batch().detections[i]));
  }
  ASSERT_EQ(decoded->throughput.size(), 1u);
  EXPECT_EQ(test::in_words(decoded->throughput[0]), test::in_words(a_batch().throughput[0]));
}

alerting::Detection a_ping() {
  alerting::Detection ping = test::detection_of(3);
  ping.flow.protocol = 1;
  ping.flow.icmp_type = 8;
  ping.flow.icmp_code = 1;
  return ping;
}

TEST(Codec, a_ping_keeps_its_type_and_code_and_so_its_community_id) {
  const auto decoded = decode(encode({{a_ping()}, {}}));
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(decoded->detections[0].flow.icmp_type, 8);
  EXPECT_EQ(decoded->detections[0].flow.icmp_code, 1);
  EXPECT_EQ(community_id(decoded->detections[0].flow), community_id(a_ping().flow));
}

TEST(Codec, a_spool_of_the_version_before_is_still_read) {
  auto bytes = encode({{a_ping()}, {}});
  const auto behind = bytes.end() - 4;  // the number of samples
  bytes.erase(behind - 2, behind);
  bytes[1] = std::byte{2};
  const auto decoded = decode(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(test::in_words(decoded->detections[0]), test::in_words(a_ping()));
  EXPECT_EQ(decoded->detections[0].flow.icmp_type, 0);
}

TEST(Codec, an_empty_batch_is_a_batch) {
  const auto decoded = decode(encode({}));
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->empty());
}

TEST(Codec, a_batch_cut_short_anywhere_is_an_error) {
  const auto bytes = encode(a_batch());
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode(std::span(bytes).first(n))) << n;
}

TEST(Codec, bytes_behind_the_end_are_an_error) {
  auto bytes = encode(a_batch());
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(decode(bytes));
}

TEST(Codec, another_version_is_named) {
  auto bytes = encode(a_batch());
  bytes[1] = std::byte{9};
  const auto decoded = decode(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_NE(decoded.error().message().find("version 9"), std::string::npos);
}

TEST(Codec, changed_bytes_never_do_harm) {  // read out of bounds, asked for gigabytes, gave an enum no name
  const auto bytes = encode(a_batch());
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    auto changed = bytes;
    for (int i = 0; i < 3; ++i) changed[random() % changed.size()] = static_cast<std::byte>(random());
    if (const auto decoded = decode(changed)) {
      for (const auto& detection : decoded->detections) EXPECT_FALSE(test::in_words(detection).empty());
    }
  }
}

TEST(Crc32c, the_published_vectors_hold) {  // RFC 3720 B.4
  std::byte bytes[32] = {};
  EXPECT_EQ(base::crc32c(bytes), 0x8A9136AAu);
  std::memset(bytes, 0xFF, sizeof bytes);
  EXPECT_EQ(base::crc32c(bytes), 0x62A8AB43u);
  for (int i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(base::crc32c(bytes), 0x46DD794Eu);
  EXPECT_EQ(base::crc32c(std::span(bytes).subspan(7), base::crc32c(std::span(bytes).first(7))), 0x46DD794Eu);
}

}  // namespace
}  // namespace weir::store
