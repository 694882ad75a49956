// SPDX-License-Identifier: Apache-2.0
#include "decode/waiting_fragments.h"

#include <algorithm>

#include "base/check.h"

namespace weir::decode {

std::uint32_t WaitingFragments::add(const PacketView& view, const FragmentKey& key, std::uint32_t before) {
  WEIR_CHECK(!slots_[next_].used);
  slots_[next_] = {.fragment = {view, key}, .before = before, .used = true};
  const std::size_t number = next_;
  next_ = (next_ + 1) % slots_.size();
  if (++size_ == 1) oldest_ = number;
  find_oldest();
  return static_cast<std::uint32_t>(number);
}

std::size_t WaitingFragments::take(std::uint32_t newest, const FragmentKey& key, PacketView* out) {
  std::size_t taken = 0;
  // A slot may have been given away since: the key tells, and a slot that was left is not used.
  for (std::uint32_t at = newest; at != FragmentTable::kNobody; at = slots_[at].before) {
    Slot& slot = slots_[at];
    if (!slot.used || !(slot.fragment.key == key)) break;
    out[taken++] = slot.fragment.view;
    slot.used = false;
  }
  size_ -= taken;
  std::reverse(out, out + taken);
  find_oldest();
  return taken;
}

WaitingFragments::Waiting WaitingFragments::pop_oldest() {
  WEIR_CHECK(size_ > 0);
  slots_[oldest_].used = false;
  --size_;
  const Waiting oldest = slots_[oldest_].fragment;
  find_oldest();
  return oldest;
}

void WaitingFragments::find_oldest() {
  if (size_ == 0) {
    oldest_ = next_;
    deadline_ = base::Timestamp::max();
    return;
  }
  while (!slots_[oldest_].used) oldest_ = (oldest_ + 1) % slots_.size();
  deadline_ = slots_[oldest_].fragment.view.time + kPatience;
}

}  // namespace weir::decode
