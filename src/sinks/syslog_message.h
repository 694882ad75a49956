// SPDX-License-Identifier: Apache-2.0
// An alert, or news of an incident, as a syslog message (RFC 5424), with its facts as structured data or as CEF. Pure functions.
//
// Whatever names hold, a message is one line of printable UTF-8 without a line's end, and no longer than asked for. What does not
// fit is left out field by field, the least important first, so that what is there stays well-formed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "alerting/detection.h"
#include "sinks/incident_news.h"

namespace weir::sinks {

enum class SyslogFormat : std::uint8_t { rfc5424, cef };

struct SyslogOrigin {
  std::string hostname;
  std::uint32_t process_id = 0;
  std::string version;         // of weir
  int facility = 16;           // local0
  std::size_t longest = 2048;  // bytes; at least 480, which every receiver takes
};

// 0 for "kern" ... 23 for "local7"; 16 for an unknown name.
int syslog_facility(std::string_view name);

std::string syslog_message(const alerting::Detection& detection, const SyslogOrigin& origin, SyslogFormat format);
std::string syslog_message(const IncidentNews& news, const SyslogOrigin& origin, SyslogFormat format);

// `text` without control characters and without what is no UTF-8, `longest` bytes at most; a character is never cut.
std::string printable(std::string_view text, std::size_t longest);

}  // namespace weir::sinks
