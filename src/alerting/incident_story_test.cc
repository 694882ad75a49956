// SPDX-License-Identifier: Apache-2.0
#include "alerting/incident_story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::alerting {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr base::Timestamp kStart = base::from_us(1'769'847'330'000'000);

Detection flow_of(std::uint32_t number, std::string type, std::string technique) {
  Detection d;
  d.flow.uid.bytes[0] = static_cast<std::byte>(number);
  d.flow.uid.bytes[1] = static_cast<std::byte>(number >> 8);
  d.flow.src_ip = base::IpAddress::v4(0x0A000005u);
  d.flow.dst_ip = base::IpAddress::v4(0x0A000100u);
  d.flow.dst_port = 22;
  d.flow.protocol = 6;
  d.flow.started = d.flow.last = kStart + seconds(number);
  d.flow.packets = 10;
  d.flow.bytes = 1500;
  d.verdict.status = scoring::Status::anomaly;
  d.verdict.attack_type = std::move(type);
  d.technique = std::move(technique);
  return d;
}

Incident incident_of(const std::vector<Detection>& flows) {
  Incident incident;
  incident.attack_type = flows.front().verdict.attack_type;
  for (const Detection& flow : flows) add_flow(incident, flow);
  return incident;
}

TEST(Story, a_scan_tells_who_asked_how_many_ports_of_whom_and_how_fast) {
  std::vector<Detection> flows;
  for (std::uint32_t i = 0; i < 1200; ++i) {
    flows.push_back(flow_of(i, "scan", "T1046"));
    flows.back().flow.dst_port = static_cast<std::uint16_t>(i);
    flows.back().flow.dst_ip = base::IpAddress::v4(0x0A000100u + i % 3);
    flows.back().flow.started = flows.back().flow.last = kStart + std::chrono::milliseconds(i * 10);
  }
  const Incident incident = incident_of(flows);
  EXPECT_EQ(title(incident), "Scan of 3 hosts by 10.0.0.5");
  EXPECT_EQ(story(incident, {}),
            "10.0.0.5 asked 1,200 ports of 3 hosts. 1,200 flows in 12 seconds: 12,000 packets, 1.8 MB; 100 flows per "
            "second.");
}

TEST(Story, a_slow_brute_force_tells_its_pace) {
  std::vector<Detection> flows;
  for (std::uint32_t i = 0; i < 60; ++i) flows.push_back(flow_of(i * 60, "brute_force", "T1110"));
  const Incident incident = incident_of(flows);
  EXPECT_EQ(title(incident), "Brute force against 10.0.1.0 by 10.0.0.5");
  EXPECT_THAT(story(incident, {}), StartsWith("10.0.0.5 tried to log in at 10.0.1.0 on port 22 again and again. 60 "
                                              "flows in 59 minutes"));
  EXPECT_THAT(story(incident, {}), HasSubstr("one every 60 seconds on average"));
}

TEST(Story, a_flood_is_told_from_its_victim_and_forged_sources_are_about_so_many) {
  std::vector<Detection> flows;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    flows.push_back(flow_of(i, "flood", "T1498"));
    flows.back().flow.src_ip = base::IpAddress::v4(0xC6120000u + i);
  }
  EXPECT_THAT(title(incident_of(flows)),
              testing::MatchesRegex("Flood against 10.0.1.0 from about [23],[0-9]00 sources"));
}

TEST(Story, the_reasons_that_the_worst_flows_share_come_first) {
  std::vector<Detection> flows = {flow_of(1, "beacon", "T1071"), flow_of(2, "beacon", "T1071")};
  flows[0].verdict.reasons = {{"rare", 9, 1, 0, 2, 0.3F}, {"shared_by_both", 7, 1, 0, 2, 0.2F}};
  flows[1].verdict.reasons = {{"shared_by_both", 8000, 1, 0, 2, 0.25F}};
  const std::string text = story(incident_of(flows), flows);
  EXPECT_THAT(text, HasSubstr("What gave it away: Shared_by_both is "));
  EXPECT_THAT(text, HasSubstr(" Rare is 9; normal here is up to 2."));
  EXPECT_LT(text.find("Shared_by_both"), text.find("Rare"));
}

TEST(Story, what_normal_traffic_has_too_is_told_only_when_there_is_nothing_else) {
  std::vector<Detection> flows = {flow_of(1, "scan", "T1046")};
  flows[0].verdict.reasons = {{"common", 1, 1, 0, 2, 5}, {"odd", 9, 1, 0, 2, 0.1F}};
  EXPECT_THAT(story(incident_of(flows), flows), HasSubstr("What gave it away: Odd is 9; normal here is up to 2."));
  EXPECT_THAT(story(incident_of(flows), flows), testing::Not(HasSubstr("Common")));
  flows[0].verdict.reasons.pop_back();
  EXPECT_THAT(story(incident_of(flows), flows), HasSubstr("What gave it away: Common is 1; 1 is common here."));
}

TEST(Story, a_type_that_only_its_bundle_knows_is_told_too) {
  const Incident incident = incident_of({flow_of(1, "odd_thing", "")});
  EXPECT_EQ(title(incident), "Odd thing against 10.0.1.0 by 10.0.0.5");
  EXPECT_THAT(story(incident, {}), StartsWith("10.0.0.5 attacked 10.0.1.0 on port 22. 1 flow in less than a second"));
}

}  // namespace
}  // namespace weir::alerting
