// SPDX-License-Identifier: Apache-2.0
// Outlet: nothing that was told is lost, twice or silent, whatever receiver, disk and process do.
#include "sinks/outlet.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sinks/record_frame.h"

namespace weir::sinks {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// A receiver that takes, fails, refuses or says nothing, as it is told.
struct Receiver {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> taken;
  std::vector<std::size_t> tries;  // how many records each had
  bool fails = false, hangs = false, interrupted = false;
  std::string refused;             // the text that it never takes
  std::optional<std::chrono::milliseconds> asks_for;

  template <class Change>
  void set(Change change) {
    std::lock_guard lock(mutex);
    change();
    changed.notify_all();
  }
  std::vector<std::string> texts() {
    std::lock_guard lock(mutex);
    return taken;
  }
  std::size_t try_count() {
    std::lock_guard lock(mutex);
    return tries.size();
  }
};

class ReceiverSender final : public Sender {
 public:
  explicit ReceiverSender(Receiver& receiver) : receiver_(receiver) {}

  SendResult send(std::span<const Record> records) override {
    std::unique_lock lock(receiver_.mutex);
    receiver_.tries.push_back(records.size());
    receiver_.changed.wait(lock, [&] { return !receiver_.hangs || receiver_.interrupted; });
    SendResult result;
    if (receiver_.fails || receiver_.interrupted) {
      result.error = base::Error("the receiver is away");
      result.retry_after = receiver_.asks_for;
      return result;
    }
    for (const Record& record : records) {
      if (record.text == receiver_.refused) {
        result.error = base::Error("it does not like that");
        result.hopeless = true;
        return result;
      }
      receiver_.taken.push_back(record.text);
      ++result.sent;
    }
    return result;
  }
  void interrupt() override {
    receiver_.set([&] { receiver_.interrupted = true; });
  }
  base::Result<> check() override { return {}; }

 private:
  Receiver& receiver_;
};

Event alert(int number) {
  alerting::Detection d;
  d.flow.uid.bytes[0] = static_cast<std::byte>(number);
  d.verdict.status = scoring::Status::anomaly;
  d.sensor = std::to_string(number);
  return *alert_of(d);
}

void wait_for(const std::function<bool()>& condition) {
  for (int i = 0; i < 4000 && !condition(); ++i) std::this_thread::sleep_for(5ms);
  ASSERT_TRUE(condition());
}

class OutletTest : public testing::Test {
 protected:
  OutletTest() {
    std::string name = (fs::temp_directory_path() / "weir-outlet-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~OutletTest() override { fs::remove_all(folder_); }

  std::unique_ptr<Outlet> open(std::uint64_t spool_bytes = 1 << 20) {
    auto spool = base::RecordSpool::open(folder_ / "spool",
                                         {.max_bytes = spool_bytes, .segment_bytes = 1 << 16, .note_progress = true});
    EXPECT_TRUE(spool);
    OutletConfig config{.name = "test", .receiver = "a receiver"};
    config.first_retry = 20ms;
    config.last_retry = 100ms;
    return std::make_unique<Outlet>(
        config, std::move(*spool), std::make_unique<ReceiverSender>(receiver_),
        [](const Event& event) { return std::get<alerting::Detection>(event.what).sensor; },
        [this](const std::string& sentence) {
          std::lock_guard lock(said_mutex_);
          said_.push_back(sentence);
        });
  }

  static void tell(Outlet& outlet, std::initializer_list<int> numbers) {
    std::vector<Event> events;
    for (const int number : numbers) events.push_back(alert(number));
    outlet.tell(std::move(events));
  }
  static void expect_balance(const OutletReport& r) {
    EXPECT_EQ(r.told, r.sent + r.waiting + r.refused + r.dropped + r.lost);
  }
  std::vector<std::string> said() {
    std::lock_guard lock(said_mutex_);
    return said_;
  }

  fs::path folder_;
  Receiver receiver_;
  std::mutex said_mutex_;
  std::vector<std::string> said_;
};

TEST_F(OutletTest, what_is_told_is_sent_once_and_in_order) {
  auto outlet = open();
  tell(*outlet, {1, 2, 2});
  tell(*outlet, {2, 3});
  outlet->stop(5s);
  EXPECT_THAT(receiver_.texts(), ElementsAre("1", "2", "3"));
  const OutletReport report = outlet->report();
  EXPECT_EQ(report.told, 3u);
  EXPECT_EQ(report.sent, 3u);
  EXPECT_TRUE(report.ok);
  expect_balance(report);
}

TEST_F(OutletTest, a_receiver_that_is_away_holds_up_nobody_and_gets_all_when_it_is_back) {
  receiver_.fails = true;
  auto outlet = open();
  const auto begin = std::chrono::steady_clock::now();
  for (int n = 1; n <= 100; ++n) tell(*outlet, {n});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  wait_for([&] { return receiver_.try_count() >= 3; });
  OutletReport report = outlet->report();
  EXPECT_FALSE(report.ok);
  EXPECT_TRUE(report.away_since);
  EXPECT_EQ(report.waiting, 100u);
  EXPECT_EQ(report.last_error, "the receiver is away");
  receiver_.set([&] { receiver_.fails = false; });
  wait_for([&] { return outlet->report().sent == 100; });
  report = outlet->report();
  EXPECT_TRUE(report.ok);
  EXPECT_FALSE(report.away_since);
  outlet->stop(5s);
  EXPECT_EQ(receiver_.texts().size(), 100u);
  EXPECT_THAT(said(), ElementsAre(HasSubstr("sink test: the receiver is away; trying again"),
                                  HasSubstr("sink test: takes events again")));
}

TEST_F(OutletTest, what_waits_at_a_stop_is_sent_by_the_next_start) {
  receiver_.fails = true;
  auto outlet = open();
  tell(*outlet, {1, 2});
  const auto begin = std::chrono::steady_clock::now();
  outlet->stop(5s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s) << "a receiver that fails is not waited for";
  EXPECT_EQ(outlet->report().waiting, 2u);
  expect_balance(outlet->report());
  outlet.reset();
  receiver_.fails = false;
  outlet = open();
  wait_for([&] { return outlet->report().sent_of_earlier == 2; });
  tell(*outlet, {3});
  outlet->stop(5s);
  EXPECT_THAT(receiver_.texts(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(outlet->report().sent, 1u);
  EXPECT_EQ(outlet->report().waiting_of_earlier, 0u);
}

TEST_F(OutletTest, a_receiver_that_never_answers_is_left_when_the_deadline_of_a_stop_is_over) {
  receiver_.hangs = true;
  auto outlet = open();
  tell(*outlet, {1});
  wait_for([&] { return receiver_.try_count() == 1; });
  tell(*outlet, {2});
  const auto begin = std::chrono::steady_clock::now();
  outlet->stop(100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  EXPECT_EQ(outlet->report().waiting, 2u);
  expect_balance(outlet->report());
}

TEST_F(OutletTest, a_record_that_is_refused_for_good_is_counted_and_those_around_it_arrive) {
  receiver_.refused = "2";
  auto outlet = open();
  tell(*outlet, {1, 2, 3});
  outlet->stop(5s);
  EXPECT_THAT(receiver_.texts(), ElementsAre("1", "3"));
  const OutletReport report = outlet->report();
  EXPECT_EQ(report.refused, 1u);
  EXPECT_EQ(report.last_error, "it does not like that");
  expect_balance(report);
}

TEST_F(OutletTest, a_full_spool_drops_and_counts_what_is_new_and_keeps_the_oldest) {
  receiver_.fails = true;
  auto outlet = open(200);
  tell(*outlet, {1});
  wait_for([&] { return receiver_.try_count() > 0; });
  for (int n = 2; n <= 50; ++n) tell(*outlet, {n});
  wait_for([&] { return outlet->report().dropped > 0; });
  receiver_.set([&] { receiver_.fails = false; });
  outlet->stop(5s);
  const OutletReport report = outlet->report();
  EXPECT_EQ(receiver_.texts().at(0), "1");
  EXPECT_EQ(report.sent + report.dropped, 50u);
  expect_balance(report);
}

TEST_F(OutletTest, what_was_dropped_is_told_when_it_is_heard_of_again) {
  receiver_.hangs = true;
  fs::create_directory(folder_ / "spool");
  auto spool = base::RecordSpool::open(folder_ / "spool", {});
  ASSERT_TRUE(spool);
  OutletConfig config{.name = "test", .queue_batches = 1, .room_wait = 0ms};
  std::mutex renders;
  renders.lock();  // the keeper cannot go on
  Outlet outlet(config, std::move(*spool), std::make_unique<ReceiverSender>(receiver_), [&](const Event& event) {
    std::lock_guard lock(renders);
    return std::get<alerting::Detection>(event.what).sensor;
  });
  int number = 0;
  while (outlet.report().dropped == 0) tell(outlet, {++number});
  renders.unlock();
  receiver_.set([&] { receiver_.hangs = false; });
  wait_for([&] { return outlet.report().waiting == 0; });
  tell(outlet, {number});
  outlet.stop(5s);
  EXPECT_EQ(receiver_.texts().back(), std::to_string(number));
  EXPECT_EQ(outlet.report().dropped, 1u);
  expect_balance(outlet.report());
}

TEST_F(OutletTest, a_pause_that_the_receiver_asks_for_is_kept) {
  receiver_.fails = true;
  receiver_.asks_for = 10s;
  auto outlet = open();
  tell(*outlet, {1});
  wait_for([&] { return receiver_.try_count() == 1; });
  std::this_thread::sleep_for(300ms);  // many times the longest pause of its own
  EXPECT_EQ(receiver_.try_count(), 1u);
  receiver_.set([&] { receiver_.fails = false; });
  outlet->stop(5s);
  EXPECT_EQ(outlet->report().sent, 1u) << "a stop tries once more at once";
}

TEST_F(OutletTest, a_disk_that_fails_leaves_what_is_new_in_memory_for_the_receiver) {
  auto outlet = open();
  fs::rename(folder_ / "spool", folder_ / "gone");
  tell(*outlet, {1});
  wait_for([&] { return outlet->report().sent == 1; });
  EXPECT_FALSE(outlet->report().ok);
  fs::rename(folder_ / "gone", folder_ / "spool");
  tell(*outlet, {2});
  wait_for([&] { return outlet->report().sent == 2; });
  EXPECT_TRUE(outlet->report().ok);
  outlet->stop(5s);
  expect_balance(outlet->report());
}

TEST_F(OutletTest, a_mark_is_settled_once_what_was_told_before_it_is_on_the_disk) {
  receiver_.fails = true;
  auto outlet = open();
  tell(*outlet, {1});
  outlet->mark();
  wait_for([&] { return outlet->is_settled(); });
  // As after a kill: the same bytes in another folder.
  fs::create_directory(folder_ / "copy");
  for (const auto& file : fs::directory_iterator(folder_ / "spool")) {
    if (file.path().extension() == ".spool") fs::copy(file.path(), folder_ / "copy" / file.path().filename());
  }
  auto after = base::RecordSpool::open(folder_ / "copy", {});
  ASSERT_TRUE(after);
  const auto oldest = (*after)->oldest();
  ASSERT_TRUE(oldest && *oldest);
  EXPECT_EQ(records_of((*oldest)->payload).value().at(0).text, "1");
}

TEST(RecordFrame, records_come_back_from_bytes_and_cut_ones_are_refused) {
  const std::vector<Record> records = {{"key", "text"}, {"", ""}, {"k", std::string(300, 'x')}};
  const auto bytes = to_bytes(records);
  const auto back = records_of(bytes);
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), 3u);
  EXPECT_EQ(back->at(2).text, records[2].text);
  EXPECT_EQ(back->at(0).key, "key");
  std::size_t refused = 0;
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    refused += !records_of(std::span(bytes).first(length)).has_value();
  }
  EXPECT_EQ(refused, bytes.size() - 3) << "but where a record ends";
}

}  // namespace
}  // namespace weir::sinks
