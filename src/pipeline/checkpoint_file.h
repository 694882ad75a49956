// SPDX-License-Identifier: Apache-2.0
// A checkpoint on disk: what a sensor knows of open flows and hosts, to go on with after a restart.
//
//   STATE/checkpoint          the last one that is whole        "weirckp" 1, then pieces, each: kind, worker, length, CRC-32C of
//   STATE/checkpoint.before   the one before it                 these three and of the content, content. The first piece is the
//   STATE/checkpoint.new      the one being written             header, the last one the end: a file without it is cut short.
//
// A name is given to a file once it is on the disk as a whole: a crash at any moment leaves the one before. Content is plain
// memory: the header says of which build and layout, and a file of another one is refused. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace weir::pipeline {

enum class PieceKind : std::uint32_t { header = 1, clock = 2, flows = 3, context = 4, kept = 5, end = 6 };

struct CheckpointPiece {
  PieceKind kind = PieceKind::flows;
  std::uint32_t worker = 0;  // whose flows they are
  std::vector<std::byte> bytes;
};

// The content of a clock piece, which comes before the flows of its worker: where its meter stood, and how many flows were open.
struct SavedClock {
  std::int64_t slice_end_us = 0;
  std::uint64_t flows = 0;
};

// Of what a checkpoint is. Another sensor would name the flows otherwise, another link has other flows.
struct CheckpointIdentity {
  std::string layout;         // of the records in memory
  std::string sensor, link;
  std::uint32_t workers = 1;  // how the kernel spread the packets ...
  std::string boot;           // ... which is another way after each start of the machine
};

struct CheckpointHeader {
  CheckpointIdentity identity;
  std::uint64_t run = 0;      // whose progress file it is
  base::Timestamp begun;      // wall clock
  std::uint64_t packets = 0;  // that were in flows by then
};

struct CheckpointEnd {
  std::uint64_t flows = 0;
  bool clean = false;  // of a sensor that was stopped, not one that went on
};

// How far a run came after its last checkpoint; it outlives the process, not the machine.
struct RunProgress {
  std::uint64_t run = 0;
  std::uint64_t packets = 0;  // in flows
  std::int64_t seen_until_us = 0;
};

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

class CheckpointWriter {
 public:
  static base::Result<CheckpointWriter> begin(const std::filesystem::path& folder, const CheckpointHeader& header);
  base::Result<> write(const CheckpointPiece& piece);
  // On the disk, under its name.
  base::Result<> commit(const CheckpointEnd& end);
  std::uint64_t bytes() const { return bytes_; }

 private:
  CheckpointWriter(std::filesystem::path folder, File file) : folder_(std::move(folder)), file_(std::move(file)) {}

  std::filesystem::path folder_;
  File file_;
  std::uint64_t bytes_ = 0;
};

class CheckpointReader {
 public:
  // The whole file is checked: what opens is whole, and of this layout.
  static base::Result<CheckpointReader> open(const std::filesystem::path& file, const std::string& layout);

  const CheckpointHeader& header() const { return header_; }
  const CheckpointEnd& end() const { return end_; }
  // All pieces between the two, in the order in which they were written.
  base::Result<> read(const std::function<base::Result<>(const CheckpointPiece&)>& take);

 private:
  explicit CheckpointReader(File file) : file_(std::move(file)) {}

  File file_;
  CheckpointHeader header_;
  CheckpointEnd end_;
};

inline std::filesystem::path checkpoint_file(const std::filesystem::path& folder) { return folder / "checkpoint"; }
inline std::filesystem::path checkpoint_before(const std::filesystem::path& folder) {
  return folder / "checkpoint.before";
}

base::Result<> write_progress(const std::filesystem::path& folder, const RunProgress& progress);
RunProgress read_progress(const std::filesystem::path& folder);  // of run 0 when there is none

}  // namespace weir::pipeline
