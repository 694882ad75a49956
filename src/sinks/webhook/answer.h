// SPDX-License-Identifier: Apache-2.0
// What an HTTP answer means for the events that were sent. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::sinks {

enum class Answer : std::uint8_t {
  taken,     // 2xx
  later,     // the receiver is ill or busy, or the configuration is wrong: what is sent can wait until that is mended
  too_much,  // 413: fewer at once may go
  never,     // this message, whoever sends it and whenever: 400, 415, 422 and the like
};
Answer meaning_of(long status);

// A sentence with what to do, where the status says so: "answered 401: the address or the authorization is not (or no
// longer) valid". `said` is the beginning of the body; made harmless, shown in quotes.
std::string in_words(long status, std::string_view said);

}  // namespace weir::sinks
