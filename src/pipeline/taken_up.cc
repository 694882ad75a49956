// SPDX-License-Identifier: Apache-2.0
#include "pipeline/taken_up.h"

#include <fstream>
#include <system_error>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "features/schema.h"
#include "layout_digest.h"

namespace weir::pipeline {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// A clock may be set back a little; more, and times of the checkpoint would lie ahead of all packets.
constexpr auto kMostAhead = 60s;

std::string first_line(const char* file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

base::Result<> check(const CheckpointReader& reader, const CheckpointIdentity& mine) {
  const CheckpointIdentity& its = reader.header().identity;
  if (its.sensor != mine.sensor) return base::fail(fmt::format("it is of the sensor {}", its.sensor));
  if (its.link != mine.link) return base::fail(fmt::format("it is of {}", its.link));
  if (reader.header().begun > std::chrono::system_clock::now() + kMostAhead)
    return base::fail("it was written at a time that is yet to come: was the clock set back?");
  return {};
}

}  // namespace

CheckpointIdentity identity_of(std::string sensor, std::string link, std::size_t workers) {
  return {.layout = fmt::format("{}-{:016x}", kLayoutDigest, features::catalogue_hash()),
          .sensor = std::move(sensor),
          .link = std::move(link),
          .workers = static_cast<std::uint32_t>(workers),
          .boot = first_line("/proc/sys/kernel/random/boot_id")};
}

FoundCheckpoint find_checkpoint(const fs::path& folder, const CheckpointIdentity& identity) {
  FoundCheckpoint found;
  for (const fs::path& file : {checkpoint_file(folder), checkpoint_before(folder)}) {
    std::error_code error;
    if (!fs::exists(file, error)) continue;
    auto reader = CheckpointReader::open(file, identity.layout);
    base::Result<> fits;
    if (!reader) {
      fits = base::fail(reader.error());
    } else {
      fits = check(*reader, identity);
    }
    if (fits) {
      found.reader = std::move(*reader);
      return found;
    }
    fs::path aside = file;
    aside += ".refused";
    fs::rename(file, aside, error);
    found.refused.push_back(fmt::format("{} cannot be taken up: {}; it is kept as {}", file.string(),
                                        fits.error().message(), aside.filename().string()));
  }
  return found;
}

TakenUp account_of(const fs::path& folder, const CheckpointReader& reader) {
  const CheckpointHeader& header = reader.header();
  TakenUp taken_up{.saved_at = header.begun, .clean = reader.end().clean};
  const RunProgress progress = read_progress(folder);
  if (taken_up.clean || progress.run != header.run) return taken_up;
  taken_up.loss_known = true;
  taken_up.packets_lost = progress.packets - std::min(progress.packets, header.packets);
  taken_up.seconds_lost = std::max(0.0, static_cast<double>(progress.seen_until_us - base::to_us(header.begun)) / 1e6);
  return taken_up;
}

std::string to_sentence(const TakenUp& t) {
  const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(t.saved_at);
  std::string text = fmt::format("took up {} open flows and {} hosts as they were at {:%Y-%m-%d %H:%M:%S}Z", t.flows,
                                 t.hosts, fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
  if (t.clean) {
    text += ", when weir stopped";
  } else if (t.loss_known) {
    text += fmt::format("; the {} packets of the {:.1f} s from then until that weir was killed are missing in flows",
                        t.packets_lost, t.seconds_lost);
  } else {
    text += "; what that weir saw later is missing in flows";
  }
  if (t.flows_ended > 0)
    text += fmt::format("; {} flows ended, since packets come to other workers now", t.flows_ended);
  return text;
}

}  // namespace weir::pipeline
