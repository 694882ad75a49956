// SPDX-License-Identifier: Apache-2.0
#include "store/pending_batch.h"

#include <iterator>
#include <utility>

namespace weir::store {

void PendingBatch::add(WriteBatch&& more) {
  if (empty()) since_ = Clock::now();
  rows_ += more.detections.size();
  for (alerting::Detection& detection : more.detections) {
    const auto [place, is_new] = place_of_.try_emplace(detection.flow.uid, batch_.detections.size());
    if (is_new) {
      batch_.detections.push_back(std::move(detection));
    } else {
      alerting::merge(batch_.detections[place->second], detection);
    }
  }
  batch_.throughput.insert(batch_.throughput.end(), std::move_iterator(more.throughput.begin()),
                           std::move_iterator(more.throughput.end()));
}

void PendingBatch::clear() {
  batch_.detections.clear();
  batch_.throughput.clear();
  place_of_.clear();
  rows_ = 0;
}

}  // namespace weir::store
