// SPDX-License-Identifier: Apache-2.0
#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include <array>

namespace weir::base {
namespace {

constexpr std::array<std::byte, 8> kBytes = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                             std::byte{5}, std::byte{6}, std::byte{7}, std::byte{8}};

TEST(ByteReader, numbers_are_read_in_network_order) {
  ByteReader reader(kBytes);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607u);
  EXPECT_EQ(reader.remaining(), 1u);
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, a_read_beyond_the_end_gives_zero_and_stays_not_ok) {
  ByteReader reader(kBytes);
  reader.skip(6);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.remaining(), 2u);
  EXPECT_EQ(reader.u16(), 0x0708);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, a_limit_hides_what_follows_but_never_adds_bytes) {
  ByteReader reader(kBytes);
  reader.limit(100);
  EXPECT_EQ(reader.remaining(), 8u);
  reader.limit(2);
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace weir::base
