// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pipeline.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <numeric>
#include <utility>

#include <unistd.h>

#include "base/check.h"
#include "base/plain_bytes.h"

namespace weir::pipeline {

namespace {

Rules rules_for(const PipelineConfig& config, std::shared_ptr<scoring::Detector> detector, alerting::LogMode log) {
  auto policy = std::make_shared<const alerting::Policy>(alerting::PolicyConfig{
      .sensor = config.capture.meter.sensor,
      .model_version = detector->version(),
      .log = log,
      .attack_facts =
          [detector](std::string_view type) {
            const auto severity = alerting::parse_severity(detector->severity_of(type));
            return alerting::AttackFacts{severity.value_or(alerting::Severity::medium),
                                         std::string(detector->technique_of(type))};
          },
      .suppressions = config.suppressions,
  });
  return {std::move(detector), std::move(policy)};
}

RowQueue::WhenFull when_full(const std::vector<std::unique_ptr<capture::PacketSource>>& sources) {
  return sources.front()->live() ? RowQueue::WhenFull::coalesce : RowQueue::WhenFull::wait;
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

api::NamedCounts rejected_by_name(const decode::DecodeStats& decoded) {
  api::NamedCounts counts;
  for (std::size_t i = 0; i < decode::kRejectReasons; ++i) {
    const auto reason = static_cast<decode::RejectReason>(i);
    if (decoded.count(reason) > 0) counts.emplace_back(decode::name(reason), decoded.count(reason));
  }
  return counts;
}

void tell_of(const store::RetentionReport& kept, api::StatusSnapshot& status) {
  if (kept.extent) {
    status.store_bytes = kept.extent->bytes;
    status.store_oldest = kept.extent->oldest;
  }
  status.dropped_by_age = kept.dropped_by_age;
  status.dropped_by_size = kept.dropped_by_size;
  status.upkeep_problem = kept.problem;
}

void tell_of(const CheckpointReport& taken, api::StatusSnapshot& status) {
  status.checkpoint = {.taken = taken.taken,
                       .last_at = taken.last_begun,
                       .flows = taken.flows,
                       .bytes = taken.bytes,
                       .seconds = taken.seconds,
                       .longest_pause_s = std::chrono::duration<double>(taken.longest_pause).count()};
  if (!status.problem && !taken.problem.empty()) status.problem = taken.problem;
}

}  // namespace

Pipeline::Pipeline(PipelineConfig config, std::vector<std::unique_ptr<capture::PacketSource>> sources,
                   std::shared_ptr<scoring::Detector> detector, const store::DetectionStore& store,
                   store::BatchWriter& writer)
    : config_(std::move(config)),
      store_(store),
      writer_(writer),
      rows_(config_.queue_rows, when_full(sources)),
      scorer_(rows_, rules_for(config_, detector, config_.log), writer,
              {.capture_workers = sources.size() * config_.capture.meters,
               .most_rows_joined = config_.queue_rows / 2,
               .context = config_.context,
               .learn = config_.learn,
               .on_throughput = config_.on_throughput,
               .audience = config_.audience,
               .on_learnt = config_.on_learnt,
               .follow = config_.follow}),
      detector_(detector),
      capturing_(sources.size()) {
  for (auto& source : sources) {
    const std::size_t first_number = workers_.size() * config_.capture.meters;
    workers_.push_back(std::make_unique<CaptureWorker>(config_.capture, std::move(source), rows_, first_number));
  }
}

Pipeline::~Pipeline() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

void Pipeline::start() {
  WEIR_CHECK(threads_.empty());
  for (auto& worker : workers_) threads_.emplace_back([this, &worker] { run_capture(*worker); });
  threads_.emplace_back([this] { run_scoring(); });
}

std::vector<std::string> Pipeline::take_up() {
  WEIR_CHECK(threads_.empty());
  if (config_.checkpoint.folder.empty()) return {};
  std::vector<std::string> sentences = restore_found();
  // Only now: it writes over what tells how far the earlier run came.
  checkpointer_.emplace(
      config_.checkpoint, [this] { return packets_in_flows(); },
      [this](std::uint64_t ticket) {
        return writer_.is_settled(ticket) && (config_.audience == nullptr || config_.audience->is_settled());
      });
  for (auto& worker : workers_) worker->save_with(*checkpointer_);
  scorer_.save_with(*checkpointer_);
  return sentences;
}

std::vector<std::string> Pipeline::restore_found() {
  FoundCheckpoint found = find_checkpoint(config_.checkpoint.folder, config_.checkpoint.identity);
  std::vector<std::string> sentences = std::move(found.refused);
  if (!found.reader) return sentences;
  TakenUp taken_up = account_of(config_.checkpoint.folder, *found.reader);
  const CheckpointIdentity& then = found.reader->header().identity;
  const auto read = found.reader->read([&](const CheckpointPiece& piece) { return restore(piece, then.workers); });
  taken_up.hosts = scorer_.hosts_restored();
  for (const auto& worker : workers_) taken_up.flows += worker->report().metered.flows_taken_up;
  const CheckpointIdentity& now = config_.checkpoint.identity;
  if (now.workers != then.workers || (now.workers > 1 && now.boot != then.boot)) {
    taken_up.flows_ended = taken_up.flows;
    for (auto& worker : workers_) worker->end_taken_up();
  }
  sentences.push_back(to_sentence(taken_up));
  if (!read) sentences.push_back("not all of the checkpoint was taken up: " + read.error().message());
  return sentences;
}

base::Result<> Pipeline::restore(const CheckpointPiece& piece, std::uint32_t workers_then) {
  bool understood = true;
  // More workers than now: some get the flows of several, and end them at once.
  CaptureWorker& worker = *workers_[piece.worker % workers_.size()];
  if (piece.kind == PieceKind::clock) {
    SavedClock clock;
    understood = base::PlainReader(piece.bytes).take(clock) && piece.worker < workers_then;
    if (understood && piece.worker < workers_.size()) worker.restore_clock(base::from_us(clock.slice_end_us));
  } else if (piece.kind == PieceKind::flows) {
    understood = worker.restore(piece.bytes);
  } else {
    understood = scorer_.restore(piece);
  }
  if (!understood) return base::fail("a piece of it makes no sense");
  return {};
}

void Pipeline::finish_checkpoints() {
  if (checkpointer_) checkpointer_->finish(writer_.report().lost == 0 && writer_.report().queued == 0);
}

std::uint64_t Pipeline::packets_in_flows() const {
  std::uint64_t packets = 0;
  for (const auto& worker : workers_) packets += worker->report().metered.packets;
  return packets;
}

void Pipeline::stop() { stop_.store(true, std::memory_order_relaxed); }

base::Result<> Pipeline::reload(std::shared_ptr<scoring::Detector> detector, alerting::LogMode log) {
  std::lock_guard lock(detector_mutex_);
  if (detector == nullptr) detector = detector_;
  if (!scorer_.take_up(rules_for(config_, detector, log))) {
    return base::fail("the model in use is learning what is normal here; another one can take its place after that");
  }
  detector_ = std::move(detector);
  return {};
}

// The slowest worker counts: one that hangs must not hide behind the others.
std::uint64_t Pipeline::heartbeat() const {
  std::uint64_t slowest = std::numeric_limits<std::uint64_t>::max();
  for (const auto& worker : workers_) {
    const CaptureReport report = worker->report();
    if (!report.ended) slowest = std::min(slowest, report.rounds);
  }
  const std::uint64_t idle = ++asked_when_done_;
  return slowest == std::numeric_limits<std::uint64_t>::max() ? idle : slowest;
}

std::shared_ptr<const scoring::Detector> Pipeline::detector() const {
  std::lock_guard lock(detector_mutex_);
  return detector_;
}

void Pipeline::run_capture(CaptureWorker& worker) {
  worker.run(stop_);
  if (capturing_.fetch_sub(1) == 1) rows_.close();
}

void Pipeline::run_scoring() {
  scorer_.run();
  {
    std::lock_guard lock(done_mutex_);
    done_ = true;
  }
  done_changed_.notify_all();
}

bool Pipeline::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(done_mutex_);
  return done_changed_.wait_for(lock, timeout, [this] { return done_; });
}

std::vector<CaptureReport> Pipeline::reports() const {
  std::vector<CaptureReport> reports;
  for (const auto& worker : workers_) reports.push_back(worker->report());
  return reports;
}

// Read from the far end of the stream to the near one (the caller passes reports taken in that order), so that a count
// downstream never exceeds the one upstream.
api::LossAccount Pipeline::account(const std::vector<CaptureReport>& captures, const ScoringReport& scored,
                                   const store::WriterReport& written) const {
  api::LossAccount loss;
  decode::DecodeStats decoded;
  std::uint64_t on_the_way = 0, rows_made = 0;
  for (const CaptureReport& c : captures) {
    decoded += c.decoded;
    on_the_way += c.on_the_way;
    loss.packets_in_flows += c.metered.packets;
    loss.kernel_drops += c.source.kernel_drops;
    loss.interface_drops += c.source.interface_drops;
    loss.flows_started += c.metered.flows_started;
    loss.flows_ended += std::accumulate(c.metered.flows_ended.begin(), c.metered.flows_ended.end(), std::uint64_t{0});
    loss.flows_open += c.metered.flows_open;
    loss.flows_taken_up += c.metered.flows_taken_up;
    rows_made += c.metered.rows_interim + c.metered.rows_final;
  }
  // A fragment that waits for its first (a second at most), or a packet that waits for its meter, is seen when it goes on.
  loss.packets_seen = decoded.packets - decoded.waiting - on_the_way;
  loss.packets_rejected = rejected_by_name(decoded);
  loss.rows_scored = scored.rows_scored;
  loss.rows_repeated = scored.rows_repeated;
  loss.rows_unscored = {{"overload", scored.rows_unscored_overload},
                        {"model_failed", scored.rows_unscored_model_failed},
                        {"output_not_finite", scored.rows_unscored_not_finite}};
  // By the queue's own count: a capture worker tells of its rows after it has handed them over.
  const RowQueue::Stats queue = rows_.stats();
  loss.rows = queue.rows_pushed;
  loss.rows_coalesced = queue.rows_coalesced;
  const std::uint64_t rows_done = loss.rows_scored + loss.rows_repeated + loss.rows_coalesced + scored.rows_unscored();
  loss.rows_queued = loss.rows > rows_done ? loss.rows - rows_done : 0;
  loss.detections = scored.detections;
  loss.detections_stored = written.stored;
  loss.detections_spooled = written.spooled;
  loss.detections_queued = written.queued;
  loss.detections_lost = written.lost;
  loss.detections_of_earlier = written.to_recover;
  const std::uint64_t detections_done = written.stored + written.spooled + written.queued + written.lost;
  loss.balanced = loss.packets_seen == loss.packets_in_flows + decoded.rejected() &&
                  loss.flows_started + loss.flows_taken_up == loss.flows_ended + loss.flows_open &&
                  rows_done <= loss.rows && detections_done <= loss.detections;
  if (done()) {
    loss.balanced =
        loss.balanced && loss.rows == rows_made && rows_done == loss.rows && detections_done == loss.detections;
  }
  return loss;
}

std::string Pipeline::state(const std::vector<CaptureReport>& captures) const {
  const auto failed = [](const CaptureReport& c) { return c.failure.has_value(); };
  if (std::any_of(captures.begin(), captures.end(), failed)) return "failed";
  if (done()) return "finished";
  return stop_.load(std::memory_order_relaxed) ? "stopping" : "running";
}

bool Pipeline::done() const {
  std::lock_guard lock(done_mutex_);
  return done_;
}

api::StatusSnapshot Pipeline::status() const {
  const store::WriterReport written = writer_.report();
  const ScoringReport scored = scorer_.report();
  const std::vector<CaptureReport> captures = reports();

  api::StatusSnapshot s;
  s.version = config_.program_version;
  s.sensor = config_.capture.meter.sensor;
  s.source = workers_.front()->source().name();
  s.live = workers_.front()->source().live();
  s.state = state(captures);
  s.uptime_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  s.loss = account(captures, scored, written);
  const auto queue = rows_.stats();
  s.scoring_lag_s = std::chrono::duration<double>(queue.oldest_age).count();
  s.rows_per_s_capacity = scored.seconds > 0 ? static_cast<double>(scored.rows_scored) / scored.seconds : 0;
  for (const CaptureReport& c : captures) {
    s.capture_cpu_s += std::chrono::duration<double>(c.cpu_time).count();
    if (c.packet_time) s.packet_time = std::max(s.packet_time.value_or(*c.packet_time), *c.packet_time);
    if (c.source.size_bytes > 0) {
      s.progress = static_cast<double>(c.source.position_bytes) / static_cast<double>(c.source.size_bytes);
    }
    if (c.source.damage) s.problem = "the capture is damaged: " + *c.source.damage;
    if (c.failure) s.problem = "capture stopped: " + *c.failure;
  }
  const auto model = detector();
  s.model_version = scored.adapted_version.empty() ? model->version() : scored.adapted_version;
  s.model_trained_on = model->trained_on();
  s.threshold = static_cast<double>(scored.threshold);
  s.calibration = scored.calibration;
  if (scored.adaptation) {
    s.adaptation = api::AdaptationStatus{.base_threshold = static_cast<double>(scored.adaptation->base),
                                         .changed_at = scored.adaptation->changed,
                                         .changes = scored.adaptation->changes,
                                         .frozen = scored.adaptation->frozen,
                                         .calm_hours = scored.adaptation->calm_hours,
                                         .sentence = scoring::to_sentence(*scored.adaptation)};
  }
  s.store = store_.describe();
  s.store_ok = written.ok;
  if (!written.ok) s.problem = "the store cannot be written: " + written.last_error;
  if (config_.kept) tell_of(config_.kept(), s);
  if (checkpointer_) tell_of(checkpointer_->report(), s);
  if (scored.rows_unscored_model_failed > 0) s.problem = "the model failed on some rows; they are stored as unscored";
  s.rss_bytes = resident_bytes();
  if (config_.audience != nullptr) config_.audience->add_to(s);
  return s;
}

}  // namespace weir::pipeline
