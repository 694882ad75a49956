// SPDX-License-Identifier: Apache-2.0
#include "scoring/sentences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/schema.h"
#include "scoring/feature_groups.h"

namespace weir::scoring {
namespace {

using testing::HasSubstr;
using testing::Not;

FeatureBaseline normal(float low, float median, float high) { return {.median = median, .low = low, .high = high}; }

TEST(Sentences, say_what_happened_and_what_is_normal_here) {
  EXPECT_EQ(sentence("src_ports_10s", 812, normal(1, 2, 6)),
            "The source asked 812 different ports in 10 s; normal here is up to 6.");
  EXPECT_EQ(sentence("service_flows_60s", 12'345, normal(0, 3, 40)),
            "This service was sent 12,345 connections in 60 s; normal here is up to 40 connections.");
  EXPECT_EQ(sentence("pair_unanswered_share_60s", 0.98F, normal(0, 0, 0.1F)),
            "98 % of the connections from this source to this destination within 60 s got no answer; normal here is up "
            "to 10 %.");
  EXPECT_EQ(sentence("pair_fwd_bytes_60s", 48e6F, normal(0, 2000, 90'000)),
            "The asking side sent 48 MB from this source to this destination in 60 s; normal here is up to 90 kB.");
}

TEST(Sentences, a_beacon_is_told_by_how_little_its_gaps_vary) {
  EXPECT_EQ(
      sentence("pair_recent_gap_std", 0.02F, normal(0.9F, 3, 8)),
      "The gaps between the connections from this source to this destination vary by a factor of 1.01; normal here "
      "is 1.87 or more.");
  EXPECT_EQ(sentence("pair_recent_gap_mean", 25.8387F, normal(5, 15, 24)),
            "A connection from this source to this destination begins every 1 min; normal here is up to 16.78 s.");
}

TEST(Sentences, parts_of_a_byte_are_not_told) {
  EXPECT_EQ(sentence("src_recent_fwd_mean", 0.03F, normal(3.54F, 6, 9)),
            "The asking side sent 0 bytes in a session of the source; normal here is 11 bytes or more.");
}

TEST(Sentences, one_is_told_in_the_singular) {
  EXPECT_EQ(sentence("fwd_data_packets", 30, normal(0, 1, 1)),
            "30 packets of the source carried data; normal here is up to 1 packet.");
}

TEST(Sentences, each_feature_has_one_without_a_place_left_open) {
  for (const features::FeatureSpec& spec : features::kFeatures) {
    const std::string text = sentence(spec.name, 42, normal(0, 1, 2));
    EXPECT_THAT(text, Not(HasSubstr("{"))) << spec.name;
    EXPECT_THAT(text, HasSubstr("normal here is up to")) << spec.name;
    if (spec.family == features::Family::host) {
      EXPECT_THAT(text, Not(HasSubstr(std::string(spec.meaning)))) << spec.name << " has no words of its own";
    }
  }
}

TEST(Sentences, a_feature_of_another_catalogue_is_told_by_its_name) {
  EXPECT_EQ(sentence("entropy", 7.5F, normal(0, 1, 2)), "Entropy is 7.5; normal here is up to 2.");
}

TEST(Sentences, a_value_within_the_normal_range_says_what_is_common) {
  EXPECT_EQ(sentence("src_ports_10s", 3, normal(1, 2, 6)),
            "The source asked 3 different ports in 10 s; 2 is common here.");
}

TEST(FeatureGroups, features_that_tell_of_the_same_thing_are_together) {
  EXPECT_EQ(group_of("src_ports_10s"), FeatureGroup::fan_out);
  EXPECT_EQ(group_of("pair_ports_per_flow_60s"), FeatureGroup::fan_out);
  EXPECT_EQ(group_of("src_recent_peer_changes"), FeatureGroup::fan_out);
  EXPECT_EQ(group_of("dst_recent_unanswered_share"), FeatureGroup::other) << "there is no such feature";
  EXPECT_EQ(group_of("pair_recent_unanswered_share"), FeatureGroup::answers);
  EXPECT_EQ(group_of("service_flows_10s"), FeatureGroup::rate);
  EXPECT_EQ(group_of("flow_packets_per_s"), FeatureGroup::rate);
  EXPECT_EQ(group_of("pair_recent_gap_std"), FeatureGroup::regularity);
  EXPECT_EQ(group_of("pair_recent_fwd_std"), FeatureGroup::sessions);
  EXPECT_EQ(group_of("pair_share_of_dst_flows_10s"), FeatureGroup::share);
  EXPECT_EQ(group_of("service_open"), FeatureGroup::open);
  EXPECT_EQ(group_of("flow_gap_mean_us"), FeatureGroup::flow_timing);
  EXPECT_EQ(group_of("early_03_payload_bytes"), FeatureGroup::beginning);
  EXPECT_EQ(group_of("fwd_payload_bytes"), FeatureGroup::flow_size);
}

}  // namespace
}  // namespace weir::scoring
