// SPDX-License-Identifier: Apache-2.0
#include "capture/paced_source.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace weir::capture {
namespace {

using namespace std::chrono_literals;

// A clock that stands still but for sleeping, and remembers for how long that was.
class TestClock final : public PaceClock {
 public:
  TimePoint now() override { return now_; }
  void sleep_until(TimePoint when) override {
    longest_sleep_ = std::max(longest_sleep_, when - now_);
    now_ = std::max(now_, when);
  }
  void pass(std::chrono::nanoseconds time) { now_ += time; }
  auto elapsed() const { return now_ - TimePoint{}; }
  auto longest_sleep() const { return longest_sleep_; }

 private:
  TimePoint now_{};
  TimePoint::duration longest_sleep_{};
};

// Hands out packets at the given times, in batches of `batch`, then ends.
class TimesSource final : public PacketSource {
 public:
  TimesSource(std::vector<std::int64_t> times_us, std::size_t batch) : batch_(batch) {
    for (const std::int64_t us : times_us) packets_.push_back({.time = base::from_us(us), .wire_length = 100});
  }
  base::Result<Batch> next(std::chrono::milliseconds) override {
    const std::size_t count = std::min(batch_, packets_.size() - at_);
    const auto given = std::span(packets_).subspan(std::exchange(at_, at_ + count), count);
    return Batch{given, at_ == packets_.size() ? State::end : State::open};
  }
  SourceStats stats() const override { return {.packets = at_, .wire_bytes = at_ * 100, .damage = "seen"}; }
  bool live() const override { return false; }
  std::string name() const override { return "times"; }

 private:
  const std::size_t batch_;
  std::vector<RawPacket> packets_;
  std::size_t at_ = 0;
};

struct Seen {
  std::int64_t packet_us;
  std::int64_t clock_us;
};

std::vector<Seen> replay(std::vector<std::int64_t> times, double speed, TestClock& clock, std::size_t batch = 512) {
  PacedSource source(std::make_unique<TimesSource>(std::move(times), batch), speed, clock);
  std::vector<Seen> seen;
  for (;;) {
    const auto given = source.next(100ms);
    for (const RawPacket& packet : given->packets) {
      seen.push_back(
          {base::to_us(packet.time), std::chrono::duration_cast<std::chrono::microseconds>(clock.elapsed()).count()});
    }
    if (given->state == PacketSource::State::end) return seen;
  }
}

TEST(PacedSource, packets_come_when_they_were_recorded) {
  TestClock clock;
  for (const Seen& packet : replay({5'000'000, 5'000'010, 5'300'000, 6'000'000}, 1.0, clock)) {
    EXPECT_EQ(packet.clock_us, packet.packet_us - 5'000'000);
  }
}

TEST(PacedSource, speed_divides_every_gap) {
  TestClock clock;
  const auto seen = replay({0, 1'000'000, 61'000'000}, 20.0, clock, 1);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[1].clock_us, 50'000);
  EXPECT_EQ(seen[2].clock_us, 3'050'000);
}

TEST(PacedSource, no_wait_is_longer_than_the_callers_patience) {
  TestClock clock;
  const auto seen = replay({0, 3'600'000'000}, 1.0, clock);
  EXPECT_EQ(seen[1].clock_us, 3'600'000'000);
  EXPECT_LE(clock.longest_sleep(), 100ms);
}

TEST(PacedSource, stamps_that_go_back_do_not_wait_and_keep_their_order) {
  TestClock clock;
  const auto seen = replay({1'000'000, 2'000'000, 500'000, 2'500'000}, 1.0, clock);
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[2].packet_us, 500'000);
  EXPECT_EQ(seen[2].clock_us, 1'000'000);
  EXPECT_EQ(seen[3].clock_us, 1'500'000);
}

TEST(PacedSource, a_reader_that_was_slow_gets_all_that_is_due_at_once) {
  TestClock clock;
  PacedSource source(std::make_unique<TimesSource>(std::vector<std::int64_t>{0, 1000, 2000, 9000}, 512), 1.0, clock);
  EXPECT_EQ(source.next(100ms)->packets.size(), 1u);
  clock.pass(5ms);
  EXPECT_EQ(source.next(100ms)->packets.size(), 2u);
  const auto last = source.next(100ms);
  EXPECT_EQ(last->packets.size(), 1u);
  EXPECT_EQ(last->state, PacketSource::State::end);
}

TEST(PacedSource, counts_are_those_of_what_was_handed_out_and_the_rest_is_the_inner_sources) {
  TestClock clock;
  PacedSource source(std::make_unique<TimesSource>(std::vector<std::int64_t>{0, 1'000'000}, 512), 1.0, clock);
  ASSERT_TRUE(source.next(10ms).has_value());
  EXPECT_EQ(source.stats().packets, 1u);
  EXPECT_EQ(source.stats().wire_bytes, 100u);
  EXPECT_EQ(source.stats().damage, "seen");
  EXPECT_EQ(source.name(), "times");
}

TEST(PacedSource, a_stamp_of_another_age_neither_overflows_nor_ends_the_replay) {
  TestClock clock;
  PacedSource source(std::make_unique<TimesSource>(std::vector<std::int64_t>{0, std::int64_t{1} << 60}, 512), 1e-3,
                     clock);
  EXPECT_EQ(source.next(10ms)->packets.size(), 1u);
  const auto waiting = source.next(10ms);
  EXPECT_EQ(waiting->packets.size(), 0u);
  EXPECT_EQ(waiting->state, PacketSource::State::open);
}

}  // namespace
}  // namespace weir::capture
