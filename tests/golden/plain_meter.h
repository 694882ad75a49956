// SPDX-License-Identifier: Apache-2.0
// A flow meter that keeps every packet and looks at every flow at every tick: what FlowMeter must agree with, but for its
// order and for the bound of its table.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "features/flow_meter.h"

namespace weir::golden {

struct PlainRow {
  flow::FlowIdentity flow;  // without uid
  features::RowKind kind = features::RowKind::final;
  base::Timestamp tick;
  std::map<std::string, double> values;
};

std::vector<PlainRow> plain_meter(std::span<const decode::PacketView> packets, const features::MeterConfig& config);

}  // namespace weir::golden
