// SPDX-License-Identifier: Apache-2.0
// The fast meter held against the plain one.
#pragma once

#include <span>
#include <string>

#include "features/flow_meter.h"

namespace weir::golden {

// The first difference between the rows that FlowMeter and plain_meter() make of these packets; empty when there is none.
// Whole numbers must be equal, others equal or neighbours as float32: the two round on different ways. The order is free.
std::string difference(std::span<const decode::PacketView> packets, const features::MeterConfig& config);

}  // namespace weir::golden
