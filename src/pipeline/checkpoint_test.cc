// SPDX-License-Identifier: Apache-2.0
// A checkpoint on disk is whole or refused, and the one before it stays until the next is whole.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/plain_bytes.h"
#include "pipeline/checkpointer.h"
#include "pipeline/taken_up.h"
#include "store/temporary_folder.h"

namespace weir::pipeline {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

CheckpointIdentity mine() { return identity_of("sensor", "eth0", 1); }

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class CheckpointTest : public testing::Test {
 protected:
  void write(std::uint64_t flows, CheckpointIdentity identity = mine(), base::Timestamp begun = {}) {
    auto writer = CheckpointWriter::begin(folder_.path(),
                                          {.identity = std::move(identity), .run = 7, .begun = begun, .packets = 1000});
    ASSERT_TRUE(writer) << writer.error().message();
    CheckpointPiece piece{PieceKind::flows, 3, {}};
    for (std::uint64_t i = 0; i < 50; ++i) base::put_plain(piece.bytes, i);
    ASSERT_TRUE(writer->write(piece));
    ASSERT_TRUE(writer->commit({.flows = flows, .clean = false}));
  }
  std::string why_not() {
    FoundCheckpoint found = find_checkpoint(folder_.path(), mine());
    EXPECT_EQ(found.refused.size(), 1U);
    EXPECT_TRUE(fs::exists(folder_.path() / "checkpoint.refused"));
    return found.refused.empty() ? "" : found.refused.front();
  }

  store::test::TemporaryFolder folder_;
  const fs::path file_ = checkpoint_file(folder_.path());
};

TEST_F(CheckpointTest, what_was_written_is_read_back_and_what_came_after_it_is_told) {
  write(42);
  ASSERT_TRUE(write_progress(folder_.path(), {.run = 7, .packets = 1234, .seen_until_us = 2'500'000}));
  FoundCheckpoint found = find_checkpoint(folder_.path(), mine());
  ASSERT_TRUE(found.reader);
  std::size_t bytes = 0;
  ASSERT_TRUE(found.reader->read([&](const CheckpointPiece& piece) -> base::Result<> {
    EXPECT_EQ(piece.kind, PieceKind::flows);
    EXPECT_EQ(piece.worker, 3U);
    bytes += piece.bytes.size();
    return {};
  }));
  EXPECT_EQ(bytes, 400U);
  EXPECT_EQ(found.reader->end().flows, 42U);
  const TakenUp taken_up = account_of(folder_.path(), *found.reader);
  EXPECT_TRUE(taken_up.loss_known);
  EXPECT_EQ(taken_up.packets_lost, 234U);
  EXPECT_EQ(taken_up.seconds_lost, 2.5);
}

TEST_F(CheckpointTest, the_progress_of_another_run_says_nothing) {
  write(42);
  ASSERT_TRUE(write_progress(folder_.path(), {.run = 8, .packets = 1234, .seen_until_us = 2'500'000}));
  EXPECT_FALSE(account_of(folder_.path(), *find_checkpoint(folder_.path(), mine()).reader).loss_known);
}

TEST_F(CheckpointTest, cut_anywhere_it_is_refused) {
  write(1);
  const std::string whole = content(file_);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    std::ofstream(file_, std::ios::binary) << whole.substr(0, length);
    EXPECT_FALSE(CheckpointReader::open(file_, mine().layout)) << length;
  }
}

TEST_F(CheckpointTest, any_changed_byte_is_found) {
  write(1);
  const std::string whole = content(file_);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    std::ofstream(file_, std::ios::binary) << changed;
    EXPECT_FALSE(CheckpointReader::open(file_, mine().layout)) << at;
  }
}

TEST_F(CheckpointTest, of_another_build_sensor_link_or_time_it_is_refused_in_a_sentence) {
  CheckpointIdentity other = mine();
  other.layout = "another";
  write(1, other);
  EXPECT_NE(why_not().find("checkpoint cannot be taken up: it was written by another build of weir; it is kept as"),
            std::string::npos);
  write(1, identity_of("north", "eth0", 1));
  EXPECT_NE(why_not().find("it is of the sensor north"), std::string::npos);
  write(1, identity_of("sensor", "eth1", 1));
  EXPECT_NE(why_not().find("it is of eth1"), std::string::npos);
  write(1, mine(), std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now() + 1h));
  EXPECT_NE(why_not().find("a time that is yet to come"), std::string::npos);
}

TEST_F(CheckpointTest, when_the_last_one_is_bad_the_one_before_is_taken_up) {
  write(1);
  write(2);
  fs::resize_file(file_, fs::file_size(file_) - 1);
  FoundCheckpoint found = find_checkpoint(folder_.path(), mine());
  ASSERT_TRUE(found.reader);
  EXPECT_EQ(found.reader->end().flows, 1U);
  EXPECT_EQ(found.refused.size(), 1U);
}

class CheckpointerTest : public CheckpointTest {
 protected:
  // Waits until a checkpoint is wanted, and gives it a piece.
  std::uint64_t give(Checkpointer& checkpointer, std::uint64_t ticket) {
    std::uint64_t number = 0;
    for (int i = 0; i < 2000 && (number = checkpointer.wanted()) == 0; ++i) std::this_thread::sleep_for(5ms);
    EXPECT_NE(number, 0U);
    checkpointer.put(number, {PieceKind::flows, 0, std::vector<std::byte>(100)});
    checkpointer.complete(number, ticket);
    return number;
  }
  CheckpointConfig config_{.folder = folder_.path(), .interval = 1ms, .identity = mine()};
};

TEST_F(CheckpointerTest, a_checkpoint_gets_its_name_only_when_the_writer_is_done_with_what_came_before) {
  std::atomic<std::uint64_t> settled = 0;
  Checkpointer checkpointer(config_, [] { return 5; }, [&](std::uint64_t ticket) { return settled >= ticket; });
  give(checkpointer, 10);
  std::this_thread::sleep_for(300ms);
  EXPECT_FALSE(fs::exists(file_));
  settled = 10;
  for (int i = 0; i < 2000 && checkpointer.report().taken == 0; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(fs::exists(file_));
}

TEST_F(CheckpointerTest, the_last_one_takes_the_place_of_one_under_way_and_is_clean) {
  Checkpointer checkpointer(config_, [] { return 5; }, [](std::uint64_t) { return false; });
  give(checkpointer, 1);
  checkpointer.put(Checkpointer::kLast, {PieceKind::flows, 0, std::vector<std::byte>(10)});
  checkpointer.complete(Checkpointer::kLast, 2);
  checkpointer.finish(true);
  const auto found = find_checkpoint(folder_.path(), mine());
  ASSERT_TRUE(found.reader);
  EXPECT_TRUE(found.reader->end().clean);
  EXPECT_TRUE(account_of(folder_.path(), *found.reader).clean);
}

TEST_F(CheckpointerTest, a_last_one_whose_detections_are_not_safe_gets_no_name) {
  Checkpointer checkpointer(config_, [] { return 5; }, [](std::uint64_t) { return false; });
  checkpointer.complete(Checkpointer::kLast, 2);
  checkpointer.finish(false);
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_FALSE(fs::exists(folder_.path() / "checkpoint.new"));
}

TEST_F(CheckpointerTest, a_disk_that_refuses_costs_the_checkpoint_and_nothing_else) {
  config_.folder = folder_.path() / "missing";
  Checkpointer checkpointer(config_, [] { return 5; }, [](std::uint64_t) { return true; });
  for (int i = 0; i < 2000 && checkpointer.report().problem.empty(); ++i) std::this_thread::sleep_for(5ms);
  EXPECT_NE(checkpointer.report().problem.find("no checkpoint was taken: cannot begin it"), std::string::npos);
  checkpointer.put(Checkpointer::kLast, {PieceKind::flows, 0, std::vector<std::byte>(10)});
  checkpointer.complete(Checkpointer::kLast, 2);
  checkpointer.finish(true);
  EXPECT_EQ(checkpointer.report().taken, 0U);
}

}  // namespace
}  // namespace weir::pipeline
