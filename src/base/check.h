// SPDX-License-Identifier: Apache-2.0
// WEIR_CHECK(condition): an invariant of ours. Stays on in release; a failure is a bug in weir and ends the process.
#pragma once

namespace weir::base {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace weir::base

#define WEIR_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::weir::base::check_failed(#condition, __FILE__, __LINE__))
