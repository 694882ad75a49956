// SPDX-License-Identifier: Apache-2.0
#include "app/extract_csv.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/number_text.h"
#include "features/schema.h"

namespace weir::app {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr std::size_t kLongestField = 128;  // two IPv6 endpoints and a protocol
constexpr std::size_t kLongestRow = (19 + features::kFeatureCount) * kLongestField;

constexpr std::string_view kIdentityColumns =
    "flow_uid,flow_id,community_id,ip_version,src_ip,src_port,dst_ip,dst_port,protocol,vlan,tunnel_id,started_us,last_"
    "us,"
    "packets,bytes,row_kind,end_reason";

}  // namespace

CsvRows::CsvRows(int descriptor, bool timing) : descriptor_(descriptor), timing_(timing), buffer_(kBufferBytes) {}

void CsvRows::header() {
  make_room(kLongestRow);
  text(kIdentityColumns);
  if (timing_) text("slice_us,new_packets");
  for (const features::FeatureSpec& spec : features::kFeatures) text(spec.name);
  end_row();
}

void CsvRows::rows(const features::FeatureBatch& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) row(batch.row(i), batch.tick, batch.values(i));
}

void CsvRows::row(const features::Row& row, base::Timestamp slice, std::span<const float> values) {
  make_room(kLongestRow);
  const flow::FlowIdentity& flow = row.flow;
  text(flow.uid.to_string());
  text(flow::flow_id(flow));
  text(flow::community_id(flow));
  number(flow.ip_version);
  address(flow.src_ip);
  number(flow.src_port);
  address(flow.dst_ip);
  number(flow.dst_port);
  number(flow.protocol);
  if (flow.vlan == decode::kNoVlan) {
    text("");
  } else {
    number(flow.vlan);
  }
  number(flow.tunnel_id);
  number(base::to_us(flow.started));
  number(base::to_us(flow.last));
  number(flow.packets);
  number(flow.bytes);
  text(row.kind == features::RowKind::final ? "final" : "interim");
  text(flow::to_string(flow.end_reason));
  if (timing_) {
    number(base::to_us(slice));
    number(row.news.packets[0] + row.news.packets[1]);
  }
  for (const float value : values) {
    if (std::isnan(value)) {
      text("");
    } else {
      number(value);
    }
  }
  end_row();
}

void CsvRows::text(std::string_view field) {
  std::memcpy(buffer_.data() + used_, field.data(), field.size());
  used_ += field.size();
  buffer_[used_++] = ',';
}

void CsvRows::address(const base::IpAddress& address) {
  char* const end = address.write_to(buffer_.data() + used_);
  *end = ',';
  used_ = static_cast<std::size_t>(end + 1 - buffer_.data());
}

template <class Number>
void CsvRows::number(Number value) {
  char* const end = base::write_number(buffer_.data() + used_, value);
  *end = ',';
  used_ = static_cast<std::size_t>(end + 1 - buffer_.data());
}

void CsvRows::end_row() { buffer_[used_ - 1] = '\n'; }

void CsvRows::make_room(std::size_t bytes) {
  if (used_ + bytes > buffer_.size()) static_cast<void>(flush());  // an error is kept for the next who asks
}

base::Result<> CsvRows::flush() {
  std::size_t written = 0;
  while (error_ == 0 && written < used_) {
    const ssize_t n = ::write(descriptor_, buffer_.data() + written, used_ - written);
    if (n >= 0) {
      written += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  used_ = 0;
  if (error_ != 0) return base::fail(std::strerror(error_));
  return {};
}

}  // namespace weir::app
