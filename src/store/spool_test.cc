// SPDX-License-Identifier: Apache-2.0
#include "store/spool.h"

#include <gmock/gmock.h>

#include <fstream>

#include "store/detection_builder.h"
#include "store/temporary_folder.h"

namespace weir::store {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() { open(); }

  void open(SpoolOptions options = {}) {
    spool_.reset();
    auto opened = Spool::open(folder(), options);
    ASSERT_TRUE(opened) << opened.error().message();
    spool_ = std::move(*opened);
  }

  void append(std::uint64_t n, std::uint64_t rows = 1) {
    const auto appended = spool_->append({{test::detection_of(n)}, {}}, rows);
    ASSERT_TRUE(appended) << appended.error().message();
    ASSERT_TRUE(*appended);
  }

  // Takes all that waits and tells it by the flows' numbers.
  std::vector<std::uint64_t> drain() {
    std::vector<std::uint64_t> numbers;
    while (true) {
      const auto oldest = spool_->oldest();
      EXPECT_TRUE(oldest);
      if (!oldest || !*oldest) return numbers;
      numbers.push_back(static_cast<std::uint64_t>(((*oldest)->batch.detections.at(0).flow.last - test::kStart) /
                                                   std::chrono::seconds(1)));
      spool_->release_oldest();
    }
  }

  fs::path folder() const { return folder_.path() / "spool"; }
  std::vector<fs::path> files(const std::string& ending) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder())) {
      if (entry.path().extension() == ending) found.push_back(entry.path());
    }
    return found;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Spool> spool_;
};

using Numbers = std::vector<std::uint64_t>;

TEST_F(SpoolTest, what_goes_in_first_comes_out_first_and_leaves_no_file) {
  for (std::uint64_t n = 1; n <= 5; ++n) append(n);
  EXPECT_EQ(drain(), (Numbers{1, 2, 3, 4, 5}));
  EXPECT_TRUE(files(".spool").empty());
  EXPECT_EQ(spool_->report().bytes, 0u);
}

TEST_F(SpoolTest, a_batch_stays_until_it_is_released) {
  append(1, 7);
  for (int i = 0; i < 3; ++i) {
    const auto oldest = spool_->oldest();
    ASSERT_TRUE(oldest && *oldest);
    EXPECT_EQ((*oldest)->rows, 7u);
  }
  EXPECT_EQ(spool_->report().rows, 7u);
  spool_->release_oldest();
  EXPECT_EQ(spool_->report().rows, 0u);
}

TEST_F(SpoolTest, what_waits_is_there_after_a_restart_and_told_apart_from_what_is_new) {
  append(1, 10);
  append(2, 10);
  open();
  EXPECT_EQ(spool_->report().rows_of_earlier_runs, 20u);
  EXPECT_EQ(spool_->report().rows, 0u);
  append(3);
  const auto oldest = spool_->oldest();
  ASSERT_TRUE(oldest && *oldest);
  EXPECT_TRUE((*oldest)->from_earlier_run);
  EXPECT_EQ(drain(), (Numbers{1, 2, 3}));
}

TEST_F(SpoolTest, after_a_restart_in_the_middle_of_a_file_its_batches_come_once_more) {
  append(1);
  append(2);
  ASSERT_TRUE(spool_->oldest());
  spool_->release_oldest();
  open();
  EXPECT_EQ(drain(), (Numbers{1, 2}));
}

TEST_F(SpoolTest, reading_and_writing_may_alternate) {
  append(1);
  ASSERT_TRUE(spool_->oldest());
  append(2);
  spool_->release_oldest();
  append(3);
  EXPECT_EQ(drain(), (Numbers{2, 3}));
}

TEST_F(SpoolTest, many_small_files_keep_the_order) {
  open({.max_bytes = 1 << 20, .segment_bytes = 1});
  Numbers all;
  for (std::uint64_t n = 1; n <= 30; ++n) {
    append(n);
    all.push_back(n);
  }
  EXPECT_EQ(files(".spool").size(), 30u);
  EXPECT_EQ(drain(), all);
}

TEST_F(SpoolTest, a_full_spool_refuses_and_takes_again_when_there_is_room) {
  open({.max_bytes = 2000, .segment_bytes = 1});
  int taken = 0;
  while (*spool_->append({{test::detection_of(1)}, {}}, 1)) ++taken;
  EXPECT_GT(taken, 2);
  EXPECT_LE(spool_->report().bytes, 2000u);
  ASSERT_TRUE(spool_->oldest());
  spool_->release_oldest();
  EXPECT_TRUE(*spool_->append({{test::detection_of(1)}, {}}, 1));
}

TEST_F(SpoolTest, a_batch_cut_short_by_a_kill_costs_only_itself) {
  append(1);
  append(2);
  spool_.reset();
  const fs::path file = files(".spool").at(0);
  fs::resize_file(file, fs::file_size(file) - 5);
  open();
  EXPECT_THAT(spool_->report().problem, HasSubstr("cut short"));
  EXPECT_EQ(spool_->report().damaged_places, 1u);
  EXPECT_EQ(drain(), (Numbers{1}));
  EXPECT_TRUE(files(".spool").empty());
}

TEST_F(SpoolTest, damage_in_the_middle_costs_one_batch_is_told_and_the_file_is_kept_aside) {
  for (std::uint64_t n = 1; n <= 3; ++n) append(n);
  spool_.reset();
  const fs::path file = files(".spool").at(0);
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(fs::file_size(file) / 2) << "XXXX";
  open();
  EXPECT_THAT(spool_->report().problem, HasSubstr("damaged in 1 places; its 2 other batches are kept"));
  EXPECT_EQ(drain(), (Numbers{1, 3}));
  EXPECT_TRUE(files(".spool").empty());
  EXPECT_EQ(files(".damaged").size(), 1u);
}

TEST_F(SpoolTest, damage_while_a_batch_waits_is_counted_as_lost_rows) {
  for (std::uint64_t n = 1; n <= 3; ++n) append(n, 100);
  const fs::path file = files(".spool").at(0);
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(fs::file_size(file) / 2) << "XXXX";
  EXPECT_EQ(drain(), (Numbers{1, 3}));
  EXPECT_EQ(spool_->report().rows_lost, 100u);
  EXPECT_EQ(spool_->report().rows, 0u);
}

TEST_F(SpoolTest, files_of_others_are_left_alone_and_named) {
  spool_.reset();
  std::ofstream(folder() / "0000000009.spool") << "these are my notes";
  std::ofstream(folder() / "readme.txt") << "hello";
  open();
  EXPECT_THAT(spool_->report().problem, HasSubstr("0000000009.spool is left as it is"));
  append(1);
  EXPECT_EQ(drain(), (Numbers{1}));
  EXPECT_TRUE(fs::exists(folder() / "0000000009.spool"));
  EXPECT_TRUE(fs::exists(folder() / "readme.txt"));
}

TEST_F(SpoolTest, a_second_program_is_refused_while_the_first_one_runs) {
  const auto second = Spool::open(folder());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message(), HasSubstr("another weir is using it"));
}

TEST_F(SpoolTest, a_folder_that_cannot_be_made_is_an_error_in_words) {
  const auto opened = Spool::open("/proc/weir/spool");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("open the spool /proc/weir/spool"));
}

}  // namespace
}  // namespace weir::store
