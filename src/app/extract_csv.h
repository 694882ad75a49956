// SPDX-License-Identifier: Apache-2.0
// CsvRows: rows of features to a file descriptor. Own buffer; numbers are the shortest decimals that read back to the same
// float (base/number_text.h). No field ever needs quotes. Does not own the descriptor.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "features/feature_batch.h"

namespace weir::app {

class CsvRows {
 public:
  // With `timing`, two more columns before the features: slice_us, when a sensor has the row (the end of its slice), and
  // new_packets, since the flow's last row.
  CsvRows(int descriptor, bool timing);

  void header();
  void rows(const features::FeatureBatch& batch);

  // After an error nothing more is written, and every later flush() repeats it.
  base::Result<> flush();
  bool failed() const { return error_ != 0; }

 private:
  void row(const features::Row& row, base::Timestamp slice, std::span<const float> values);
  void text(std::string_view field);
  void address(const base::IpAddress& address);
  template <class Number>
  void number(Number value);
  void end_row();
  void make_room(std::size_t bytes);

  const int descriptor_;
  const bool timing_;
  std::vector<char> buffer_;
  std::size_t used_ = 0;
  int error_ = 0;  // errno of the write that failed
};

}  // namespace weir::app
