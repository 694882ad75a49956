// SPDX-License-Identifier: Apache-2.0
#include "store/spool.h"

#include <charconv>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "store/codec.h"

namespace weir::store {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".spool";

// "0000000007.spool" -> 7
std::optional<std::uint32_t> number_of(const fs::path& file) {
  const std::string name = file.stem().string();
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (file.extension() != kEnding || error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

std::uint64_t rows_in(const std::vector<SpoolRecord>& records) {
  return std::accumulate(records.begin(), records.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const SpoolRecord& record) { return sum + record.rows; });
}

}  // namespace

base::Result<std::unique_ptr<Spool>> Spool::open(const fs::path& folder, SpoolOptions options) {
  const std::string doing = "open the spool " + folder.string();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return base::fail(doing + ": " + error.message());
  auto lock = FolderLock::take(folder);
  if (!lock) return base::fail_within(doing, lock);
  std::unique_ptr<Spool> spool(new Spool(folder, options, std::move(*lock)));
  spool->take_stock();
  return spool;
}

Spool::Spool(fs::path folder, SpoolOptions options, FolderLock lock)
    : folder_(std::move(folder)), options_(options), lock_(std::move(lock)) {}

base::Result<bool> Spool::append(const WriteBatch& batch, std::uint64_t rows) {
  const auto record = framed(encode(batch), static_cast<std::uint32_t>(rows));
  std::lock_guard lock(mutex_);
  if (total_bytes() + kSegmentHeaderBytes + record.size() > options_.max_bytes) return false;
  if (!writing_) {
    if (auto begun = begin_segment(); !begun) return base::fail_within("spool " + folder_.string(), begun);
  }
  if (auto appended = writing_->append(record); !appended)
    return base::fail_within("spool " + folder_.string(), appended);
  Segment& segment = segments_.at(last_number_);
  segment.bytes = writing_->size();
  segment.rows += rows;
  if (segment.bytes >= options_.segment_bytes) writing_.reset();
  return true;
}

base::Result<std::optional<SpooledBatch>> Spool::oldest() {
  std::lock_guard lock(mutex_);
  while (true) {
    if (!reading_) {
      const auto loaded = load_oldest();
      if (!loaded) return base::fail_within("read the spool " + folder_.string(), loaded);
      if (!*loaded) return std::optional<SpooledBatch>();
    }
    if (reading_->next == reading_->records.size()) {
      finish_oldest();
      continue;
    }
    Segment& segment = segments_.begin()->second;
    const SpoolRecord& record = reading_->records[reading_->next];
    auto batch = decode(record.payload);
    if (batch) return SpooledBatch{std::move(*batch), record.rows, segment.from_earlier_run};

    note("a batch in the spool cannot be used: " + batch.error().message());
    ++damaged_places_;
    segment.damaged = true;
    segment.rows -= record.rows;
    if (!segment.from_earlier_run) rows_lost_ += record.rows;
    ++reading_->next;
  }
}

void Spool::release_oldest() {
  std::lock_guard lock(mutex_);
  WEIR_CHECK(reading_ && reading_->next < reading_->records.size());
  segments_.begin()->second.rows -= reading_->records[reading_->next].rows;
  if (++reading_->next == reading_->records.size()) finish_oldest();
}

SpoolReport Spool::report() const {
  std::lock_guard lock(mutex_);
  SpoolReport report;
  report.bytes = total_bytes();
  for (const auto& [number, segment] : segments_) {
    (segment.from_earlier_run ? report.rows_of_earlier_runs : report.rows) += segment.rows;
  }
  report.rows_lost = rows_lost_;
  report.damaged_places = damaged_places_;
  report.problem = problem_;
  return report;
}

// What an earlier run left behind. A file that cannot be read now is none of ours to touch.
void Spool::take_stock() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (const auto number = number_of(entry.path())) take_stock_of(*number);
  }
  if (error) note("the folder " + folder_.string() + " cannot be listed: " + error.message());
}

void Spool::take_stock_of(std::uint32_t number) {
  last_number_ = std::max(last_number_, number);
  const auto bytes = read_file(path_of(number));
  const auto scan = bytes ? scan_segment(*bytes) : base::Result<SegmentScan>(base::fail(bytes.error()));
  if (!scan) {
    note(fmt::format("{} is left as it is: {}", path_of(number).string(), scan.error().message()));
    return;
  }
  segments_[number] = {bytes->size(), rows_in(scan->records), /*from_earlier_run=*/true, scan->damaged_places > 0};
  damaged_places_ += scan->damaged_places + scan->torn_end;
  if (scan->damaged_places > 0) {
    note(fmt::format("{} is damaged in {} places; its {} other batches are kept", path_of(number).string(),
                     scan->damaged_places, scan->records.size()));
  } else if (scan->torn_end) {
    note(fmt::format("the last batch in {} was cut short when weir was stopped; the {} before it are kept",
                     path_of(number).string(), scan->records.size()));
  }
}

base::Result<> Spool::begin_segment() {
  const fs::path path = path_of(last_number_ + 1);
  auto file = AppendFile::create(path);
  if (!file) return base::fail(file.error());
  if (auto begun = file->append(segment_header()); !begun) {
    std::error_code ignored;
    fs::remove(path, ignored);
    return begun;
  }
  segments_[++last_number_] = {};
  writing_.emplace(std::move(*file));
  return {};
}

// False when nothing waits.
base::Result<bool> Spool::load_oldest() {
  if (segments_.empty()) return false;
  auto& [number, segment] = *segments_.begin();
  if (number == last_number_) writing_.reset();  // read only what is written no more
  auto bytes = read_file(path_of(number));
  if (!bytes) return base::fail(bytes.error());
  auto scan = scan_segment(*bytes);
  if (!scan) scan = SegmentScan{{}, 1, false};
  account_for_loss(number, segment, *scan);
  segment.rows = rows_in(scan->records);
  reading_.emplace(Reading{std::move(*bytes), std::move(scan->records), 0});
  return true;
}

// What take_stock() saw was told then; this is for damage since.
void Spool::account_for_loss(std::uint32_t number, Segment& segment, const SegmentScan& scan) {
  const std::uint64_t found = rows_in(scan.records);
  if (found >= segment.rows) return;
  if (!segment.from_earlier_run) rows_lost_ += segment.rows - found;
  damaged_places_ += scan.damaged_places + scan.torn_end;
  segment.damaged = true;
  note(path_of(number).string() + " was damaged while it waited; what can be read is stored");
}

void Spool::finish_oldest() {
  const auto oldest = segments_.begin();
  const fs::path file = path_of(oldest->first);
  std::error_code error;
  if (oldest->second.damaged) {
    fs::rename(file, file.string() + ".damaged", error);
  } else {
    fs::remove(file, error);
  }
  // A file that stays is stored again at the next start: harmless, since writing is idempotent.
  if (error) note(file.string() + " cannot be removed: " + error.message());
  segments_.erase(oldest);
  reading_.reset();
}

fs::path Spool::path_of(std::uint32_t number) const { return folder_ / fmt::format("{:010}{}", number, kEnding); }

std::uint64_t Spool::total_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [number, segment] : segments_) bytes += segment.bytes;
  return bytes;
}

}  // namespace weir::store
