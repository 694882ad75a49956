// SPDX-License-Identifier: Apache-2.0
// HostContext: the features of family `host`. What a row's source, its destination, the two together, and the service asked
// (destination, port, protocol) did of late, over all flows: what scans, guessing, floods, beacons look like across flows.
//
//   rows of a slice, of all workers ──▶ 1. sort by start      ──▶ 2. each row's news goes ──▶ 3. each row reads its four
//                                          (ties by flow_uid)        into its four keys          keys, as of the slice's end
//
// So what a row reads depends on the set of rows of its slice and of those before, not on their order, nor on the number of
// workers, nor on the hash secret. A row gives only its news (RowNews): however often a flow is reported, it counts once.
//
// Windows slide by two generations: what was counted in the current one (multiples of 10 s, of 60 s since 1970), and of the
// one before the share that the window still covers. Beside them stand habits (recent_habits.h), which look back by
// connections and not by time, and a count of open connections.
// Not counted as unanswered: what goes to a group of hosts, and ICMP errors; nobody answers those.
//
// Bounded: at most so many keys of each kind (RecentKeys says which give way); a row whose keys gave way within its slice
// reads what it alone says. Cost: about four lookups to write and four to read for each row, O(1), no allocation once warm.
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "features/feature_batch.h"

namespace weir::features {

struct HostContextConfig {
  std::uint32_t max_hosts = 65'536;  // sources, destinations, services; twice as many pairs
};

struct HostContextReport {
  std::uint64_t sources = 0, destinations = 0, pairs = 0, services = 0;  // known now
  std::uint64_t displaced = 0;                                           // keys that gave way since the start
  std::uint64_t memory_bytes = 0;
};

class HostContext {
 public:
  explicit HostContext(HostContextConfig config = {});
  ~HostContext();
  HostContext(HostContext&&) noexcept;
  HostContext& operator=(HostContext&&) noexcept;

  struct Rows {
    FeatureBatch* batch;
    bool wanted = true;  // else the rows count for others, but their own values are not needed
  };

  // Where a row of the slice stands.
  struct Place {
    std::uint32_t batch, row;
  };

  // Takes in all rows of a slice, and fills in family `host` of those with news. Slices come in order of time; a slice may
  // come in parts: then a part's rows see the parts before it too.
  // Gives the rows in the order in which they were taken in: by start, ties by flow_uid, those of one flow as they came. It is
  // the same however many workers there are. Good until the next call.
  std::span<const Place> fill(std::span<const Rows> slice);

  HostContextReport report() const;

  // What is known, in pieces of at most about `piece_bytes`, for restore() of the same build and layout.
  void save(std::size_t piece_bytes, const std::function<void(std::vector<std::byte>&&)>& take) const;
  // In a new context: piece by piece, then restored(). False: the bytes are no such piece.
  bool restore(std::span<const std::byte> piece);
  void restored();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace weir::features
