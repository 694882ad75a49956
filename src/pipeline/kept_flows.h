// SPDX-License-Identifier: Apache-2.0
// KeptFlows: the worst verdict of each open flow that is kept, so that its later rows can say how the flow went on (its size,
// its end) although they have no verdict of their own that counts: a final row that brings nothing new is not scored, and a
// later row that looks normal takes nothing back.
//
// Bounded: a flow beyond `capacity` is not remembered; its detection then stays as its own rows left it. One thread.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/plain_bytes.h"
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

  // In pieces of about so many bytes; restore() takes them in.
  void save(std::size_t piece_bytes, const std::function<void(std::vector<std::byte>&&)>& take) const {
    std::vector<std::byte> piece;
    for (const auto& [uid, v] : verdicts_) {
      base::put_plain(piece, Saved{uid, v.status, v.unscored_reason, v.score, v.margin, v.p_value.value_or(kNaN),
                                   v.confidence.value_or(kNaN), static_cast<std::uint32_t>(v.attack_type.size())});
      const auto name = std::as_bytes(std::span(v.attack_type));
      piece.insert(piece.end(), name.begin(), name.end());
      if (piece.size() >= piece_bytes) take(std::exchange(piece, {}));
    }
    if (!piece.empty()) take(std::move(piece));
  }

  bool restore(std::span<const std::byte> piece) {
    base::PlainReader reader(piece);
    while (!reader.empty()) {
      Saved saved;
      std::span<const std::byte> name;
      if (!reader.take(saved) || !reader.take(name, saved.name_bytes)) return false;
      scoring::Verdict verdict;
      verdict.status = saved.status;
      verdict.unscored_reason = saved.reason;
      verdict.score = saved.score;
      verdict.margin = saved.margin;
      if (!std::isnan(saved.p_value)) verdict.p_value = saved.p_value;
      if (!std::isnan(saved.confidence)) verdict.confidence = saved.confidence;
      verdict.attack_type.assign(reinterpret_cast<const char*>(name.data()), name.size());
      remember(saved.uid, verdict);
    }
    return true;
  }

  void forget(const flow::FlowUid& uid) { verdicts_.erase(uid); }
  std::size_t size() const { return verdicts_.size(); }

 private:
  static constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();  // stands for: unknown
  struct Saved {
    flow::FlowUid uid;
    scoring::Status status;
    scoring::UnscoredReason reason;
    float score, margin, p_value, confidence;
    std::uint32_t name_bytes;  // of the attack type, which follows
  };

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
