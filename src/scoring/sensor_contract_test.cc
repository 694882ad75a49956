// SPDX-License-Identifier: Apache-2.0
#include "scoring/sensor_contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::scoring {
namespace {

using testing::HasSubstr;

SensorContract sensor() { return {.flow = {}, .catalogue_hash = "abc", .features = {"duration", "packets", "bytes"}}; }

BundleContract bundle() {
  return {.flow = {},
          .catalogue_hash = "abc",
          .features = {"bytes", "duration"},
          .catalogue = {"duration", "packets", "bytes"}};
}

std::string refusal(const BundleContract& b, const SensorContract& s) {
  const auto r = check_contract(b, s);
  return r ? "" : r.error().message();
}

TEST(SensorContract, a_bundle_may_use_a_part_of_the_catalogue_in_its_own_order) {
  EXPECT_TRUE(check_contract(bundle(), sensor()));
}

TEST(SensorContract, a_feature_that_is_not_computed_is_named) {
  BundleContract b = bundle();
  b.features.push_back("host_fan_out");
  EXPECT_THAT(refusal(b, sensor()), HasSubstr("\"host_fan_out\", which this sensor does not compute"));
}

TEST(SensorContract, the_first_column_that_differs_is_named) {
  BundleContract b = bundle();
  SensorContract s = sensor();
  s.catalogue_hash = "other";
  s.features = {"duration", "rate", "packets", "bytes"};
  EXPECT_THAT(refusal(b, s), HasSubstr("column 2 was \"packets\", now it is \"rate\""));
  s.features = {"duration", "packets", "bytes", "rate"};
  EXPECT_THAT(refusal(b, s), HasSubstr("feature \"rate\" is new"));
  b.catalogue.push_back("rate");
  b.catalogue.push_back("gap");
  EXPECT_THAT(refusal(b, s), HasSubstr("feature \"gap\" is gone"));
}

TEST(SensorContract, a_changed_definition_behind_the_same_names_is_refused) {
  SensorContract s = sensor();
  s.catalogue_hash = "other";
  EXPECT_THAT(refusal(bundle(), s), HasSubstr("a definition is not (catalogue abc, now other)"));
}

TEST(SensorContract, every_flow_setting_is_compared_and_named_with_both_values) {
  struct Case {
    void (*change)(FlowSemantics&);
    const char* sentence;
  };
  const Case cases[] = {
      {[](FlowSemantics& f) { f.idle_timeout_s = 60; }, "an idle timeout of 120 s, this sensor has 60 s"},
      {[](FlowSemantics& f) { f.active_timeout_s = 1800; }, "an active timeout of 120 s, this sensor has 1800 s"},
      {[](FlowSemantics& f) { f.tick_s = 2.5; }, "a tick of 10 s, this sensor has 2.5 s"},
      {[](FlowSemantics& f) { f.early_packets = 16; }, "early_packets = 0, this sensor has 16"},
      {[](FlowSemantics& f) { f.subflow_mode = "cic"; }, "subflow_mode = corrected, this sensor has cic"},
  };
  for (const Case& c : cases) {
    SensorContract s = sensor();
    c.change(s.flow);
    EXPECT_THAT(refusal(bundle(), s), HasSubstr(c.sentence));
  }
}

}  // namespace
}  // namespace weir::scoring
