// SPDX-License-Identifier: Apache-2.0
// PendingBatch: detections that wait to be written together. Rows of one flow merge here, so that a flow that changes at
// each tick costs one write a batch. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <unordered_map>

#include "store/detection_store.h"

namespace weir::store {

class PendingBatch {
 public:
  using Clock = std::chrono::steady_clock;

  void add(WriteBatch&& more);
  void clear();

  const WriteBatch& batch() const { return batch_; }
  bool empty() const { return batch_.empty(); }
  std::uint64_t rows() const { return rows_; }        // as they came, before merging
  std::size_t size() const { return batch_.detections.size() + batch_.throughput.size(); }
  Clock::time_point since() const { return since_; }  // when the first one came; undefined while empty

 private:
  struct HashOfDigest {                               // a flow_uid is a digest: any eight of its bytes are a hash
    std::size_t operator()(const flow::FlowUid& uid) const {
      std::size_t hash;
      std::memcpy(&hash, uid.bytes.data(), sizeof hash);
      return hash;
    }
  };

  WriteBatch batch_;
  std::unordered_map<flow::FlowUid, std::size_t, HashOfDigest> place_of_;
  std::uint64_t rows_ = 0;
  Clock::time_point since_;
};

}  // namespace weir::store
