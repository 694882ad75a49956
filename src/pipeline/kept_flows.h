// SPDX-License-Identifier: Apache-2.0
// KeptFlows: the worst verdict of each open flow that is kept, so that its later rows can say how the flow went on (its size,
// its end) although they have no verdict of their own that counts: a final row that brings nothing new is not scored, and a
// later row that looks normal takes nothing back.
//
// Bounded: a flow beyond `capacity` is not remembered; its detection then stays as its own rows left it. One thread.
#pragma once

#include <cstddef>
#include <cstring>
#include <tuple>
#include <unordered_map>

#include "features/feature_batch.h"
#include "scoring/verdict.h"

namespace weir::pipeline {

class KeptFlows {
 public:
  explicit KeptFlows(std::size_t capacity = 262'144) : capacity_(capacity) {}

  // The worst verdict so far, or null.
  const scoring::Verdict* find(const flow::FlowUid& uid) const {
    const auto found = verdicts_.find(uid);
    return found == verdicts_.end() ? nullptr : &found->second;
  }

  void remember(const flow::FlowUid& uid, const scoring::Verdict& verdict) {
    const auto known = verdicts_.find(uid);
    if (known == verdicts_.end() && verdicts_.size() >= capacity_) return;
    scoring::Verdict& worst = known == verdicts_.end() ? verdicts_[uid] : known->second;
    worst = verdict;
    worst.reasons.clear();  // they are stored with the row that they belong to
  }

  void forget(const flow::FlowUid& uid) { verdicts_.erase(uid); }
  std::size_t size() const { return verdicts_.size(); }

 private:
  struct UidHash {
    std::size_t operator()(const flow::FlowUid& uid) const {
      std::size_t hash;  // the uid is a digest: any part of it is a hash
      std::memcpy(&hash, uid.bytes.data(), sizeof hash);
      return hash;
    }
  };

  std::size_t capacity_;
  std::unordered_map<flow::FlowUid, scoring::Verdict, UidHash> verdicts_;
};

// Whether a verdict outweighs an older one of the same flow.
inline bool worse(const scoring::Verdict& a, const scoring::Verdict& b) {
  return std::tuple(a.status, a.margin) > std::tuple(b.status, b.margin);
}

}  // namespace weir::pipeline
