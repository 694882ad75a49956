// SPDX-License-Identifier: Apache-2.0
// Plain records as bytes, one behind the other, as they lie in memory: for files that only a program of the same build and layout
// reads back (who reads them checks that first; this knows nothing of versions). Reading is bounded: it never goes beyond the end.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weir::base {

template <class T>
concept Plain = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>;

template <Plain T>
void put_plain(std::vector<std::byte>& out, const T& value) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

class PlainReader {
 public:
  explicit PlainReader(std::span<const std::byte> bytes) : left_(bytes) {}

  // False, and the value is untouched, when there is less than that left.
  template <Plain T>
  bool take(T& value) {
    if (left_.size() < sizeof value) return false;
    std::memcpy(static_cast<void*>(&value), left_.data(), sizeof value);
    left_ = left_.subspan(sizeof value);
    return true;
  }

  bool take(std::span<const std::byte>& bytes, std::size_t count) {
    if (left_.size() < count) return false;
    bytes = left_.first(count);
    left_ = left_.subspan(count);
    return true;
  }

  bool empty() const { return left_.empty(); }

 private:
  std::span<const std::byte> left_;
};

}  // namespace weir::base
