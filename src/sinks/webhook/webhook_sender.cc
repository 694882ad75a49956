// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook/webhook_sender.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <optional>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/ip_address.h"
#include "sinks/webhook/answer.h"
#include "sinks/webhook/signature.h"

namespace weir::sinks {

namespace {

constexpr std::size_t kMostAnswer = 64 * 1024, kShownOfAnswer = 400;
constexpr std::chrono::milliseconds kConnectTimeout{5'000};

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Multi = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;
using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;
using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// Once in the life of the process, and before other threads use it.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(started);
}

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

struct UrlParts {
  std::string scheme, host, port, user;
};

std::optional<UrlParts> parse_url(const std::string& text) {
  const Url url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
  UrlParts parts{part(url.get(), CURLUPART_SCHEME), part(url.get(), CURLUPART_HOST), part(url.get(), CURLUPART_PORT),
                 part(url.get(), CURLUPART_USER)};
  if ((parts.scheme != "http" && parts.scheme != "https") || parts.host.empty()) return std::nullopt;
  return parts;
}

bool is_this_host(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && base::IpAddress::parse(host).has_value();
}

base::Result<> check_readable(const std::string& what, const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (file.peek() != std::ifstream::traits_type::eof()) return {};
  return base::fail(fmt::format("{} {}: {}", what, path, errno != 0 ? std::strerror(errno) : "is empty"));
}

struct Response {
  long status = 0;
  std::string said;  // the beginning of the body
  std::size_t bytes = 0;
  std::optional<std::chrono::milliseconds> retry_after;
};

std::size_t on_body(const char* data, std::size_t, std::size_t size, void* user) {
  auto& response = *static_cast<Response*>(user);
  response.said.append(data, std::min(size, kShownOfAnswer - std::min(kShownOfAnswer, response.said.size())));
  response.bytes += size;
  return response.bytes > kMostAnswer ? 0 : size;  // 0 ends the transfer
}

class WebhookSender final : public Sender {
 public:
  explicit WebhookSender(WebhookConfig config)
      : config_(std::move(config)), shown_(shown_url(config_.url)), at_once_(most_events(config_.format)) {}

  SendResult send(std::span<const Record> records) override {
    SendResult result;
    while (result.sent < records.size()) {
      if (!send_some(records.subspan(result.sent), result)) break;
    }
    return result;
  }

  void interrupt() override {
    interrupted_ = true;
    curl_multi_wakeup(multi_.get());
  }

  base::Result<> check() override {
    curl_easy_reset(easy_.get());
    set_up_connection();
    curl_easy_setopt(easy_.get(), CURLOPT_CONNECT_ONLY, 1L);  // ends after the handshake of TLS
    const CURLcode code = perform();
    const std::string why = reason(code);
    // Such a connection cannot be used for requests.
    easy_.reset(curl_easy_init());
    if (code != CURLE_OK) return base::fail(fmt::format("{}: {}", shown_, why));
    return {};
  }

 private:
  // As many as are allowed at once; false: no more for now.
  bool send_some(std::span<const Record> records, SendResult& result) {
    const auto part = records.first(fitting(records));
    const auto response = post(part);
    if (!response) {
      result.error = response.error();
      return false;
    }
    const Answer answer = meaning_of(response->status);
    if (answer == Answer::taken) {
      result.sent += part.size();
      at_once_ = std::min(at_once_ * 2, most_events(config_.format));
      return true;
    }
    if (answer != Answer::later && part.size() > 1) {
      at_once_ = part.size() / 2;
      return true;
    }
    result.error = base::Error(fmt::format("{} {}", shown_, in_words(response->status, response->said)));
    result.hopeless = answer != Answer::later;
    result.retry_after = response->retry_after;
    return false;
  }

  std::size_t fitting(std::span<const Record> records) const {
    std::size_t bytes = 0, count = 0;
    for (const Record& record : records.first(std::min(records.size(), at_once_))) {
      bytes += record.text.size();
      if (count > 0 && bytes > config_.most_bytes) break;
      ++count;
    }
    return count;
  }

  base::Result<Response> post(std::span<const Record> records) {
    const Message message = compose(config_.format, records);
    const std::string id = message_id(records);
    const std::int64_t now = std::time(nullptr);
    curl_slist* list = nullptr;
    const auto add = [&list](const std::string& line) { list = curl_slist_append(list, line.c_str()); };
    add("Content-Type: " + message.content_type);
    add("Accept: */*");
    add("Expect:");  // no pause to be asked for the body
    add("Idempotency-Key: " + id);
    add("webhook-id: " + id);
    add(fmt::format("webhook-timestamp: {}", now));
    if (!config_.signing_key.empty()) {
      add("webhook-signature: " + signature(config_.signing_key, id, now, message.body));
    }
    if (!config_.authorization.empty()) add("Authorization: " + config_.authorization);
    const Headers headers(list, curl_slist_free_all);

    curl_easy_reset(easy_.get());
    set_up_connection();
    Response response;
    curl_easy_setopt(easy_.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDS, message.body.data());
    curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(message.body.size()));
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, &response);
    const CURLcode code = perform();
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &response.status);
    const bool cut_by_us = code == CURLE_WRITE_ERROR && response.bytes > kMostAnswer;
    if (code != CURLE_OK && !cut_by_us) return base::fail(fmt::format("{}: {}", shown_, reason(code)));
    curl_off_t pause = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &pause);
    if (pause > 0) response.retry_after = std::chrono::seconds(std::min<curl_off_t>(pause, 24 * 3600));
    return response;
  }

  void set_up_connection() {
    CURL* easy = easy_.get();
    error_[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_);
    curl_easy_setopt(easy, CURLOPT_URL, config_.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a look-up of a name that hangs does not hold up a stop
    curl_easy_setopt(easy, CURLOPT_PROXY, config_.proxy.c_str());  // empty: also none of the environment
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(std::min(kConnectTimeout, config_.timeout).count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(config_.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!config_.ca_file.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, config_.ca_file.c_str());
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
    curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent_.c_str());
  }

  // As curl_easy_perform(), but interrupt() wakes it.
  CURLcode perform() {
    if (interrupted_) return CURLE_ABORTED_BY_CALLBACK;
    curl_multi_add_handle(multi_.get(), easy_.get());
    int running = 1;
    while (running > 0 && !interrupted_) {
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
      if (running > 0) curl_multi_poll(multi_.get(), nullptr, 0, 1'000, nullptr);
    }
    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg == CURLMSG_DONE) code = message->data.result;
    }
    curl_multi_remove_handle(multi_.get(), easy_.get());
    return code;
  }

  std::string reason(CURLcode code) const {
    if (code == CURLE_ABORTED_BY_CALLBACK && interrupted_) return "was interrupted";
    return error_[0] != '\0' ? error_ : curl_easy_strerror(code);
  }

  const WebhookConfig config_;
  const std::string shown_;
  const std::string user_agent_ = "weir/" + config_.program_version;
  const Multi multi_{curl_multi_init(), curl_multi_cleanup};
  Easy easy_{curl_easy_init(), curl_easy_cleanup};
  char error_[CURL_ERROR_SIZE] = "";
  std::size_t at_once_;                    // halved when a message is refused, doubled when one is taken
  std::atomic<bool> interrupted_ = false;  // told from another thread in the middle of a request
};

}  // namespace

std::string shown_url(const std::string& url) {
  const auto parts = parse_url(url);
  if (!parts) return {};
  return fmt::format("{}://{}{}{}", parts->scheme, parts->host, parts->port.empty() ? "" : ":", parts->port);
}

std::optional<std::pair<std::string, std::uint16_t>> server_of(const std::string& url) {
  auto parts = parse_url(url);
  if (!parts) return std::nullopt;
  if (parts->host.starts_with('[')) parts->host = parts->host.substr(1, parts->host.size() - 2);
  const std::uint16_t usual = parts->scheme == "https" ? 443 : 80;
  return std::pair(parts->host, parts->port.empty() ? usual : static_cast<std::uint16_t>(std::stoul(parts->port)));
}

base::Result<std::unique_ptr<Sender>> make_webhook_sender(WebhookConfig config) {
  start_curl();
  const auto parts = parse_url(config.url);
  if (!parts) return base::fail("its URL is not of the form https://HOST/PATH");
  if (parts->scheme == "http" && !is_this_host(parts->host) && !config.allow_http) {
    return base::fail(fmt::format("{} is not encrypted: use https, or allow_http = true if the way there is safe",
                                  shown_url(config.url)));
  }
  if (config.authorization.find_first_of("\r\n") != std::string::npos) {
    return base::fail("the authorization has more than one line");
  }
  if (!config.ca_file.empty()) {
    if (auto readable = check_readable("CA file", config.ca_file); !readable) return base::fail(readable.error());
  }
  return std::make_unique<WebhookSender>(std::move(config));
}

}  // namespace weir::sinks
