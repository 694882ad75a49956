// SPDX-License-Identifier: Apache-2.0
#include "base/huge_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace weir::base {

HugeMemory::HugeMemory(std::size_t bytes) : bytes_((bytes + kPage - 1) / kPage * kPage) {
  // One page more than needed, so that a boundary of 2 MiB lies in it; what is before and behind is given back.
  void* const mapped = mmap(nullptr, bytes_ + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const start = static_cast<std::byte*>(mapped);
  const std::size_t before = (kPage - reinterpret_cast<std::uintptr_t>(start) % kPage) % kPage;
  if (before > 0) munmap(start, before);
  if (before < kPage) munmap(start + before + bytes_, kPage - before);
  data_ = start + before;
  madvise(data_, bytes_, MADV_HUGEPAGE);  // advice: refused by a kernel without them
}

HugeMemory::~HugeMemory() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

}  // namespace weir::base
