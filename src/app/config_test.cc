// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include <gtest/gtest.h>

#include <fstream>

namespace weir::app {
namespace {

class ConfigFile : public testing::Test {
 protected:
  std::string error_of(const std::string& text) {
    const auto result = load(text);
    return result ? "" : result.error().message();
  }
  base::Result<> load(const std::string& text) {
    std::ofstream(path_) << text;
    return load_toml(config_, path_);
  }
  void TearDown() override { std::remove(path_.c_str()); }

  std::string path_ = testing::TempDir() + "weir_config_" + std::to_string(getpid()) + ".toml";
  Config config_;
};

TEST_F(ConfigFile, what_is_printed_reads_back_to_the_same) {
  Config changed;
  changed.sensor = "north \"wing\" \\ 2";
  changed.interval_s = 2.5;
  changed.exit_at_end = true;
  changed.max_flows = 5000;
  ASSERT_TRUE(load(print_toml(changed)).has_value());
  EXPECT_EQ(print_toml(config_), print_toml(changed));
}

TEST_F(ConfigFile, an_unknown_key_is_refused_with_the_nearest_known_one) {
  EXPECT_EQ(error_of("[capture]\ninterfaec = \"eth0\"\n"),
            path_ + ": line 2: there is no key capture.interfaec; the nearest is capture.interface");
  EXPECT_NE(error_of("[flows]\nidle_timeout_s = 3\n").find("the nearest is flow.idle_timeout_s"), std::string::npos);
}

TEST_F(ConfigFile, a_key_that_resembles_none_is_not_sent_to_a_far_one) {
  EXPECT_EQ(error_of("[nope]\nx = 1\n"),
            path_ + ": line 2: there is no key nope.x; `weir run --print-config` shows all keys");
}

TEST_F(ConfigFile, a_value_of_the_wrong_kind_or_out_of_range_names_key_and_line) {
  EXPECT_NE(error_of("[flow]\ninterval_s = \"soon\"\n").find("line 2: flow.interval_s = \"soon\" is not a number"),
            std::string::npos);
  EXPECT_NE(error_of("[capture]\nworkers = 0\n").find("must be from 1 to 64"), std::string::npos);
  EXPECT_NE(error_of("[capture]\nworkers = -3\n").find("is not a whole number"), std::string::npos);
  EXPECT_NE(error_of("[store]\nlog = \"some\"\n").find("not one of anomalous|all|sampled"), std::string::npos);
  EXPECT_NE(error_of("[capture]\npromiscuous = 1\n").find("is not true or false"), std::string::npos);
  EXPECT_NE(error_of("[flow]\ninterval_s = nan\n").find("out of range"), std::string::npos);
}

TEST_F(ConfigFile, broken_toml_is_one_sentence_with_its_place) {
  EXPECT_NE(error_of("[capture\n").find(": line 1, column"), std::string::npos);
  EXPECT_NE(error_of("speed = 3\n").find("outside of a section"), std::string::npos);
}

TEST_F(ConfigFile, a_header_without_a_name_is_one_sentence_too) {
  for (const char* text : {"[[[", "[", "[]", "[=]", "[[ ]]", "\n \t[.a]", "[\x01]"}) {
    const auto result = load(text);
    ASSERT_FALSE(result) << text;
    EXPECT_NE(result.error().message().find("line "), std::string::npos) << result.error().message();
  }
}

TEST_F(ConfigFile, a_missing_file_is_an_error) {
  const auto result = load_toml(config_, path_ + ".missing");
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message().find("missing"), std::string::npos);
}

TEST_F(ConfigFile, a_number_may_stand_where_text_is_expected) {
  ASSERT_TRUE(load("[capture]\nspeed = 20\n").has_value());
  EXPECT_EQ(config_.speed, "20");
}

TEST(CheckRun, exactly_one_source_is_needed) {
  Config config;
  EXPECT_FALSE(check_run(config).has_value());
  config.read = "x.pcap";
  EXPECT_TRUE(check_run(config).has_value());
  config.interface = "eth0";
  EXPECT_FALSE(check_run(config).has_value());
}

TEST(CheckRun, one_reader_feeds_only_so_many_workers) {
  Config config;
  config.read = "x.pcap";
  config.workers = 16;
  EXPECT_TRUE(check_run(config).has_value());
  config.workers = 17;
  ASSERT_FALSE(check_run(config).has_value());
  EXPECT_NE(check_run(config).error().message().find("at most 16 workers"), std::string::npos);
  config.read = "";
  config.interface = "eth0";
  EXPECT_TRUE(check_run(config).has_value()) << "each has its own ring";
  config.capture_method = "libpcap";
  EXPECT_FALSE(check_run(config).has_value());
}

TEST(CheckRun, a_speed_that_is_no_speed_is_refused) {
  Config config;
  config.read = "x.pcap";
  for (const char* speed : {"0", "-1", "fast", "1x", "nan", "inf", ""}) {
    config.speed = speed;
    EXPECT_FALSE(check_run(config).has_value()) << speed;
  }
}

TEST(ConfigKeys, names_and_flags_are_unique) {
  const auto keys = config_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(keys[i].name, keys[j].name);
      EXPECT_NE(keys[i].flags, keys[j].flags);
    }
  }
}

}  // namespace
}  // namespace weir::app
