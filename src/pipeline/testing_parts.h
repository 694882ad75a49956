// SPDX-License-Identifier: Apache-2.0
// What the pipeline's tests put at its edges: a source and a store in memory, and a detector whose model is a function.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "capture/packet_source.h"
#include "features/schema.h"
#include "scoring/detector.h"
#include "scoring/testing_models.h"
#include "store/batch_writer.h"
#include "store/detection_store.h"
#include "store/spool.h"
#include "store/temporary_folder.h"
#include "store/without_incidents.h"
#include "tests/support/packet_builder.h"

namespace weir::pipeline {

class MemorySource final : public capture::PacketSource {
 public:
  explicit MemorySource(std::vector<support::Packet> packets) : packets_(std::move(packets)) {
    for (const auto& packet : packets_) raw_.push_back(packet.raw());
  }

  void slow_down(std::chrono::milliseconds per_batch) { delay_ = per_batch; }
  void fail_at_end(std::string why) { failure_ = std::move(why); }
  void pretend_live() { live_ = true; }

  base::Result<Batch> next(std::chrono::milliseconds) override {
    std::this_thread::sleep_for(delay_);
    const std::size_t left = raw_.size() - at_;
    if (left == 0 && !failure_.empty()) return base::fail(failure_);
    const std::size_t count = std::min<std::size_t>(left, 256);
    const Batch batch{.packets = std::span(raw_).subspan(at_, count),
                      .state = count == left && failure_.empty() ? State::end : State::open};
    at_ += count;
    std::lock_guard lock(mutex_);
    stats_.packets += count;
    return batch;
  }
  capture::SourceStats stats() const override {
    std::lock_guard lock(mutex_);
    return stats_;
  }
  bool live() const override { return live_; }
  std::string name() const override { return "memory"; }

 private:
  const std::vector<support::Packet> packets_;
  std::vector<capture::RawPacket> raw_;
  std::size_t at_ = 0;
  std::chrono::milliseconds delay_{0};
  std::string failure_;
  bool live_ = false;
  mutable std::mutex mutex_;
  capture::SourceStats stats_;
};

class MemoryStore final : public store::test::WithoutIncidents {
 public:
  void break_with(std::string why) { failure_ = std::move(why); }

  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return detections_.size();
  }
  std::size_t count(scoring::Status status) const {
    std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(detections_.begin(), detections_.end(), [&](const auto& entry) {
      return entry.second.verdict.status == status;
    }));
  }
  std::map<std::string, std::size_t> count_by_model() const {
    std::lock_guard lock(mutex_);
    std::map<std::string, std::size_t> counts;
    for (const auto& [uid, detection] : detections_) ++counts[detection.model_version];
    return counts;
  }
  std::map<base::Timestamp, store::ThroughputSample> throughput_samples() const {
    std::lock_guard lock(mutex_);
    return throughput_;
  }

  base::Result<store::WriteOutcome> write(const store::WriteBatch& batch) override {
    if (!failure_.empty()) return base::fail(failure_);
    std::lock_guard lock(mutex_);
    for (const auto& detection : batch.detections) {
      const auto [same, added] = detections_.try_emplace(detection.flow.uid, detection);
      if (!added) alerting::merge(same->second, detection);
    }
    for (const auto& sample : batch.throughput) throughput_[sample.at] = sample;
    return {};
  }
  void clear() {
    std::lock_guard lock(mutex_);
    detections_.clear();
  }
  std::map<flow::FlowUid, alerting::Detection> detections() const {
    std::lock_guard lock(mutex_);
    return detections_;
  }

  base::Result<> put_model(const store::ModelRecord&) override { return {}; }
  base::Result<store::DetectionPage> find(const store::DetectionQuery&) override { return base::fail("not asked"); }
  base::Result<std::optional<alerting::Detection>> get(const flow::FlowUid&) override {
    return base::fail("not asked");
  }
  base::Result<store::DetectionCounts> counts() override { return base::fail("not asked"); }
  base::Result<std::optional<store::ModelRecord>> model(const std::string&) override { return base::fail("not asked"); }
  base::Result<std::vector<store::ThroughputSample>> throughput(base::Timestamp, base::Timestamp,
                                                                std::uint32_t) override {
    return base::fail("not asked");
  }
  std::string describe() const override { return "memory"; }

 private:
  std::string failure_;
  mutable std::mutex mutex_;
  std::map<flow::FlowUid, alerting::Detection> detections_;
  std::map<base::Timestamp, store::ThroughputSample> throughput_;
};

// A detector that finds each row anomalous whose first input is above 0.5 (each with a forward packet, by default), and a writer with a spool of its own.
class TestParts {
 public:
  std::unique_ptr<scoring::Detector> make_detector(std::vector<std::string> inputs = {"fwd_packets"},
                                                   const std::string& version = "1", float threshold = 0) {
    scoring::Bundle bundle;
    bundle.manifest.name = "test";
    bundle.manifest.version = version;
    const std::size_t width = inputs.size();
    bundle.manifest.contract.features = std::move(inputs);
    bundle.manifest.preprocessing = {.median = std::vector<double>(width, 1),
                                     .mean = std::vector<double>(width, 0),
                                     .scale = std::vector<double>(width, 1)};
    bundle.manifest.anomaly.threshold = threshold;
    bundle.manifest.anomaly.floor = threshold + 1.5F;
    bundle.manifest.anomaly.benign_rows = 100;
    bundle.manifest.anomaly.quantiles = {{0.5, threshold + 3}, {1, threshold + 4}};
    bundle.baseline.features.resize(width);
    auto made = scoring::Detector::make(std::move(bundle), all_features(), [this](const scoring::ModelSpec&) {
      auto model = std::make_unique<scoring::FunctionModel>([this](std::span<const float> row) {
        std::this_thread::sleep_for(delay_ / 1000);
        return std::vector<float>{row[0] > 0.5F ? -1.0F : 1.0F};
      });
      anomaly_model = model.get();
      return base::Result<std::unique_ptr<scoring::Model>>(std::move(model));
    });
    return std::move(*made);
  }

  std::unique_ptr<store::BatchWriter> make_writer(store::DetectionStore& store) {
    spool_.reset();
    auto spool = store::Spool::open(folder_.path() / "spool");
    spool_ = std::move(*spool);
    return std::make_unique<store::BatchWriter>(store, *spool_);
  }

  void slow_model(std::chrono::milliseconds per_thousand_rows) { delay_ = per_thousand_rows; }

  scoring::FunctionModel* anomaly_model = nullptr;

 private:
  static scoring::SensorContract all_features() {
    scoring::SensorContract sensor;
    for (const auto& feature : features::kFeatures) sensor.features.emplace_back(feature.name);
    return sensor;
  }

  store::test::TemporaryFolder folder_;
  std::unique_ptr<store::Spool> spool_;
  std::chrono::microseconds delay_{0};
};

}  // namespace weir::pipeline
