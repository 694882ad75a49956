// SPDX-License-Identifier: Apache-2.0
#include "base/huge_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>

namespace weir::base {
namespace {

TEST(HugeMemory, is_zeroed_lies_on_a_page_boundary_and_is_whole_pages) {
  const HugeMemory memory(3'000'000);
  EXPECT_EQ(memory.size(), 2 * HugeMemory::kPage);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % HugeMemory::kPage, 0u);
  const std::span bytes(memory.data(), memory.size());
  EXPECT_TRUE(std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; }));
  bytes.back() = std::byte{7};
  EXPECT_EQ(bytes.back(), std::byte{7});
}

TEST(HugeMemory, moving_hands_over_the_bytes) {
  HugeMemory first(10);
  std::byte* const data = first.data();
  HugeMemory second(std::move(first));
  EXPECT_EQ(second.data(), data);
  EXPECT_EQ(first.data(), nullptr);  // NOLINT(bugprone-use-after-move): just that is asked
}

TEST(HugeMemory, what_no_machine_has_is_refused) { EXPECT_THROW(HugeMemory(std::size_t{1} << 60), std::bad_alloc); }

}  // namespace
}  // namespace weir::base
