// SPDX-License-Identifier: Apache-2.0
// What weir makes of packets: the way from bytes to rows, kept for a test to look at.
#pragma once

#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include "decode/decoder.h"
#include "features/flow_meter.h"
#include "tests/support/packet_builder.h"

namespace weir::golden {

struct MeteredRow {
  features::Row row;
  base::Timestamp tick;
  std::vector<float> values;

  // A name that is not in the catalogue throws.
  float operator[](std::string_view feature) const { return values.at(features::find_feature(feature)); }
  bool undefined(std::string_view feature) const { return std::isnan((*this)[feature]); }
};

struct Metered {
  std::vector<MeteredRow> rows;
  std::vector<base::Timestamp> closed_ticks;
  features::MeterCounters counters;
};

inline features::MeterConfig only_final_rows() {
  features::MeterConfig config;
  config.interim = false;
  return config;
}

// Collects what a meter hands over.
inline features::BatchSink into(Metered& metered) {
  return [&metered](features::FeatureBatch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      metered.rows.push_back({batch.row(i), batch.tick, {batch.values(i).begin(), batch.values(i).end()}});
    }
    if (batch.last_of_tick) metered.closed_ticks.push_back(batch.tick);
  };
}

inline Metered meter_views(std::span<const decode::PacketView> packets, const features::MeterConfig& config) {
  Metered metered;
  features::FlowMeter meter(config, into(metered));
  meter.add(packets);
  meter.finish(flow::EndReason::forced);
  metered.counters = meter.counters();
  return metered;
}

inline std::vector<decode::PacketView> decoded(std::span<const support::Packet> packets) {
  decode::Decoder decoder;
  std::vector<decode::PacketView> views;
  for (const support::Packet& packet : packets) {
    decode::PacketView view;
    if (decoder.decode(packet.raw(), view) == decode::RejectReason::none) views.push_back(view);
  }
  return views;
}

inline Metered meter(std::span<const support::Packet> packets,
                     const features::MeterConfig& config = only_final_rows()) {
  return meter_views(decoded(packets), config);
}

}  // namespace weir::golden
