// SPDX-License-Identifier: Apache-2.0
#include "base/record_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <numeric>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace weir::base {

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

std::uint64_t rows_in(std::span<const SpoolRecord> records) {
  return std::accumulate(records.begin(), records.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const SpoolRecord& record) { return sum + record.rows; });
}

}  // namespace

Result<std::unique_ptr<RecordSpool>> RecordSpool::open(const fs::path& folder, SpoolOptions options) {
  const std::string doing = "open the spool " + folder.string();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(doing + ": " + error.message());
  auto lock = FolderLock::take(folder);
  if (!lock) return fail_within(doing, lock);
  std::unique_ptr<RecordSpool> spool(new RecordSpool(folder, options, std::move(*lock)));
  if (options.note_progress) spool->open_progress();
  spool->take_stock();
  return spool;
}

RecordSpool::RecordSpool(fs::path folder, SpoolOptions options, FolderLock lock)
    : folder_(std::move(folder)), options_(options), lock_(std::move(lock)) {}

Result<bool> RecordSpool::append(std::span<const std::byte> payload, std::uint64_t rows) {
  const auto record = framed(payload, static_cast<std::uint32_t>(rows));
  std::lock_guard lock(mutex_);
  if (total_bytes() + kSegmentHeaderBytes + record.size() > options_.max_bytes) return false;
  if (!writing_) {
    if (auto begun = begin_segment(); !begun) return fail_within("spool " + folder_.string(), begun);
  }
  if (auto appended = writing_->append(record); !appended) return fail_within("spool " + folder_.string(), appended);
  Segment& segment = segments_.at(last_number_);
  segment.bytes = writing_->size();
  segment.rows += rows;
  if (segment.bytes >= options_.segment_bytes) writing_.reset();
  return true;
}

Result<std::optional<SpooledRecord>> RecordSpool::oldest() {
  std::lock_guard lock(mutex_);
  while (true) {
    if (!reading_) {
      const auto loaded = load_oldest();
      if (!loaded) return fail_within("read the spool " + folder_.string(), loaded);
      if (!*loaded) return std::optional<SpooledRecord>();
    }
    if (reading_->next == reading_->records.size()) {
      finish_oldest();
      continue;
    }
    const SpoolRecord& record = reading_->records[reading_->next];
    return SpooledRecord{record.payload, record.rows, segments_.begin()->second.from_earlier_run};
  }
}

void RecordSpool::release_oldest() {
  std::lock_guard lock(mutex_);
  WEIR_CHECK(reading_ && reading_->next < reading_->records.size());
  segments_.begin()->second.rows -= reading_->records[reading_->next].rows;
  next_record();
}

void RecordSpool::give_up_oldest(const std::string& why) {
  std::lock_guard lock(mutex_);
  WEIR_CHECK(reading_ && reading_->next < reading_->records.size());
  Segment& segment = segments_.begin()->second;
  const std::uint64_t rows = reading_->records[reading_->next].rows;
  note("a batch in the spool cannot be used: " + why);
  ++damaged_places_;
  segment.damaged = true;
  segment.rows -= rows;
  if (!segment.from_earlier_run) rows_lost_ += rows;
  next_record();
}

void RecordSpool::next_record() {
  ++reading_->next;
  if (progress_file_) {
    const Progress now{segments_.begin()->first, static_cast<std::uint32_t>(reading_->next)};
    // Without it a record is read once more after a crash, nothing worse.
    if (::pwrite(progress_file_->get(), &now, sizeof now, 0) < 0) {
      note("the progress in " + folder_.string() + " cannot be noted: " + std::generic_category().message(errno));
    }
  }
  if (reading_->next == reading_->records.size()) finish_oldest();
}

SpoolReport RecordSpool::report() const {
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
void RecordSpool::take_stock() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (const auto number = number_of(entry.path())) take_stock_of(*number);
  }
  if (error) note("the folder " + folder_.string() + " cannot be listed: " + error.message());
}

void RecordSpool::take_stock_of(std::uint32_t number) {
  last_number_ = std::max(last_number_, number);
  const auto bytes = read_file(path_of(number));
  const auto scan = bytes ? scan_segment(*bytes) : Result<SegmentScan>(fail(bytes.error()));
  if (!scan) {
    note(fmt::format("{} is left as it is: {}", path_of(number).string(), scan.error().message()));
    return;
  }
  const std::size_t released = already_released(number, scan->records);
  segments_[number] = {bytes->size(), rows_in(std::span(scan->records).subspan(released)), /*from_earlier_run=*/true,
                       scan->damaged_places > 0};
  damaged_places_ += scan->damaged_places + scan->torn_end;
  if (scan->damaged_places > 0) {
    note(fmt::format("{} is damaged in {} places; its {} other batches are kept", path_of(number).string(),
                     scan->damaged_places, scan->records.size()));
  } else if (scan->torn_end) {
    note(fmt::format("the last batch in {} was cut short when weir was stopped; the {} before it are kept",
                     path_of(number).string(), scan->records.size()));
  }
}

void RecordSpool::open_progress() {
  FileDescriptor file(::open((folder_ / "progress").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file.get() < 0) {
    return note("the progress in " + folder_.string() + " cannot be noted: " + std::generic_category().message(errno));
  }
  Progress then;
  if (::pread(file.get(), &then, sizeof then, 0) == sizeof then) progress_of_earlier_run_ = then;
  // A number is never used again, or the note would be taken for one on the new file.
  last_number_ = progress_of_earlier_run_.number;
  progress_file_.emplace(std::move(file));
}

std::size_t RecordSpool::already_released(std::uint32_t number, const std::vector<SpoolRecord>& records) const {
  const bool noted = number == progress_of_earlier_run_.number;
  return noted ? std::min<std::size_t>(progress_of_earlier_run_.next, records.size()) : 0;
}

Result<> RecordSpool::begin_segment() {
  const fs::path path = path_of(last_number_ + 1);
  auto file = AppendFile::create(path);
  if (!file) return fail(file.error());
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
Result<bool> RecordSpool::load_oldest() {
  if (segments_.empty()) return false;
  auto& [number, segment] = *segments_.begin();
  if (number == last_number_) writing_.reset();  // read only what is written no more
  auto bytes = read_file(path_of(number));
  if (!bytes) return fail(bytes.error());
  auto scan = scan_segment(*bytes);
  if (!scan) scan = SegmentScan{{}, 1, false};
  account_for_loss(number, segment, *scan);
  const std::size_t released = already_released(number, scan->records);
  segment.rows = rows_in(std::span(scan->records).subspan(released));
  reading_.emplace(Reading{std::move(*bytes), std::move(scan->records), released});
  return true;
}

// What take_stock() saw was told then; this is for damage since.
void RecordSpool::account_for_loss(std::uint32_t number, Segment& segment, const SegmentScan& scan) {
  const std::uint64_t found = rows_in(std::span(scan.records).subspan(already_released(number, scan.records)));
  if (found >= segment.rows) return;
  if (!segment.from_earlier_run) rows_lost_ += segment.rows - found;
  damaged_places_ += scan.damaged_places + scan.torn_end;
  segment.damaged = true;
  note(path_of(number).string() + " was damaged while it waited; what can be read is stored");
}

void RecordSpool::finish_oldest() {
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

void RecordSpool::note(std::string problem) {
  constexpr std::size_t kMost = 100;
  if (problems_.size() < kMost) problems_.push_back(problem);
  problem_ = std::move(problem);
}

std::vector<std::string> RecordSpool::take_problems() {
  std::lock_guard lock(mutex_);
  return std::exchange(problems_, {});
}

fs::path RecordSpool::path_of(std::uint32_t number) const { return folder_ / fmt::format("{:010}{}", number, kEnding); }

std::uint64_t RecordSpool::total_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [number, segment] : segments_) bytes += segment.bytes;
  return bytes;
}

}  // namespace weir::base
