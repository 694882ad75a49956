// SPDX-License-Identifier: Apache-2.0
#include "app/extract.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "app/extract_rows.h"
#include "app/summary.h"
#include "capture/pcap/open_file.h"
#include "decode/decoder.h"
#include "features/meter_workers.h"

namespace weir::app {

namespace {

using Clock = std::chrono::steady_clock;

// One thread reads and decodes for all of them: it has no more to give than a few can take.
constexpr std::size_t kMostWorkers = 16;

// Where the CSV goes: a file of ours, or standard output.
class Output {
 public:
  static base::Result<Output> open(const std::string& path) {
    if (path == "-") return Output(STDOUT_FILENO, false);
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) return base::fail(fmt::format("write {}: {}", path, std::strerror(errno)));
    return Output(descriptor, true);
  }
  Output(Output&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), owned_(other.owned_) {}
  Output& operator=(Output&&) = delete;
  ~Output() {
    if (owned_ && descriptor_ >= 0) ::close(descriptor_);
  }

  int descriptor() const { return descriptor_; }

  // Some file systems report a full disk only here.
  base::Result<> close() {
    if (owned_ && ::close(std::exchange(descriptor_, -1)) != 0) return base::fail(std::strerror(errno));
    return {};
  }

 private:
  Output(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {}

  int descriptor_;
  bool owned_;
};

base::Result<> check(const ExtractOptions& options) {
  if (options.input.empty()) return base::fail("no capture is named: give a file, or - for standard input");
  if (options.count != options.output.empty()) {
    return base::fail(options.count ? "counting writes no rows: leave the output out" : "no output is named");
  }
  if (options.workers < 1 || options.workers > kMostWorkers) {
    return base::fail(fmt::format("the number of workers must be from 1 to {}", kMostWorkers));
  }
  return features::check(options.meter);
}

ExtractRowOptions row_options(const ExtractOptions& options) {
  return {.timing = options.timing, .context = options.context && options.meter.interim, .workers = options.workers};
}

// Reads the source to its end, or until the CSV cannot be written any more.
base::Result<> pump(capture::PacketSource& source, decode::Decoder& decoder, features::MeterWorkers& meters,
                    const std::function<void(const capture::SourceStats&)>& progress, const ExtractRows* rows) {
  for (auto state = capture::PacketSource::State::open; state == capture::PacketSource::State::open;) {
    const auto batch = source.next(std::chrono::seconds(1));
    if (!batch) return base::fail(batch.error());
    state = batch->state;
    meters.add(decoder.decode(batch->packets));
    if (progress) progress(source.stats());
    if (rows && rows->failed()) break;
  }
  meters.add(decoder.finish());
  meters.finish(flow::EndReason::forced);
  return {};
}

void add_note(std::string& text, std::uint64_t count, std::string_view note) {
  if (count > 0) text += fmt::format("{:>15} of the packets {}\n", grouped(count), note);
}

// What is worth a line of those packets that are accounted for already.
std::string decode_notes(const decode::DecodeStats& decoded) {
  std::string text;
  for (std::size_t i = 0; i < decode::kTunnels; ++i) {
    const auto kind = static_cast<decode::Tunnel>(i);
    const decode::TunnelCounts& counts = decoded.tunnel(kind);
    add_note(text, counts.opened, fmt::format("came through a tunnel ({}): the inner packet was taken", name(kind)));
    add_note(text, counts.closed, fmt::format("are of a tunnel that is switched off ({}): left closed", name(kind)));
    add_note(
        text, counts.unread,
        fmt::format("have the number or port of {}, but nothing inside that it carries: left as they are", name(kind)));
  }
  add_note(text, decoded.packets_beyond_frames,
           "share a wireless frame with another one before them (A-MSDU): there are so many more packets than frames");
  add_note(text, decoded.early_fragments, "are fragments that came before their first, and waited for it");
  add_note(text, decoded.orphan_fragments, "are fragments without their first: a flow without ports");
  add_note(text, decoded.overlapping_fragments, "are fragments that repeat bytes of another");
  add_note(text, decoded.small_fragments, "are fragments smaller than any path makes them");
  add_note(text, decoded.icmp_errors, "are ICMP errors: flows between the hosts that exchange them");
  add_note(text, decoded.zero_ip_lengths,
           "have no length in their IP header (segmentation offload): the frame's was taken");
  add_note(text, decoded.udp_lengths_clamped, "claim more UDP payload than their IP packet holds");
  return text;
}

}  // namespace

base::Result<ExtractSummary> run_extract(const ExtractOptions& options) {
  if (const auto checked = check(options); !checked) return base::fail(checked.error());
  auto source = capture::pcap::open_file(options.input);
  if (!source) return base::fail(source.error());

  std::optional<Output> output;
  std::optional<ExtractRows> rows;
  if (!options.count) {
    auto opened = Output::open(options.output);
    if (!opened) return base::fail(opened.error());
    output.emplace(std::move(*opened));
    rows.emplace(output->descriptor(), row_options(options));
  } else if (row_options(options).context) {
    rows.emplace(std::nullopt, row_options(options));
  }

  const auto started = Clock::now();
  decode::Decoder decoder({.tunnels = options.tunnels});
  features::MeterWorkers meters(options.meter, options.workers, [&](std::size_t worker, features::FeatureBatch& batch) {
    if (rows) rows->take(worker, batch);
  });
  if (const auto pumped = pump(**source, decoder, meters, options.progress, rows ? &*rows : nullptr); !pumped) {
    return base::fail(pumped.error());
  }
  if (rows) {
    auto written = rows->finish();
    if (written && output) written = output->close();
    if (!written) return base::fail(written.error().within("write " + options.output));
  }
  return ExtractSummary{.source = (*source)->stats(),
                        .decoded = decoder.stats(),
                        .metered = meters.counters(),
                        .seconds = std::chrono::duration<double>(Clock::now() - started).count()};
}

std::string count_text(const ExtractSummary& summary) {
  const double rate = summary.seconds > 0 ? static_cast<double>(summary.source.packets) / summary.seconds / 1e6 : 0;
  return fmt::format("{} packets, {} rows, {:.3f} s ({:.2f} Mpkt/s)", summary.source.packets, summary.rows(),
                     summary.seconds, rate);
}

std::string account_text(const ExtractSummary& summary) {
  const decode::DecodeStats& decoded = summary.decoded;
  std::string text = fmt::format("{:>15} packets\n", grouped(decoded.packets));
  text +=
      fmt::format("{:>15} in {} flow records\n", grouped(summary.metered.packets), grouped(summary.metered.rows_final));
  for (std::size_t i = 1; i < decode::kRejectReasons; ++i) {
    const auto reason = static_cast<decode::RejectReason>(i);
    if (decoded.count(reason) == 0) continue;
    text += fmt::format("{:>15} {}: {}\n", grouped(decoded.count(reason)), name(reason), decode::text(reason));
  }
  text += decode_notes(decoded);
  if (const auto evicted = summary.metered.ended(flow::EndReason::evicted); evicted > 0) {
    text += fmt::format("{:>15} of the records ended early because the table was full (raise --max-flows)\n",
                        grouped(evicted));
  }
  if (summary.metered.clamped_times > 0) {
    text += fmt::format("{:>15} of the packets were older than their flow's newest: counted at its time\n",
                        grouped(summary.metered.clamped_times));
  }
  return text;
}

}  // namespace weir::app
