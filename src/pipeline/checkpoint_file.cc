// SPDX-License-Identifier: Apache-2.0
#include "pipeline/checkpoint_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/crc32c.h"
#include "base/plain_bytes.h"

namespace weir::pipeline {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::array<char, 8> kMagic = {'w', 'e', 'i', 'r', 'c', 'k', 'p', 1};
constexpr std::uint32_t kMostBytes = 64U << 20;  // in one piece; more is damage

struct PieceHead {
  std::uint32_t kind, worker, length, crc;
};

tl::unexpected<base::Error> failed(const char* what) {
  if (errno == ENOSPC || errno == EDQUOT) return base::fail(fmt::format("cannot {} it: the disk is full", what));
  return base::fail(fmt::format("cannot {} it: {}", what, std::system_category().message(errno)));
}

std::uint32_t checksum(const PieceHead& head, std::span<const std::byte> bytes) {
  const std::array<std::uint32_t, 3> facts = {head.kind, head.worker, head.length};
  return base::crc32c(bytes, base::crc32c(std::as_bytes(std::span(facts))));
}

std::vector<std::byte> bytes_of(const json& facts) {
  const std::string text = facts.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

json json_of(const CheckpointHeader& h) {
  return {{"layout", h.identity.layout},      {"sensor", h.identity.sensor}, {"link", h.identity.link},
          {"workers", h.identity.workers},    {"boot", h.identity.boot},     {"run", h.run},
          {"begun_us", base::to_us(h.begun)}, {"packets", h.packets}};
}

bool read_into(CheckpointHeader& h, const CheckpointPiece& piece) {
  const json facts =
      json::parse(reinterpret_cast<const char*>(piece.bytes.data()),
                  reinterpret_cast<const char*>(piece.bytes.data()) + piece.bytes.size(), nullptr, false);
  if (piece.kind != PieceKind::header || !facts.is_object()) return false;
  try {
    h.identity = {facts.at("layout"), facts.at("sensor"), facts.at("link"), facts.at("workers"), facts.at("boot")};
    h.run = facts.at("run");
    h.begun = base::from_us(facts.at("begun_us"));
    h.packets = facts.at("packets");
  } catch (const json::exception&) {
    return false;
  }
  return true;
}

bool read_into(CheckpointEnd& end, const CheckpointPiece& piece) {
  base::PlainReader reader(piece.bytes);
  return reader.take(end.flows) && reader.take(end.clean) && reader.empty();
}

// The next piece: nothing when the file ends before it does, or it is damaged.
bool read_piece(std::FILE* file, CheckpointPiece& piece) {
  PieceHead head{};
  if (std::fread(&head, sizeof head, 1, file) != 1 || head.length > kMostBytes) return false;
  piece.kind = PieceKind{head.kind};
  piece.worker = head.worker;
  piece.bytes.resize(head.length);
  if (head.length > 0 && std::fread(piece.bytes.data(), head.length, 1, file) != 1) return false;
  return checksum(head, piece.bytes) == head.crc;
}

File open_file(const fs::path& path, const char* mode) { return File(std::fopen(path.c_str(), mode)); }

}  // namespace

base::Result<CheckpointWriter> CheckpointWriter::begin(const fs::path& folder, const CheckpointHeader& header) {
  File file = open_file(folder / "checkpoint.new", "wbe");
  if (!file) return failed("begin");
  ::fchmod(::fileno(file.get()), 0600);
  if (std::fwrite(kMagic.data(), kMagic.size(), 1, file.get()) != 1) return failed("write");
  CheckpointWriter writer(folder, std::move(file));
  if (auto written = writer.write({PieceKind::header, 0, bytes_of(json_of(header))}); !written)
    return base::fail(written.error());
  return writer;
}

base::Result<> CheckpointWriter::write(const CheckpointPiece& piece) {
  PieceHead head{static_cast<std::uint32_t>(piece.kind), piece.worker, static_cast<std::uint32_t>(piece.bytes.size()),
                 0};
  head.crc = checksum(head, piece.bytes);
  if (std::fwrite(&head, sizeof head, 1, file_.get()) != 1) return failed("write");
  if (!piece.bytes.empty() && std::fwrite(piece.bytes.data(), piece.bytes.size(), 1, file_.get()) != 1)
    return failed("write");
  bytes_ += sizeof head + piece.bytes.size();
  return {};
}

base::Result<> CheckpointWriter::commit(const CheckpointEnd& end) {
  CheckpointPiece last{PieceKind::end, 0, {}};
  base::put_plain(last.bytes, end.flows);
  base::put_plain(last.bytes, end.clean);
  if (auto written = write(last); !written) return written;
  if (std::fflush(file_.get()) != 0 || ::fdatasync(::fileno(file_.get())) != 0) return failed("write");
  file_.reset();
  std::error_code error;
  fs::rename(checkpoint_file(folder_), checkpoint_before(folder_), error);  // there may be none yet
  fs::rename(folder_ / "checkpoint.new", checkpoint_file(folder_), error);
  if (error) return base::fail("cannot name it: " + error.message());
  const int fd = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!synced) return failed("name");
  return {};
}

base::Result<CheckpointReader> CheckpointReader::open(const fs::path& path, const std::string& layout) {
  CheckpointReader reader(open_file(path, "rbe"));
  if (!reader.file_) return base::fail(std::system_category().message(errno));
  std::array<char, 8> magic{};
  if (std::fread(magic.data(), magic.size(), 1, reader.file_.get()) != 1 || magic != kMagic)
    return base::fail("it is no checkpoint of weir");
  CheckpointPiece piece;
  if (!read_piece(reader.file_.get(), piece) || !read_into(reader.header_, piece)) return base::fail("it is damaged");
  if (reader.header_.identity.layout != layout) return base::fail("it was written by another build of weir");
  while (piece.kind != PieceKind::end) {
    if (!read_piece(reader.file_.get(), piece))
      return base::fail(std::feof(reader.file_.get()) ? "it is cut short" : "it is damaged");
  }
  if (!read_into(reader.end_, piece)) return base::fail("it is damaged");
  return reader;
}

base::Result<> CheckpointReader::read(const std::function<base::Result<>(const CheckpointPiece&)>& take) {
  std::fseek(file_.get(), kMagic.size(), SEEK_SET);
  CheckpointPiece piece;
  while (true) {
    if (!read_piece(file_.get(), piece)) return base::fail("it changed while it was read");
    if (piece.kind == PieceKind::end) return {};
    if (piece.kind == PieceKind::header) continue;
    if (auto taken = take(piece); !taken) return taken;
  }
}

base::Result<> write_progress(const fs::path& folder, const RunProgress& progress) {
  // In one write over the old content: a kill in between must not leave an empty file.
  const int fd = ::open((folder / "checkpoint.progress").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::pwrite(fd, &progress, sizeof progress, 0) == ssize_t{sizeof progress};
  if (fd >= 0) ::close(fd);
  if (!written) return failed("note the progress beside");
  return {};
}

RunProgress read_progress(const fs::path& folder) {
  RunProgress progress;
  const File file = open_file(folder / "checkpoint.progress", "rbe");
  if (!file || std::fread(&progress, sizeof progress, 1, file.get()) != 1) return {};
  return progress;
}

}  // namespace weir::pipeline
