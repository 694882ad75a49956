// SPDX-License-Identifier: Apache-2.0
// Prometheus text format 0.0.4, written by hand: some twenty lines out of one snapshot need no client library.
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "api/routes/routes.h"
#include "base/clock.h"

namespace weir::api {

namespace {

class MetricsText {
 public:
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    head(name, help, "counter");
    fmt::format_to(std::back_inserter(text_), "{} {}\n", name, value);
  }

  void gauge(std::string_view name, std::string_view help, double value) {
    head(name, help, "gauge");
    fmt::format_to(std::back_inserter(text_), "{} {}\n", name, value);
  }

  void counters(std::string_view name, std::string_view help, std::string_view label, const NamedCounts& counts) {
    head(name, help, "counter");
    labelled(name, label, counts);
  }

  void gauges(std::string_view name, std::string_view help, std::string_view label, const NamedCounts& counts) {
    head(name, help, "gauge");
    labelled(name, label, counts);
  }

  void info(std::string_view name, std::string_view help,
            const std::vector<std::pair<std::string, std::string>>& labels) {
    head(name, help, "gauge");
    std::string list;
    for (const auto& [label, value] : labels) {
      list += fmt::format("{}{}=\"{}\"", list.empty() ? "" : ",", label, escaped(value));
    }
    fmt::format_to(std::back_inserter(text_), "{}{{{}}} 1\n", name, list);
  }

  std::string take() { return std::move(text_); }

 private:
  void labelled(std::string_view name, std::string_view label, const NamedCounts& counts) {
    for (const auto& [value, count] : counts) {
      fmt::format_to(std::back_inserter(text_), "{}{{{}=\"{}\"}} {}\n", name, label, escaped(value), count);
    }
  }

  void head(std::string_view name, std::string_view help, std::string_view type) {
    fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
  }

  static std::string escaped(std::string_view value) {
    std::string result;
    for (const char c : value) {
      if (c == '\\' || c == '"') result += '\\';
      result += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return result;
  }

  std::string text_;
};

void put_sinks(MetricsText& text, const std::vector<SinkStatus>& sinks) {
  if (sinks.empty()) return;
  const auto of_each = [&](auto value) {
    NamedCounts counts;
    for (const SinkStatus& sink : sinks) counts.emplace_back(sink.name, value(sink));
    return counts;
  };
  text.counters("weir_sink_told_total", "Events that a sink is to tell.", "sink",
                of_each([](const SinkStatus& s) { return s.told; }));
  text.counters("weir_sink_sent_total", "Events that the receiver took.", "sink",
                of_each([](const SinkStatus& s) { return s.sent; }));
  text.counters("weir_sink_refused_total", "Events that the receiver refused for good.", "sink",
                of_each([](const SinkStatus& s) { return s.refused; }));
  text.counters("weir_sink_lost_total", "Events that could not be kept until the receiver took them.", "sink",
                of_each([](const SinkStatus& s) { return s.dropped + s.lost; }));
  text.gauges("weir_sink_waiting", "Events that wait for the receiver, of earlier runs too.", "sink",
              of_each([](const SinkStatus& s) { return s.waiting + s.waiting_of_earlier; }));
  text.gauges("weir_sink_up", "1 while the receiver and the disk take what they are given.", "sink",
              of_each([](const SinkStatus& s) { return std::uint64_t{s.ok}; }));
}

void put_account(MetricsText& text, const LossAccount& loss) {
  text.counter("weir_packets_total", "Packets seen.", loss.packets_seen);
  text.counter("weir_packets_in_flows_total", "Packets that are part of a flow.", loss.packets_in_flows);
  text.counters("weir_packets_rejected_total", "Packets that are not part of a flow.", "reason", loss.packets_rejected);
  text.counter("weir_kernel_drops_total", "Packets lost in the kernel.", loss.kernel_drops);
  text.counter("weir_interface_drops_total", "Packets lost by the interface.", loss.interface_drops);
  text.counter("weir_flows_started_total", "Flows started.", loss.flows_started);
  text.counter("weir_flows_ended_total", "Flows ended.", loss.flows_ended);
  text.gauge("weir_flows_open", "Flows open now.", static_cast<double>(loss.flows_open));
  text.counter("weir_rows_total", "Rows of features made.", loss.rows);
  text.counter("weir_rows_scored_total", "Rows scored.", loss.rows_scored);
  text.counter("weir_rows_repeated_total", "Final rows that bring nothing new: the verdict of their flow stands.",
               loss.rows_repeated);
  text.counter("weir_rows_coalesced_total", "Rows replaced by a newer one of their flow.", loss.rows_coalesced);
  text.counters("weir_rows_unscored_total", "Rows that could not be scored.", "reason", loss.rows_unscored);
  text.gauge("weir_rows_queued", "Rows that wait to be scored.", static_cast<double>(loss.rows_queued));
  text.counter("weir_detections_total", "Detections made, updates included.", loss.detections);
  text.counter("weir_detections_stored_total", "Detections stored.", loss.detections_stored);
  text.gauge("weir_detections_spooled", "Detections that wait on disk for the store.",
             static_cast<double>(loss.detections_spooled + loss.detections_of_earlier));
  text.gauge("weir_detections_queued", "Detections that wait in memory for the store.",
             static_cast<double>(loss.detections_queued));
  text.gauge("weir_account_balanced", "1 while every packet, row and detection is accounted for.",
             loss.balanced ? 1 : 0);
}

std::string metrics_text(const StatusSnapshot& status) {
  MetricsText text;
  text.info("weir_build_info", "Version of this weir.", {{"version", status.version}});
  text.info("weir_model_info", "The model bundle in use.", {{"version", status.model_version}});
  text.info("weir_state", "What weir is doing.", {{"sensor", status.sensor}, {"state", status.state}});
  text.gauge("weir_uptime_seconds", "Seconds since the start.", status.uptime_s);
  if (status.packet_time) {
    text.gauge("weir_packet_time_seconds", "Time of the newest packet, seconds since 1970.",
               static_cast<double>(base::to_us(*status.packet_time)) / 1e6);
  }
  put_account(text, status.loss);
  text.gauge("weir_capture_cpu_seconds_total", "Processor time of capture, decoding, flows and features.",
             status.capture_cpu_s);
  text.gauge("weir_scoring_lag_seconds", "Age of the oldest row that waits.", status.scoring_lag_s);
  text.gauge("weir_threshold", "Score at which a flow is anomalous; adaptation and reloads move it.", status.threshold);
  text.gauge("weir_store_up", "1 while the store answers.", status.store_ok ? 1 : 0);
  put_sinks(text, status.sinks);
  if (status.store_bytes) {
    text.gauge("weir_store_bytes", "Size of the database on disk.", static_cast<double>(*status.store_bytes));
  }
  if (status.store_oldest) {
    text.gauge("weir_store_oldest_seconds", "When the oldest detection was found, seconds since 1970.",
               static_cast<double>(base::to_us(*status.store_oldest)) / 1e6);
  }
  text.counters("weir_store_dropped_total", "Detections that retention dropped.", "because",
                {{"age", status.dropped_by_age}, {"size", status.dropped_by_size}});
  if (status.checkpoint) {
    text.counter("weir_checkpoints_total", "Checkpoints of open flows and hosts.", status.checkpoint->taken);
    text.gauge("weir_checkpoint_seconds", "Time that the last one took.", status.checkpoint->seconds);
    text.gauge("weir_checkpoint_bytes", "Size of the last one.", static_cast<double>(status.checkpoint->bytes));
    text.gauge("weir_checkpoint_longest_pause_seconds", "Longest pause of a capture thread for one.",
               status.checkpoint->longest_pause_s);
  }
  text.gauge("weir_resident_memory_bytes", "Memory of the process.", static_cast<double>(status.rss_bytes));
  return text.take();
}

}  // namespace

Route metrics_route(const StatusSource& status) {
  return {.pattern = "/metrics", .answer = [&status](const Call&) {
            return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                            .body = metrics_text(status.status())};
          }};
}

}  // namespace weir::api
