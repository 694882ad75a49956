// SPDX-License-Identifier: Apache-2.0
// What every DetectionStore must do, as tests. An adapter's test program adds detection_store_contract.cc to its sources
// and says how to open an empty store:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, DetectionStoreContract, ::testing::Values(&open_empty_sqlite));
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "store/detection_store.h"

namespace weir::store::test {

// A database of its own, gone with the object.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual DetectionStore& store() = 0;
  virtual void reopen() = 0;  // as after a restart of the program
};

class DetectionStoreContract : public ::testing::TestWithParam<std::unique_ptr<StoreUnderTest> (*)()> {
 protected:
  void SetUp() override {
    under_test_ = GetParam()();
    if (!under_test_) GTEST_SKIP() << "the database's server is not installed";
  }
  DetectionStore& store() { return under_test_->store(); }
  void reopen() { under_test_->reopen(); }
  void empty() { under_test_ = GetParam()(); }                      // another database, with nothing in it

  void write(std::vector<alerting::Detection> detections);
  std::vector<alerting::Detection> find_all(DetectionQuery query);  // page by page

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
};

}  // namespace weir::store::test
