// SPDX-License-Identifier: Apache-2.0
// The whole pipeline between a source and a store that live in memory: whatever happens at its edges, the account adds up.
#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pipeline/testing_parts.h"
#include "tests/support/packet_builder.h"

namespace weir::pipeline {
namespace {

using namespace std::chrono_literals;
using support::ACK;
using support::packet;
using support::RST;
using support::SYN;

// `count` connection attempts, one every millisecond, each to a port of its own, each refused.
std::vector<support::Packet> port_scan(int count, std::int64_t first_us = 1'000'000'000) {
  std::vector<support::Packet> packets;
  for (int i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(1 + i % 60000);
    const std::int64_t at = first_us + i * 1000;
    packets.push_back(packet().at_us(at).ethernet().ipv4("198.18.0.1", "198.18.0.2").tcp(40000, port, SYN).build());
    packets.push_back(
        packet().at_us(at + 90).ethernet().ipv4("198.18.0.2", "198.18.0.1").tcp(port, 40000, RST | ACK).build());
  }
  return packets;
}

class PipelineTest : public testing::Test {
 protected:
  std::unique_ptr<Pipeline> make(std::vector<std::unique_ptr<capture::PacketSource>> sources,
                                 PipelineConfig config = {}) {
    writer_.reset();  // before its spool
    writer_ = parts_.make_writer(store_);
    return std::make_unique<Pipeline>(std::move(config), std::move(sources), detector_, store_, *writer_);
  }
  std::unique_ptr<Pipeline> make(std::unique_ptr<capture::PacketSource> source, PipelineConfig config = {}) {
    std::vector<std::unique_ptr<capture::PacketSource>> sources;
    sources.push_back(std::move(source));
    return make(std::move(sources), std::move(config));
  }
  api::StatusSnapshot run_to_the_end(Pipeline& pipeline) {
    pipeline.start();
    EXPECT_TRUE(pipeline.wait(30s));
    writer_->stop(10s);
    return pipeline.status();
  }

  TestParts parts_;
  MemoryStore store_;
  std::shared_ptr<scoring::Detector> detector_ = parts_.make_detector();
  std::unique_ptr<store::BatchWriter> writer_;
};

TEST_F(PipelineTest, every_packet_row_and_detection_of_a_file_is_accounted_for) {
  auto packets = port_scan(3000);
  packets.push_back(packet().at_us(1'010'000'000).ethernet().arp().build());
  const auto pipeline = make(std::make_unique<MemorySource>(packets), {.log = alerting::LogMode::all});
  const auto status = run_to_the_end(*pipeline);

  EXPECT_EQ(status.state, "finished");
  EXPECT_GT(status.capture_cpu_s, 0);
  EXPECT_EQ(status.loss.packets_seen, 6001u);
  EXPECT_EQ(status.loss.packets_in_flows, 6000u);
  EXPECT_EQ(status.loss.packets_rejected, (api::NamedCounts{{"arp", 1}}));
  EXPECT_EQ(status.loss.flows_started, 3000u);
  EXPECT_EQ(status.loss.rows_scored, status.loss.rows);
  EXPECT_EQ(status.loss.detections, status.loss.rows);
  EXPECT_TRUE(status.loss.balanced);
  EXPECT_EQ(store_.size(), 3000u);
}

// Fifteen hosts that ask for a name each few minutes, over so many hours.
std::vector<support::Packet> names_asked_for(int hours) {
  std::vector<support::Packet> packets;
  for (int minute = 0; minute < hours * 60; ++minute) {
    for (int host = minute % 4; host < 15; host += 4) {
      const std::int64_t at = 1'000'000'000 + minute * 60'000'000LL + host * 1'000'000;
      const auto port = static_cast<std::uint16_t>(20'000 + minute);
      const std::string source = fmt::format("198.18.0.{}", host + 1);
      packets.push_back(packet().at_us(at).ethernet().ipv4(source, "198.18.1.1").udp(port, 53).build());
    }
  }
  return packets;
}

PipelineConfig following(const std::filesystem::path& file, std::vector<std::string>& told) {
  PipelineConfig config{.log = alerting::LogMode::all};
  config.follow.on = true;
  config.follow.file = file;
  config.follow.announce = [&told](const auto&, const std::string& version, float threshold, const auto* step) {
    told.push_back(fmt::format("{} {} {}", step == nullptr ? "again" : "step", version, threshold));
    return base::Result<>();
  };
  config.follow.say = [&told](const std::string& sentence) { told.push_back(sentence); };
  return config;
}

TEST_F(PipelineTest, a_threshold_that_follows_drift_is_told_before_it_judges_and_goes_on_after_a_restart) {
  const store::test::TemporaryFolder folder;
  std::vector<std::string> told;
  detector_ = parts_.make_detector({"fwd_packets"}, "1", -2);
  const auto first = make(std::make_unique<MemorySource>(names_asked_for(26)), following(folder.path() / "a", told));
  const auto status = run_to_the_end(*first);
  ASSERT_TRUE(status.adaptation);
  ASSERT_EQ(told.size(), 2u) << status.adaptation->sentence << " " << status.loss.rows_scored;
  EXPECT_TRUE(told[0].starts_with("step test@1+adapted.")) << told[0];
  EXPECT_TRUE(told[0].ends_with(" -1.97")) << told[0];
  EXPECT_TRUE(told[1].starts_with("the threshold goes from -2 to -1.97, one step looser")) << told[1];
  const std::string version = told[0].substr(5, told[0].rfind(' ') - 5);
  EXPECT_EQ(status.model_version, version);
  EXPECT_NEAR(status.threshold, -1.97, 1e-6);
  ASSERT_TRUE(status.adaptation);
  EXPECT_EQ(status.adaptation->base_threshold, -2);
  EXPECT_EQ(status.adaptation->changes, 1u);
  const auto counts = store_.count_by_model();
  EXPECT_GT(counts.at("test@1"), 5000u);
  EXPECT_GT(counts.at(version), 100u);

  told.clear();
  detector_ = parts_.make_detector({"fwd_packets"}, "1", -2);
  const auto second = make(std::make_unique<MemorySource>(names_asked_for(1)), following(folder.path() / "a", told));
  EXPECT_EQ(run_to_the_end(*second).model_version, version);
  EXPECT_EQ(told, (std::vector<std::string>{fmt::format("again {} -1.97", version)}));
}

TEST_F(PipelineTest, what_a_threshold_had_learnt_is_not_taken_up_from_a_damaged_file_or_for_another_model) {
  const store::test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "adaptation";
  std::vector<std::string> told;
  const auto run = [&](int hours, const std::string& version) {
    told.clear();
    detector_ = parts_.make_detector({"fwd_packets"}, version, -2);
    return run_to_the_end(*make(std::make_unique<MemorySource>(names_asked_for(hours)), following(file, told)));
  };
  run(25, "1");
  EXPECT_EQ(run(1, "2").model_version, "test@2");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("it belongs to test@1,"), std::string::npos) << told[0];
  run(25, "1");
  std::fstream(file, std::ios::in | std::ios::out).seekp(100) << "x";
  EXPECT_EQ(run(1, "1").model_version, "test@1");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("it is damaged"), std::string::npos) << told[0];
}

TEST_F(PipelineTest, a_threshold_that_cannot_be_stored_does_not_judge) {
  std::vector<std::string> told;
  detector_ = parts_.make_detector({"fwd_packets"}, "1", -2);
  PipelineConfig config = following({}, told);
  config.follow.announce = [](const auto&, const auto&, float, const auto*) { return base::fail("the disk is full"); };
  const auto status = run_to_the_end(*make(std::make_unique<MemorySource>(names_asked_for(26)), std::move(config)));
  EXPECT_EQ(status.model_version, "test@1");
  EXPECT_EQ(status.threshold, -2);
  ASSERT_FALSE(told.empty());
  EXPECT_NE(told[0].find("the disk is full"), std::string::npos);
}

TEST_F(PipelineTest, until_its_first_step_a_threshold_that_follows_judges_like_one_that_does_not) {
  const auto detections = [&](bool follows) {
    std::vector<std::string> told;
    store_.clear();
    detector_ = parts_.make_detector();
    PipelineConfig config = following({}, told);
    config.follow.on = follows;
    EXPECT_EQ(run_to_the_end(*make(std::make_unique<MemorySource>(port_scan(3000)), std::move(config))).model_version,
              "test@1");
    std::vector<std::string> lines;
    for (const auto& [uid, d] : store_.detections()) {
      lines.push_back(
          fmt::format("{} {} {} {}", fmt::join(d.features, " "), d.model_version, d.verdict.score, d.verdict.margin));
    }
    return lines;
  };
  const auto with = detections(true);
  EXPECT_EQ(with.size(), 3000u);
  EXPECT_EQ(with, detections(false));
}

TEST_F(PipelineTest, only_what_matters_is_kept_unless_all_is_asked_for) {
  const auto pipeline = make(std::make_unique<MemorySource>(port_scan(10)));
  run_to_the_end(*pipeline);
  EXPECT_EQ(store_.size(), store_.count(scoring::Status::anomaly));
  EXPECT_GT(store_.size(), 0u);
}

PipelineConfig in_slices() {
  PipelineConfig config;
  config.capture.meter.first_row = 1s;
  config.capture.meter.repeat_features = false;
  return config;
}

TEST_F(PipelineTest, a_flow_is_judged_by_its_first_row_and_its_end_without_news_only_adds_how_it_ended) {
  auto pipeline = make(std::make_unique<MemorySource>(port_scan(3000)), in_slices());
  const auto status = run_to_the_end(*pipeline);
  EXPECT_TRUE(status.loss.balanced);
  EXPECT_EQ(status.loss.rows, 5000u) << "the flows of the last second end before their first row is due";
  EXPECT_EQ(status.loss.rows_repeated, 2000u);
  EXPECT_EQ(status.loss.rows_scored, 3000u);
  EXPECT_EQ(store_.count(scoring::Status::anomaly), 3000u);
  for (const auto& [uid, detection] : store_.detections()) {
    ASSERT_EQ(detection.flow.end_reason, flow::EndReason::end_of_flow);
    ASSERT_LE(*detection.alerted_at, detection.flow.started + 1500ms) << "named while it ran";
    ASSERT_EQ(detection.features.size(), 1u) << "of the row that was judged";
  }
}

TEST_F(PipelineTest, the_context_of_hosts_is_the_same_whether_one_worker_saw_all_or_two_shared_the_flows) {
  detector_ = parts_.make_detector({"src_flows_10s", "pair_ports_60s", "src_refused_share_10s", "pair_recent_gap_std"});
  const auto packets = port_scan(2500);
  std::vector<support::Packet> even, odd;
  for (std::size_t i = 0; i < packets.size(); ++i) (i / 2 % 2 == 0 ? even : odd).push_back(packets[i]);

  run_to_the_end(*make(std::make_unique<MemorySource>(packets), in_slices()));
  const auto one = store_.detections();
  store_.clear();
  std::vector<std::unique_ptr<capture::PacketSource>> sources;
  sources.push_back(std::make_unique<MemorySource>(even));
  sources.push_back(std::make_unique<MemorySource>(odd));
  run_to_the_end(*make(std::move(sources), in_slices()));
  const auto two = store_.detections();

  ASSERT_EQ(one.size(), 2500u);
  ASSERT_EQ(two.size(), one.size());
  float most_flows = 0;
  for (const auto& [uid, detection] : one) {
    EXPECT_EQ(two.at(uid).features, detection.features);
    most_flows = std::max(most_flows, detection.features[0]);
  }
  EXPECT_GT(most_flows, 1000) << "each row sees the whole scan, not its worker's half";
}

TEST_F(PipelineTest, a_file_shared_by_several_meters_gives_what_one_gives) {
  detector_ = parts_.make_detector({"fwd_packets", "src_flows_10s", "pair_ports_60s", "flow_duration_us"});
  auto packets = port_scan(20'000);
  packets.push_back(packet().at_us(1'021'000'000).ethernet().arp().build());
  const auto run = [&](std::size_t meters) {
    store_.clear();
    PipelineConfig config = in_slices();
    config.capture.meters = meters;
    const auto pipeline = make(std::make_unique<MemorySource>(packets), config);
    const auto status = run_to_the_end(*pipeline);
    EXPECT_TRUE(status.loss.balanced);
    EXPECT_EQ(status.loss.packets_seen, packets.size());
    return std::pair(status.loss, store_.detections());
  };
  const auto [loss, one] = run(1);
  const auto samples = store_.throughput_samples();
  ASSERT_EQ(one.size(), 20'000u);
  for (const std::size_t meters : {2, 5}) {
    SCOPED_TRACE(meters);
    const auto [shared_loss, shared] = run(meters);
    EXPECT_EQ(shared_loss.rows, loss.rows);
    EXPECT_EQ(shared_loss.rows_scored, loss.rows_scored);
    EXPECT_EQ(shared_loss.packets_rejected, loss.packets_rejected);
    ASSERT_EQ(shared.size(), one.size());
    for (const auto& [uid, detection] : one) {
      const alerting::Detection& same = shared.at(uid);
      ASSERT_EQ(same.features, detection.features);
      ASSERT_EQ(same.flow.packets, detection.flow.packets);
      ASSERT_EQ(same.flow.end_reason, detection.flow.end_reason);
      ASSERT_EQ(same.alerted_at, detection.alerted_at);
      ASSERT_EQ(same.verdict.score, detection.verdict.score);
    }
    const auto shared_samples = store_.throughput_samples();
    ASSERT_EQ(shared_samples.size(), samples.size());
    for (const auto& [at, sample] : samples) {
      EXPECT_EQ(shared_samples.at(at).packets, sample.packets);
      EXPECT_EQ(shared_samples.at(at).bytes, sample.bytes);
      EXPECT_EQ(shared_samples.at(at).flows_started, sample.flows_started);
      EXPECT_EQ(shared_samples.at(at).flows_open, sample.flows_open);
    }
  }
}

TEST_F(PipelineTest, the_account_of_a_file_shared_by_several_meters_holds_at_every_moment) {
  PipelineConfig config = in_slices();
  config.capture.meters = 3;
  const auto pipeline = make(std::make_unique<MemorySource>(port_scan(60'000)), config);
  pipeline->start();
  while (!pipeline->wait(1ms)) ASSERT_TRUE(pipeline->status().loss.balanced);
  writer_->stop(10s);
  const auto status = pipeline->status();
  EXPECT_TRUE(status.loss.balanced);
  EXPECT_EQ(status.loss.packets_seen, 120'000u);
}

TEST_F(PipelineTest, a_stop_in_the_middle_turns_open_flows_into_rows_and_loses_nothing) {
  auto source = std::make_unique<MemorySource>(port_scan(200'000));
  source->slow_down(1ms);
  const auto pipeline = make(std::move(source), {.log = alerting::LogMode::all});
  pipeline->start();
  while (pipeline->status().loss.packets_seen < 2000) std::this_thread::sleep_for(1ms);
  pipeline->stop();
  ASSERT_TRUE(pipeline->wait(30s));
  writer_->stop(10s);

  const auto status = pipeline->status();
  EXPECT_LT(status.loss.packets_seen, 400'000u);
  EXPECT_EQ(status.loss.flows_open, 0u);
  EXPECT_TRUE(status.loss.balanced);
  EXPECT_EQ(store_.size(), status.loss.flows_started);
}

TEST_F(PipelineTest, a_model_that_fails_makes_rows_unscored_and_never_normal) {
  parts_.anomaly_model->failure = "out of memory";
  const auto pipeline = make(std::make_unique<MemorySource>(port_scan(50)));
  const auto status = run_to_the_end(*pipeline);
  EXPECT_EQ(store_.count(scoring::Status::unscored), 50u);
  EXPECT_EQ(store_.count(scoring::Status::normal), 0u);
  EXPECT_TRUE(status.problem.has_value());
  EXPECT_TRUE(status.loss.balanced);
}

TEST_F(PipelineTest, a_reload_under_way_judges_every_row_once_by_one_model_or_the_other) {
  auto source = std::make_unique<MemorySource>(port_scan(50'000));
  source->slow_down(1ms);
  const auto pipeline = make(std::move(source), {.log = alerting::LogMode::all});
  pipeline->start();
  for (int version = 2; version <= 20; ++version) {
    std::this_thread::sleep_for(5ms);
    ASSERT_TRUE(
        pipeline->reload(parts_.make_detector({"fwd_packets"}, std::to_string(version)), alerting::LogMode::all));
    EXPECT_EQ(pipeline->status().model_version, "test@" + std::to_string(version));
  }
  pipeline->stop();
  ASSERT_TRUE(pipeline->wait(60s));
  writer_->stop(10s);

  const auto status = pipeline->status();
  EXPECT_TRUE(status.loss.balanced);
  EXPECT_EQ(status.loss.rows_scored + status.loss.rows_repeated, status.loss.rows);
  EXPECT_EQ(store_.size(), status.loss.flows_started);
  EXPECT_TRUE(store_.count_by_model().contains("test@20")) << "the last rows are judged by the newest";
}

TEST_F(PipelineTest, a_reload_may_keep_more_than_before) {
  const auto pipeline = make(std::make_unique<MemorySource>(port_scan(10)));
  constexpr float kNothingIsAnomalous = -2;
  ASSERT_TRUE(
      pipeline->reload(parts_.make_detector({"fwd_packets"}, "2", kNothingIsAnomalous), alerting::LogMode::all));
  run_to_the_end(*pipeline);
  EXPECT_EQ(store_.size(), 10u);
  EXPECT_EQ(store_.count(scoring::Status::normal), 10u);
}

TEST_F(PipelineTest, a_model_that_learns_cannot_be_replaced_but_what_is_kept_can_change) {
  const auto pipeline =
      make(std::make_unique<MemorySource>(port_scan(10)), {.learn = {.time = std::chrono::minutes(5)}});
  EXPECT_FALSE(pipeline->reload(parts_.make_detector({"fwd_packets"}, "2"), alerting::LogMode::all));
  EXPECT_TRUE(pipeline->reload(nullptr, alerting::LogMode::all));
  EXPECT_EQ(pipeline->status().model_version, "test@1");
}

TEST_F(PipelineTest, a_source_that_fails_ends_the_run_with_what_was_captured) {
  auto source = std::make_unique<MemorySource>(port_scan(100));
  source->fail_at_end("the interface vanished");
  const auto pipeline = make(std::move(source), {.log = alerting::LogMode::all});
  const auto status = run_to_the_end(*pipeline);
  EXPECT_EQ(status.state, "failed");
  EXPECT_NE(status.problem.value_or("").find("the interface vanished"), std::string::npos);
  EXPECT_EQ(store_.size(), 100u);
  EXPECT_TRUE(status.loss.balanced);
}

TEST_F(PipelineTest, a_store_that_is_away_leaves_every_detection_in_the_spool) {
  store_.break_with("connection refused");
  const auto pipeline = make(std::make_unique<MemorySource>(port_scan(500)), {.log = alerting::LogMode::all});
  const auto status = run_to_the_end(*pipeline);
  EXPECT_EQ(status.loss.detections_spooled, status.loss.detections);
  EXPECT_FALSE(status.store_ok);
  EXPECT_TRUE(status.loss.balanced);
  EXPECT_EQ(store_.size(), 0u);
}

TEST_F(PipelineTest, a_limit_on_packets_is_exact) {
  CaptureConfig capture;
  capture.max_packets = 777;
  const auto pipeline = make(std::make_unique<MemorySource>(port_scan(2000)), {.capture = capture});
  const auto status = run_to_the_end(*pipeline);
  EXPECT_EQ(status.loss.packets_seen, 777u);
  EXPECT_TRUE(status.loss.balanced);
}

TEST_F(PipelineTest, the_throughput_samples_add_up_to_the_packets_seen_over_several_workers) {
  std::vector<std::unique_ptr<capture::PacketSource>> sources;
  sources.push_back(std::make_unique<MemorySource>(port_scan(30'000)));
  sources.push_back(std::make_unique<MemorySource>(port_scan(15'000, 1'005'000'000)));
  const auto pipeline = make(std::move(sources));
  const auto status = run_to_the_end(*pipeline);
  std::uint64_t packets = 0, flows = 0;
  for (const auto& [at, sample] : store_.throughput_samples()) {
    packets += sample.packets;
    flows += sample.flows_started;
  }
  EXPECT_EQ(packets, status.loss.packets_in_flows);
  EXPECT_EQ(flows, status.loss.flows_started);
  EXPECT_EQ(status.loss.packets_seen, 90'000u);
}

TEST_F(PipelineTest, no_more_rows_wait_than_the_queue_may_hold_wherever_they_wait) {
  parts_.slow_model(100ms);
  constexpr std::size_t kBound = 1024;
  const auto pipeline = make(std::make_unique<MemorySource>(port_scan(30'000)), {.queue_rows = kBound});
  pipeline->start();
  std::uint64_t most = 0;
  while (!pipeline->wait(1ms)) most = std::max(most, pipeline->status().loss.rows_queued);
  writer_->stop(10s);
  EXPECT_GT(most, 0u);
  EXPECT_LE(most, kBound + 2 * features::kMaxBatchRows) << "one batch too many, and one that is being filled";
  EXPECT_TRUE(pipeline->status().loss.balanced);
}

TEST_F(PipelineTest, a_live_link_that_outruns_the_model_drops_no_packet) {
  // Ahead of the wall clock, so that packets close the ticks: the second comes while the first is still being scored.
  const auto later = std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now() + 1h);
  auto source = std::make_unique<MemorySource>(port_scan(20'000, base::to_us(later)));
  source->pretend_live();
  parts_.slow_model(1s);  // a tick takes longer than its packets do under any sanitizer
  const auto pipeline = make(std::move(source), {.log = alerting::LogMode::all, .queue_rows = 1024});
  const auto status = run_to_the_end(*pipeline);
  EXPECT_EQ(status.loss.packets_seen, 40'000u);
  const auto unscored =
      std::accumulate(status.loss.rows_unscored.begin(), status.loss.rows_unscored.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const auto& entry) { return sum + entry.second; });
  EXPECT_GT(unscored + status.loss.rows_coalesced, 0u);
  EXPECT_TRUE(status.loss.balanced);
}

}  // namespace
}  // namespace weir::pipeline
