// SPDX-License-Identifier: Apache-2.0
// WebhookSender: events as HTTP POST requests, several in one, signed on request. libcurl stays in its .cc.
//
//   2xx                    taken
//   400, 415, 422 ...      the message is at fault: what was sent together is tried in smaller parts until the one is
//                          found; it is hopeless
//   413                    smaller parts; a single event is hopeless
//   all else, and silence  to be tried again, after the answer's Retry-After if there is one
//
// TLS is 1.2 or later and always verified. No redirect is followed, no proxy taken from the environment, no cookie or netrc
// used; of an answer 64 KiB are read. The address is never shown beyond its host: of chat tools it is the password.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "sinks/sender.h"
#include "sinks/webhook/message.h"

namespace weir::sinks {

struct WebhookConfig {
  std::string url = {};
  MessageFormat format = MessageFormat::generic;
  std::string signing_key = {};               // as signing_key() gives it; empty: requests are not signed
  std::string authorization = {};             // "Bearer abc": the header's value; empty: none
  std::string ca_file = {};                   // instead of the system's authorities
  std::string proxy = {};                     // "http://proxy.example.net:3128"; empty: none
  bool allow_http = false;                    // also to hosts other than this one
  std::chrono::milliseconds timeout{10'000};  // of a request
  std::size_t most_bytes = 256 * 1024;        // of its body, unless a single event is larger
  std::string program_version = {};           // for User-Agent
};

// An error: the URL is none, or is plain HTTP to another host, or a file cannot be read.
base::Result<std::unique_ptr<Sender>> make_webhook_sender(WebhookConfig config);

// "https://hooks.example.net": what may be shown of it. Nothing when it is no http(s) URL with a host.
std::string shown_url(const std::string& url);

// Host (an IPv6 address without its brackets) and port that it connects to.
std::optional<std::pair<std::string, std::uint16_t>> server_of(const std::string& url);

}  // namespace weir::sinks
