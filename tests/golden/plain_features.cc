// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/plain_features.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

namespace weir::golden {

namespace {

using Values = std::vector<long double>;
using Features = std::map<std::string, double>;
using Packets = std::vector<SeenPacket>;

long double sum(const Values& v) {
  long double s = 0;
  for (const long double x : v) s += x;
  return s;
}
long double mean(const Values& v) { return v.empty() ? 0 : sum(v) / static_cast<long double>(v.size()); }
long double variance(const Values& v) {
  if (v.size() < 2) return 0;
  const long double middle = mean(v);
  long double s = 0;
  for (const long double x : v) s += (x - middle) * (x - middle);
  return s / static_cast<long double>(v.size() - 1);
}
long double max(const Values& v) { return v.empty() ? 0 : *std::max_element(v.begin(), v.end()); }
long double min(const Values& v) { return v.empty() ? 0 : *std::min_element(v.begin(), v.end()); }

Packets only(const Packets& packets, bool backward) {
  Packets some;
  for (const SeenPacket& p : packets) {
    if (p.backward == backward) some.push_back(p);
  }
  return some;
}
long double payload_of(const SeenPacket& p) { return std::min<std::uint32_t>(p.view.payload_bytes, 65535); }
Values payloads(const Packets& packets) {
  Values v;
  for (const SeenPacket& p : packets) v.push_back(payload_of(p));
  return v;
}
Values gaps(const Packets& packets) {
  Values v;
  for (std::size_t i = 1; i < packets.size(); ++i) v.push_back(packets[i].at_us - packets[i - 1].at_us);
  return v;
}
double count(const Packets& packets, const std::function<bool(const SeenPacket&)>& wanted) {
  return static_cast<double>(std::count_if(packets.begin(), packets.end(), wanted));
}
double with_flag(const Packets& packets, std::uint8_t flag) {
  return count(packets, [flag](const SeenPacket& p) {
    return p.view.protocol == decode::protocol::kTcp && (p.view.tcp_flags & flag) != 0;
  });
}

void put_statistics(Features& f, const std::string& front, const std::string& unit, const Values& v) {
  f[front + "_mean_" + unit] = static_cast<double>(mean(v));
  f[front + "_std_" + unit] = static_cast<double>(std::sqrt(variance(v)));
  f[front + "_max_" + unit] = static_cast<double>(max(v));
  f[front + "_min_" + unit] = static_cast<double>(min(v));
}

struct Bulk {
  Packets packets;
};

// All runs of data packets of one side, unbroken by the other side's data or by a gap above 1 s, of at least four.
std::vector<Bulk> bulks(const Packets& packets, bool backward) {
  std::vector<Bulk> runs(1);
  for (const SeenPacket& p : packets) {
    if (payload_of(p) == 0) continue;
    Packets& run = runs.back().packets;
    if (p.backward != backward) {
      if (!run.empty()) runs.emplace_back();
    } else {
      if (!run.empty() && p.at_us - run.back().at_us > 1'000'000) runs.emplace_back();
      runs.back().packets.push_back(p);
    }
  }
  std::erase_if(runs, [](const Bulk& bulk) { return bulk.packets.size() < 4; });
  return runs;
}

void put_bulks(Features& f, const std::string& side, const std::vector<Bulk>& bulks) {
  long double bytes = 0, packets = 0, time = 0;
  for (const Bulk& bulk : bulks) {
    bytes += sum(payloads(bulk.packets));
    packets += static_cast<long double>(bulk.packets.size());
    time += bulk.packets.back().at_us - bulk.packets.front().at_us;
  }
  const long double n = static_cast<long double>(bulks.size());
  f[side + "_bulk_mean_bytes"] = static_cast<double>(n > 0 ? bytes / n : 0);
  f[side + "_bulk_mean_packets"] = static_cast<double>(n > 0 ? packets / n : 0);
  if (n == 0 || time > 0) f[side + "_bulk_bytes_per_s"] = static_cast<double>(n > 0 ? bytes / (time / 1e6L) : 0);
}

void put_side(Features& f, const std::string& side, const Packets& packets, double duration_s) {
  using namespace decode::tcp_flag;
  const Values payload = payloads(packets);
  f[side + "_packets"] = static_cast<double>(packets.size());
  f[side + "_payload_bytes"] = static_cast<double>(sum(payload));
  put_statistics(f, side + "_payload", "bytes", payload);
  f[side + "_segment_mean_bytes"] = static_cast<double>(mean(payload));
  f[side + "_gap_total_us"] = static_cast<double>(sum(gaps(packets)));
  put_statistics(f, side + "_gap", "us", gaps(packets));
  f[side + "_psh_packets"] = with_flag(packets, kPsh);
  f[side + "_urg_packets"] = with_flag(packets, kUrg);
  f[side + "_rst_packets"] = with_flag(packets, kRst);
  Values headers;
  for (const SeenPacket& p : packets) {
    if (!p.view.later_fragment) headers.push_back(p.view.l4_header_bytes);
  }
  f[side + "_l4_header_bytes"] = static_cast<double>(sum(headers));
  f[side + "_l4_header_min_bytes"] = packets.empty() ? 0 : headers.empty() ? 60 : static_cast<double>(min(headers));
  if (duration_s > 0) f[side + "_packets_per_s"] = static_cast<double>(packets.size()) / duration_s;
  f[side + "_initial_window_bytes"] = packets.empty() ? 0 : packets[0].view.tcp_window;
  f[side + "_data_packets"] = count(packets, [](const SeenPacket& p) { return p.view.payload_bytes > 0; });
  f[side + "_retransmitted_packets"] = count(packets, [](const SeenPacket& p) { return p.retransmission; });
}

void put_activity(Features& f, const Packets& packets) {
  Values active, idle;
  std::int64_t start = packets[0].at_us, end = start;
  for (const SeenPacket& p : packets) {
    if (p.at_us - end > 5'000'000) {
      if (end > start) active.push_back(end - start);
      idle.push_back(p.at_us - end);
      start = p.at_us;
    }
    end = p.at_us;
  }
  if (end > start) active.push_back(end - start);
  put_statistics(f, "active", "us", active);
  put_statistics(f, "idle", "us", idle);
}

std::string numbered(const char* format, std::size_t number) {
  char text[64];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

void put_early(Features& f, const Packets& all) {
  const Packets first(all.begin(), all.begin() + std::min<std::ptrdiff_t>(16, std::ssize(all)));
  double turns = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto payload = static_cast<double>(payload_of(first[i]));
    f[numbered("early_%02zu_payload_bytes", i + 1)] = first[i].backward ? 0 - payload : payload;
    if (i == 0) continue;
    f[numbered("early_%02zu_gap_us", i + 1)] = static_cast<double>(first[i].at_us - first[i - 1].at_us);
    turns += first[i].backward != first[i - 1].backward;
  }
  f["early_fwd_packets"] = static_cast<double>(only(first, false).size());
  f["early_turns"] = turns;
  f["early_fwd_payload_bytes"] = static_cast<double>(sum(payloads(only(first, false))));
  f["early_bwd_payload_bytes"] = static_cast<double>(sum(payloads(only(first, true))));
  f["early_duration_us"] = static_cast<double>(first.back().at_us - first.front().at_us);
}

}  // namespace

Features plain_features(const Packets& packets, const SeenPacket& first_of_connection) {
  using namespace decode::tcp_flag;
  Features f;
  const Packets forward = only(packets, false), backward = only(packets, true);
  const auto duration_us = static_cast<double>(packets.back().at_us - packets.front().at_us);
  put_side(f, "fwd", forward, duration_us / 1e6);
  put_side(f, "bwd", backward, duration_us / 1e6);

  const Values payload = payloads(packets);
  f["flow_duration_us"] = duration_us;
  if (duration_us > 0) {
    f["flow_payload_bytes_per_s"] = static_cast<double>(sum(payload)) / (duration_us / 1e6);
    f["flow_packets_per_s"] = static_cast<double>(packets.size()) / (duration_us / 1e6);
  }
  put_statistics(f, "flow_gap", "us", gaps(packets));
  put_statistics(f, "payload", "bytes", payload);
  f["payload_variance_bytes2"] = static_cast<double>(variance(payload));
  f["average_payload_bytes"] = static_cast<double>(mean(payload));
  const std::map<std::string, std::uint8_t> flags = {{"fin", kFin}, {"syn", kSyn}, {"rst", kRst}, {"psh", kPsh},
                                                     {"ack", kAck}, {"urg", kUrg}, {"cwr", kCwr}, {"ece", kEce}};
  for (const auto& [name, flag] : flags) f[name + "_packets"] = with_flag(packets, flag);
  const auto n_forward = static_cast<double>(forward.size()), n_backward = static_cast<double>(backward.size());
  f["bwd_fwd_packet_ratio"] = n_forward > 0 ? n_backward / n_forward : 0;
  put_bulks(f, "fwd", bulks(packets, false));
  put_bulks(f, "bwd", bulks(packets, true));

  double subflows = 1;
  for (const long double gap : gaps(packets)) subflows += gap > 1'000'000;
  f["subflow_fwd_packets"] = n_forward / subflows;
  f["subflow_bwd_packets"] = n_backward / subflows;
  f["subflow_fwd_payload_bytes"] = f["fwd_payload_bytes"] / subflows;
  f["subflow_bwd_payload_bytes"] = f["bwd_payload_bytes"] / subflows;
  put_activity(f, packets);

  const std::uint8_t protocol = packets[0].view.protocol;
  if (protocol == decode::protocol::kIcmp || protocol == decode::protocol::kIcmpV6) {
    f["icmp_type"] = first_of_connection.view.icmp_type;
    f["icmp_code"] = first_of_connection.view.icmp_code;
  }
  f["retransmitted_packets"] = f["fwd_retransmitted_packets"] + f["bwd_retransmitted_packets"];
  f["connection_time_us"] = static_cast<double>(packets.back().at_us - first_of_connection.at_us);
  put_early(f, packets);
  return f;
}

}  // namespace weir::golden
