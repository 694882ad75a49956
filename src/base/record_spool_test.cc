// SPDX-License-Identifier: Apache-2.0
// What RecordSpool does beyond store::Spool, whose tests cover the rest: it can note what was released.
#include "base/record_spool.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace weir::base {
namespace {

namespace fs = std::filesystem;

class RecordSpoolTest : public testing::Test {
 protected:
  RecordSpoolTest() {
    std::string name = (fs::temp_directory_path() / "weir-record-spool-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    open();
  }
  ~RecordSpoolTest() override {
    spool_.reset();
    fs::remove_all(folder_);
  }

  void open(bool note_progress = true) {
    spool_.reset();
    spool_ = std::move(RecordSpool::open(folder_, {.note_progress = note_progress}).value());
  }
  void append(std::string_view text) { ASSERT_TRUE(spool_->append(std::as_bytes(std::span(text)), 1).value()); }
  std::string oldest() {
    const auto record = spool_->oldest().value();
    return record ? std::string(reinterpret_cast<const char*>(record->payload.data()), record->payload.size()) : "none";
  }

  fs::path folder_;
  std::unique_ptr<RecordSpool> spool_;
};

TEST_F(RecordSpoolTest, what_was_released_does_not_come_again_though_its_file_is_still_there) {
  for (const char* text : {"a", "b", "c"}) append(text);
  EXPECT_EQ(oldest(), "a");
  spool_->release_oldest();
  open();
  EXPECT_EQ(spool_->report().rows_of_earlier_runs, 2u);
  EXPECT_EQ(oldest(), "b");
  spool_->release_oldest();
  EXPECT_EQ(spool_->report().rows_of_earlier_runs, 1u);
  open(false);
  EXPECT_EQ(oldest(), "a") << "as without the note";
}

TEST_F(RecordSpoolTest, a_note_about_a_file_that_is_gone_says_nothing_of_a_new_one) {
  append("a");
  EXPECT_EQ(oldest(), "a");
  spool_->release_oldest();
  open();
  append("b");
  open();
  EXPECT_EQ(oldest(), "b");
}

TEST_F(RecordSpoolTest, a_note_that_is_nonsense_loses_nothing_that_comes_later) {
  std::ofstream(folder_ / "progress") << "x";
  open();
  append("a");
  open();
  EXPECT_EQ(oldest(), "a");
}

}  // namespace
}  // namespace weir::base
