// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook/answer.h"

#include <fmt/format.h>

#include "sinks/webhook/notice.h"

namespace weir::sinks {

Answer meaning_of(long status) {
  if (status >= 200 && status < 300) return Answer::taken;
  switch (status) {
    case 400:  // Bad Request
    case 406:  // Not Acceptable
    case 411:  // Length Required
    case 415:  // Unsupported Media Type
    case 422:  // Unprocessable Content
    case 431:  // Request Header Fields Too Large
      return Answer::never;
    case 413:  // Content Too Large
      return Answer::too_much;
    default:
      // A token that ran out (401, 403), an address that is gone (404, 410) or moved (3xx) is the administrator's to mend; what
      // waits is not at fault.
      return Answer::later;
  }
}

std::string in_words(long status, std::string_view said) {
  std::string text = fmt::format("answered {}", status);
  switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: text += ": it has moved; weir does not follow, give it the new address"; break;
    case 401:
    case 403: text += ": the address or the authorization is not (or no longer) valid"; break;
    case 404:
    case 410: text += ": there is nothing at this address"; break;
    case 408:
    case 429: text += ": not so fast"; break;
    default: break;
  }
  const std::string shown = clean(said, 120);
  if (!shown.empty()) text += fmt::format(" (\"{}\")", shown);
  return text;
}

}  // namespace weir::sinks
