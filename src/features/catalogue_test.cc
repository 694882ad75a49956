// SPDX-License-Identifier: Apache-2.0
#include "features/catalogue.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "features/schema.h"

namespace weir::features {
namespace {

TEST(Catalogue, names_are_unique_snake_case_and_found_again) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < kFeatureCount; ++i) {
    const std::string_view name = kFeatures[i].name;
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string_view::npos) << name;
    EXPECT_EQ(find_feature(name), i);
  }
  EXPECT_EQ(find_feature("no_such_feature"), kFeatureCount);
}

TEST(Catalogue, each_column_of_the_corrected_cicflowmeter_has_one_feature) {
  std::multiset<std::string_view> aliases;
  for (const FeatureSpec& spec : kFeatures) aliases.insert(spec.cic_alias);
  // Columns 8 to 84 without the second "Fwd Header Length", and the ten that the corrected fork adds.
  EXPECT_EQ(aliases.size() - aliases.count(""), 76U + 10U);
  for (const std::string_view alias :
       {"Flow Duration", "Fwd IAT Total", "CWR Flag Count", "Bwd Bulk Rate Avg", "Idle Min", "Bwd RST Flags",
        "Total Connection Flow Time", "FWD Init Win Bytes"}) {
    EXPECT_EQ(aliases.count(alias), 1U) << alias;
  }
}

TEST(Catalogue, families_stand_together_and_the_documented_contaminants_are_no_model_inputs) {
  for (std::size_t i = 1; i < kFeatureCount; ++i) EXPECT_LE(kFeatures[i - 1].family, kFeatures[i].family);
  for (const std::string_view name : {"fwd_initial_window_bytes", "bwd_initial_window_bytes", "icmp_type", "icmp_code",
                                      "payload_variance_bytes2", "average_payload_bytes"}) {
    EXPECT_FALSE(kFeatures[find_feature(name)].is_model_input()) << name;
  }
  EXPECT_TRUE(kFeatures[feature("flow_duration_us")].is_model_input());
}

TEST(Catalogue, json_holds_every_feature_in_order) {
  const auto json = nlohmann::json::parse(catalogue_json());
  ASSERT_EQ(json["features"].size(), kFeatureCount);
  for (std::size_t i = 0; i < kFeatureCount; ++i) EXPECT_EQ(json["features"][i]["name"], kFeatures[i].name);
  EXPECT_EQ(json["catalogue_hash"].get<std::string>().size(), 16U);
}

TEST(Catalogue, the_documentation_page_is_up_to_date) {
  std::ifstream file("docs/features.md");
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_EQ(page.str(), catalogue_markdown()) << "run: weir features --markdown > docs/features.md";
}

}  // namespace
}  // namespace weir::features
