// SPDX-License-Identifier: Apache-2.0
// HugeMemory: zeroed memory straight from the kernel, on pages of 2 MiB where it has them (transparent huge pages by
// madvise; else ordinary pages, with the same content). For tables of many megabytes that are touched at random: each touch
// of an ordinary page is also a miss in the translation buffer, which in a virtual machine costs more than the miss itself.
// Pages are made when they are first touched. Owns the memory; one owner.
#pragma once

#include <cstddef>
#include <utility>

namespace weir::base {

class HugeMemory {
 public:
  static constexpr std::size_t kPage = std::size_t{2} << 20;

  HugeMemory() = default;
  explicit HugeMemory(std::size_t bytes);  // rounded up to whole pages; throws std::bad_alloc
  ~HugeMemory();
  HugeMemory(HugeMemory&& other) noexcept { *this = std::move(other); }
  HugeMemory& operator=(HugeMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  std::byte* data() const { return data_; }
  std::size_t size() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace weir::base
