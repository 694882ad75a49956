// SPDX-License-Identifier: Apache-2.0
#include "sinks/eve_log.h"

#include <algorithm>
#include <utility>

#include "sinks/eve_event.h"

namespace weir::sinks {

namespace {

// What an event holds, without what explains the verdict.
alerting::Detection slim(const alerting::Detection& detection) {
  alerting::Detection alert;
  alert.flow = detection.flow;
  alert.sensor = detection.sensor;
  alert.alerted_at = detection.alerted_at;
  alert.verdict.status = detection.verdict.status;
  alert.verdict.score = detection.verdict.score;
  alert.verdict.margin = detection.verdict.margin;
  alert.verdict.attack_type = detection.verdict.attack_type;
  alert.verdict.confidence = detection.verdict.confidence;
  alert.severity = detection.severity;
  alert.technique = detection.technique;
  alert.model_version = detection.model_version;
  return alert;
}

bool is_alert(const alerting::Detection& detection) {
  return detection.verdict.status == scoring::Status::anomaly && detection.suppressed_by.empty();
}

}  // namespace

EveLog::EveLog(std::unique_ptr<EveFile> file, OnChange on_change, std::size_t queue_batches)
    : file_(std::move(file)), on_change_(std::move(on_change)), queue_(queue_batches), worker_([this] { work(); }) {}

EveLog::~EveLog() { stop(); }

void EveLog::tell(std::span<const alerting::Detection> detections) {
  std::vector<alerting::Detection> alerts;
  for (const alerting::Detection& detection : detections) {
    if (is_alert(detection) && !is_told(detection)) alerts.push_back(slim(detection));
  }
  if (alerts.empty()) return;
  {
    std::lock_guard lock(mutex_);
    counts_.waiting += alerts.size();
  }
  const std::vector<alerting::Detection> told = alerts;
  queue_stuck_ = !queue_.push_for(alerts, queue_stuck_ ? std::chrono::milliseconds(0) : kRoomWait);
  if (queue_stuck_) return settle(told.size(), false);
  for (const alerting::Detection& alert : told) remember(alert);
}

bool EveLog::is_told(const alerting::Detection& detection) const {
  const auto known = told_.find(detection.flow.uid);
  return known != told_.end() && known->second == detection.verdict.attack_type;
}

void EveLog::remember(const alerting::Detection& detection) {
  if (!told_.insert_or_assign(detection.flow.uid, detection.verdict.attack_type).second) return;
  told_order_.push_back(detection.flow.uid);
  if (told_order_.size() <= kToldFlows) return;
  told_.erase(told_order_.front());
  told_order_.pop_front();
}

void EveLog::work() {
  while (auto alerts = queue_.pop()) write(*alerts);
}

void EveLog::write(const std::vector<alerting::Detection>& alerts) {
  std::string lines;
  for (const alerting::Detection& alert : alerts) lines.append(eve_alert(alert)).append("\n");
  auto pause = kFirstRetry;
  while (true) {
    const auto written = file_->append(lines);
    if (written) return settle(alerts.size(), true);
    if (!failed_and_may_retry(written.error(), pause)) return settle(alerts.size(), false);
    pause = std::min(pause * 2, kLastRetry);
  }
}

// Waits for the time of the next try. False: there will be none.
bool EveLog::failed_and_may_retry(const base::Error& error, std::chrono::milliseconds pause) {
  std::unique_lock lock(mutex_);
  const bool news = std::exchange(counts_.ok, false);
  counts_.last_error = error.message();
  lock.unlock();
  if (news && on_change_) on_change_(error.message() + "; trying again");
  lock.lock();
  if (stopping_) return false;
  stop_changed_.wait_for(lock, pause, [this] { return stopping_; });
  return true;  // a stop asks for one last try
}

void EveLog::settle(std::size_t alerts, bool written) {
  bool again = false;
  {
    std::lock_guard lock(mutex_);
    counts_.waiting -= alerts;
    (written ? counts_.written : counts_.lost) += alerts;
    if (written) again = !std::exchange(counts_.ok, true);
  }
  if (again && on_change_) on_change_("EVE file " + file_->path().string() + ": takes alerts again");
}

EveReport EveLog::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_changed_.notify_all();
  queue_.close();
  if (worker_.joinable()) worker_.join();
  return report();
}

EveReport EveLog::report() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace weir::sinks
