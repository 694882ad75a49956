// SPDX-License-Identifier: Apache-2.0
#include "base/rfc3339.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

namespace weir::base {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Takes what it knows off the front; after the first thing that does not fit, every call gives zero and ok() is false.
class TextReader {
 public:
  explicit TextReader(std::string_view text) : text_(text) {}

  bool ok() const { return ok_; }
  bool at_end() const { return text_.empty(); }
  char next() const { return text_.empty() ? '\0' : text_.front(); }

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + digit();
    return ok_ ? value : 0;
  }

  void one_of(std::string_view allowed) {
    if (text_.empty() || allowed.find(next()) == allowed.npos) {
      ok_ = false;
    } else {
      text_.remove_prefix(1);
    }
  }

  // 1 to 9 decimals as microseconds.
  int decimals() {
    int micros = 0, count = 0;
    for (; next() >= '0' && next() <= '9' && count < 9; ++count) {
      const int value = digit();
      if (count < 6) micros = micros * 10 + value;
    }
    if (count == 0) ok_ = false;
    for (; count < 6; ++count) micros *= 10;
    return micros;
  }

 private:
  int digit() {
    const char c = next();
    if (c < '0' || c > '9') {
      ok_ = false;
      return 0;
    }
    text_.remove_prefix(1);
    return c - '0';
  }

  std::string_view text_;
  bool ok_ = true;
};

// "Z" or "+hh:mm"; what to subtract to get UTC.
minutes read_offset(TextReader& reader) {
  const char sign = reader.next();
  reader.one_of("Zz+-");
  if (sign != '+' && sign != '-') return minutes(0);
  const int h = reader.digits(2);
  reader.one_of(":");
  const int m = reader.digits(2);
  if (h > 23 || m > 59) reader.one_of("");
  return (hours(h) + minutes(m)) * (sign == '-' ? -1 : 1);
}

}  // namespace

std::string format_time(Timestamp time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Timestamp with_four_digit_year(Timestamp time) {
  using namespace std::chrono;
  constexpr Timestamp kFirst = sys_days(year(1) / 1 / 1);
  constexpr Timestamp kLast = Timestamp(sys_days(year(9999) / 12 / 31)) + hours(24) - microseconds(1);
  return std::clamp(time, kFirst, kLast);
}

std::optional<Timestamp> parse_time(std::string_view text) {
  TextReader reader(text);
  const std::chrono::year year(reader.digits(4));
  reader.one_of("-");
  const std::chrono::month month(static_cast<unsigned>(reader.digits(2)));
  reader.one_of("-");
  const std::chrono::day day(static_cast<unsigned>(reader.digits(2)));
  reader.one_of("Tt ");
  const int h = reader.digits(2);
  reader.one_of(":");
  const int m = reader.digits(2);
  reader.one_of(":");
  const int s = reader.digits(2);
  int micros = 0;
  if (reader.next() == '.') {
    reader.one_of(".");
    micros = reader.decimals();
  }
  const minutes offset = read_offset(reader);

  const std::chrono::year_month_day date(year, month, day);
  if (!reader.ok() || !reader.at_end() || !date.ok() || h > 23 || m > 59 || s > 59) return std::nullopt;
  return std::chrono::sys_days(date) + hours(h) + minutes(m) + seconds(s) + Duration(micros) - offset;
}

}  // namespace weir::base
