// SPDX-License-Identifier: Apache-2.0
// Random packets through the fast meter and the plain one: the same rows, number by number.
#include <gtest/gtest.h>

#include <random>

#include "tests/golden/metered.h"
#include "tests/golden/oracle.h"
#include "tests/golden/talk.h"

namespace weir::golden {
namespace {

class RandomTraffic {
 public:
  explicit RandomTraffic(unsigned seed) : random_(seed) {}

  std::vector<decode::PacketView> packets(int count) {
    std::vector<decode::PacketView> packets;
    for (int i = 0; i < count; ++i) packets.push_back(next());
    return packets;
  }

 private:
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[below(static_cast<std::int64_t>(choices.size()))];
  }
  std::int64_t below(std::int64_t bound) { return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_); }

  // Gaps on both sides of each boundary, most of them short, some of them back in time.
  std::int64_t gap_us() {
    const std::int64_t kind = below(1000);
    if (kind < 300) return below(3);
    if (kind < 800) return below(20'000);
    if (kind < 900) return below(400'000);
    if (kind < 960) return one_of<std::int64_t>({999'999, 1'000'000, 1'000'001, 4'999'999, 5'000'000, 5'000'001});
    if (kind < 990) return below(8'000'000);
    if (kind < 993) return one_of<std::int64_t>({119'999'999, 120'000'000, 120'000'001, 700'000'000});
    return -below(15'000'000);
  }

  decode::PacketView next() {
    using namespace decode::tcp_flag;
    now_us_ += gap_us();
    decode::PacketView p;
    p.time = base::from_us(now_us_);
    p.ip_version = one_of<std::uint8_t>({4, 4, 4, 6});
    p.protocol = one_of<std::uint8_t>({6, 6, 6, 17, 1, 132, 47});
    const auto a = static_cast<std::uint32_t>(below(3)), b = static_cast<std::uint32_t>(below(3));
    p.src = base::IpAddress::v4(0xC6120000 + a);
    p.dst = base::IpAddress::v4(0xC6120000 + b);
    if (p.protocol == 6 || p.protocol == 17) {
      p.src_port = static_cast<std::uint16_t>(80 + a);
      p.dst_port = static_cast<std::uint16_t>(80 + b);
    }
    p.vlan = one_of<std::uint16_t>({decode::kNoVlan, decode::kNoVlan, 7});
    p.later_fragment = below(50) == 0;
    p.payload_bytes =
        static_cast<std::uint32_t>(one_of<std::int64_t>({0, 0, 1, below(1500), below(1500), below(100'000)}));
    p.ip_bytes = p.payload_bytes + 40;
    if (!p.later_fragment) fill_transport(p);
    return p;
  }

  void fill_transport(decode::PacketView& p) {
    using namespace decode::tcp_flag;
    p.l4_header_bytes = p.protocol == 6 ? static_cast<std::uint16_t>(20 + 4 * below(11)) : p.protocol == 47 ? 0 : 8;
    if (p.protocol == 1) {
      p.icmp_type = one_of<std::uint8_t>({0, 8, 3});
      p.icmp_code = static_cast<std::uint8_t>(below(3));
    }
    if (p.protocol != 6) return;
    p.tcp_flags = one_of<std::uint8_t>({kAck, kAck, kAck, kAck | kPsh, kAck | kPsh, kSyn, kSyn | kAck, kFin | kAck,
                                        kFin | kAck, kRst, kAck | kUrg, kAck | kEce | kCwr, 0, 0xFF});
    if (p.tcp_flags & kRst && below(3) > 0) p.tcp_flags = kAck;
    p.tcp_window = static_cast<std::uint16_t>(below(65536));
    p.tcp_seq = static_cast<std::uint32_t>(0xFFFFF000 + below(8192));
    p.tcp_ack = static_cast<std::uint32_t>(0xFFFFF000 + below(12'000));
  }

  std::mt19937_64 random_;
  std::int64_t now_us_ = kStartUs;
};

void expect_same_rows(const std::vector<decode::PacketView>& packets, const features::MeterConfig& config) {
  EXPECT_EQ(difference(packets, config), "");
}

TEST(Oracle, random_traffic_gives_the_rows_that_the_plain_meter_gives) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    expect_same_rows(RandomTraffic(seed).packets(600), features::MeterConfig{});
    if (HasFailure()) return;
  }
}

TEST(Oracle, so_it_is_with_other_timeouts_and_ticks) {
  features::MeterConfig config;
  config.idle_timeout = 3s;
  config.active_timeout = 25s;
  config.linger = 0s;
  config.tick = 700ms;
  for (unsigned seed = 101; seed <= 108; ++seed) {
    SCOPED_TRACE(seed);
    expect_same_rows(RandomTraffic(seed).packets(600), config);
    if (HasFailure()) return;
  }
}

// Where Welford in floats, or sums of squares in doubles, would lose digits.
TEST(Oracle, deviations_are_right_for_long_flows_of_nearly_equal_values) {
  std::vector<decode::PacketView> packets;
  std::minstd_rand random(7);
  std::int64_t at = kStartUs;
  for (int i = 0; i < 20'000; ++i) {
    decode::PacketView p;
    p.time = base::from_us(at);
    p.protocol = decode::protocol::kUdp;
    p.src = base::IpAddress::v4(1U);
    p.dst = base::IpAddress::v4(2U);
    p.payload_bytes = 65'000 + static_cast<std::uint32_t>(random() % 2);
    p.l4_header_bytes = 8;
    packets.push_back(p);
    at += 5'000 + static_cast<std::int64_t>(random() % 2);
  }
  features::MeterConfig config = only_final_rows();
  expect_same_rows(packets, config);
}

TEST(Oracle, nothing_is_ever_infinite_and_only_signed_payloads_are_negative) {
  for (unsigned seed = 201; seed <= 208; ++seed) {
    for (const MeteredRow& row : meter_views(RandomTraffic(seed).packets(800), features::MeterConfig{}).rows) {
      for (std::size_t i = 0; i < features::kFeatureCount; ++i) {
        ASSERT_FALSE(std::isinf(row.values[i])) << features::kFeatures[i].name;
        const bool is_signed = features::kFeatures[i].formula.starts_with("signed");
        ASSERT_TRUE(is_signed || !(row.values[i] < 0)) << features::kFeatures[i].name << " = " << row.values[i];
      }
    }
  }
}

}  // namespace
}  // namespace weir::golden
