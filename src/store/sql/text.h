// SPDX-License-Identifier: Apache-2.0
// Text on its way into SQL.
#pragma once

#include <string>
#include <string_view>

namespace weir::store::sql {

// UTF-8 without NUL: what both databases keep as it is.
bool is_storable(std::string_view text);

// The same text without NUL, with U+FFFD for bytes that are not UTF-8. Free of cost for plain ASCII.
std::string storable(std::string_view text);

// A pattern for `LIKE ... ESCAPE '\'` that finds `text` anywhere, its % and _ taken literally.
std::string contains_pattern(std::string_view text);

}  // namespace weir::store::sql
