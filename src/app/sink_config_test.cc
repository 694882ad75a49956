// SPDX-License-Identifier: Apache-2.0
// [[sink]] in weir.toml: read, printed and read again, and each mistake is one sentence.
#include "app/sink_config.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"

namespace weir::app {
namespace {

using testing::ElementsAre;

class SinkFile : public testing::Test {
 protected:
  std::string error_of(const std::string& text) {
    Config config;
    std::ofstream(path_) << text;
    const auto result = load_toml(config, path_);
    config_ = config;
    return result ? "" : result.error().message().substr(path_.size() + 2);
  }
  void TearDown() override { std::remove(path_.c_str()); }

  const std::string path_ = testing::TempDir() + "weir_sinks_" + std::to_string(getpid()) + ".toml";
  Config config_;
};

TEST_F(SinkFile, several_sinks_are_read_and_printed_to_the_same) {
  ASSERT_EQ(error_of("[sensor]\nname = \"x\"\n"
                     "[[sink]]\nname = \"eve\"\nkind = \"eve-socket\"\npath = \"/run/\\\"e\\\".sock\"\n"
                     "events = [\"alert\", \"flow\"]\nstats_every_s = 2.5\n"
                     "[[sink]]\nname = \"siem\"\nkind = \"syslog\"\naddress = \"tcp://log:601\"\nspool_mb = 7\n"),
            "");
  ASSERT_EQ(config_.sinks.size(), 2u);
  const SinkConfig eve = config_.sinks[0], siem = config_.sinks[1];
  EXPECT_EQ(eve.text("path"), "/run/\"e\".sock");
  EXPECT_THAT(eve.list("events"), ElementsAre("alert", "flow"));
  EXPECT_EQ(eve.seconds("stats_every_s"), 2.5);
  EXPECT_EQ(eve.text("type"), "stream") << "a default";
  EXPECT_EQ(siem.number("spool_mb"), 7u);
  const std::string printed = print_toml(config_);
  ASSERT_EQ(error_of(printed), "");
  EXPECT_EQ(print_toml(config_), printed);
}

TEST_F(SinkFile, each_mistake_is_one_sentence_with_its_line) {
  const std::string begin = "[[sink]]\nname = \"a\"\nkind = \"syslog\"\n";
  EXPECT_EQ(error_of(begin + "adress = \"udp://h:1\"\n"),
            "line 1: sink a: there is no key adress for syslog; the nearest is address");
  EXPECT_EQ(error_of(begin), "line 1: sink a: address is missing");
  EXPECT_EQ(error_of(begin + "address = \"udp://h:1\"\nformat = \"leef\"\n"),
            "line 1: sink a: format = \"leef\" is not one of rfc5424, cef");
  EXPECT_EQ(error_of(begin + "address = \"udp://h:1\"\nlongest = 100\n"),
            "line 1: sink a: longest = 100 is out of range: it must be from 480 to 65000");
  EXPECT_EQ(error_of(begin + "address = \"udp://h:1\"\nspool_mb = 1.5\n"),
            "line 1: sink a: spool_mb = \"1.5\" is not a whole number");
  EXPECT_EQ(error_of("[[sink]]\nname = \"a\"\nkind = \"fax\"\n"),
            "line 1: sink a: kind = \"fax\" is not one of eve-file, eve-socket, syslog, webhook, kafka");
  EXPECT_EQ(error_of("[[sink]]\nname = \"../a\"\nkind = \"syslog\"\n"),
            "line 1: [[sink]] name = \"../a\": it must have a name of lower-case letters, digits, - and _, 40 at most");
  EXPECT_EQ(error_of("[[sink]]\nname = \"e\"\nkind = \"eve-file\"\npath = \"/x\"\nevents = [\"alert\", \"dns\"]\n"),
            "line 1: sink e: events: \"dns\" is not one of alert, anomaly, flow, stats");
  EXPECT_EQ(error_of("[[sink]]\nname = \"e\"\nkind = \"eve-file\"\npath = \"/x\"\nevents = []\n"),
            "line 1: sink e: events must name at least one of alert, anomaly, flow, stats");
  EXPECT_EQ(error_of("[sink]\nname = \"a\"\n"), "line 1: a sink begins with [[sink]], in two brackets");
  EXPECT_EQ(error_of("sink = 3\n"), "line 1: a sink begins with [[sink]], in two brackets");
}

TEST(Sinks, the_flag_for_an_eve_file_is_a_sink_too_and_names_are_there_once) {
  Config config;
  config.read = "x.pcap";
  config.eve_file = "/var/log/eve.json";
  config.eve_keep = 9;
  ASSERT_TRUE(check_run(config));
  ASSERT_EQ(all_sinks(config).size(), 1u);
  EXPECT_EQ(all_sinks(config)[0].number("keep"), 9u);
  config.sinks = {{.name = "eve", .kind = "syslog", .values = {{"address", "udp://h:1"}}}};
  ASSERT_FALSE(check_run(config));
  EXPECT_EQ(check_run(config).error().message(), "two sinks have the name eve");
}

}  // namespace
}  // namespace weir::app
