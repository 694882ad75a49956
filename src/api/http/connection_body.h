// SPDX-License-Identifier: Apache-2.0
// Connection: the coroutine behind serve_connection(), for any stream: plain or TLS. Included by connection.cc and
// tls_connection.cc alone, since Beast costs half a minute each time.
#pragma once

#include <ctime>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "api/http/connection.h"
#include "api/json.h"

namespace weir::api {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using Clock = std::chrono::steady_clock;

inline constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

// How often a stream looks for news. Looking is simpler than being woken across threads, gathers a burst into one write,
// and costs ten short locks a second.
inline constexpr std::chrono::milliseconds kStreamPoll{100};

// After a refusal, how long and how much of what the client still sends is read and thrown away: closing at once would
// reset the connection before the client has read why.
inline constexpr std::chrono::milliseconds kLinger{1'000};
inline constexpr std::size_t kLingerBytes = 256 * 1024;

class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(++count) {}
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

class CountedPeer {
 public:
  CountedPeer(std::unordered_map<std::string, std::size_t>& counts, std::string peer)
      : counts_(counts), peer_(std::move(peer)) {
    ++counts_[peer_];
  }
  ~CountedPeer() {
    if (--counts_[peer_] == 0) counts_.erase(peer_);
  }
  CountedPeer(const CountedPeer&) = delete;
  CountedPeer& operator=(const CountedPeer&) = delete;

 private:
  std::unordered_map<std::string, std::size_t>& counts_;
  const std::string peer_;
};

// What to answer to bytes that are no request; nothing when there is nobody left to answer.
inline std::optional<Response> refusal_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return problem(431, "The request's header is too large.");
  }
  if (error == http::error::body_limit) return problem(413, "The request's body is too large.");
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error.category() != http::make_error_code(http::error::bad_method).category()) return std::nullopt;
  return problem(400, "That is not an HTTP/1.1 request.");
}

inline std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

template <class Message>
void put_headers(Message& message, const Response& response) {
  message.result(static_cast<unsigned>(response.status));
  message.reason(std::string(status_title(response.status)));
  message.set(http::field::server, "weir");
  message.set(http::field::date, http_date());
  if (!response.content_type.empty()) message.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
}

// A request on its way through the router. Shared by its connection and the query thread that works on it: the connection
// may give up first, or end.
struct Question {
  explicit Question(const asio::any_io_executor& executor) : done(executor) {}

  Request request;
  Pending pending;
  asio::steady_timer done;           // cancelled when the response is there
  std::optional<Response> response;  // of the I/O thread
};

template <class Stream>
class Connection {
 public:
  static constexpr bool kIsTls = !std::is_same_v<Stream, beast::tcp_stream>;

  Connection(Stream stream, SharedState& state)
      : state_(state),
        counted_(state.connections),
        stream_(std::move(stream)),
        buffer_(state.limits.header_bytes + state.limits.body_bytes) {
    boost::system::error_code error;
    const auto peer = tcp().socket().remote_endpoint(error);
    if (!error) remote_ = peer.address().to_string();
    tcp().socket().set_option(asio::ip::tcp::no_delay(true), error);
    counted_peer_.emplace(state.by_peer, remote_);
  }

  // False: the client speaks no TLS that we do, or is too slow.
  asio::awaitable<bool> shake_hands()
    requires kIsTls
  {
    tcp().expires_after(state_.limits.receive);
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kNoThrow);
    co_return !error;
  }

  asio::awaitable<void> run() {
    for (bool open = true; open && !state_.stopping;) {
      open = co_await wait_for_request();
      if (open) open = co_await handle_request();
    }
    co_await say_goodbye();
    boost::system::error_code ignored;
    tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  beast::tcp_stream& tcp() { return beast::get_lowest_layer(stream_); }

  // Over TLS a client can tell an end from a cut.
  asio::awaitable<void> say_goodbye() {
    if constexpr (kIsTls) {
      tcp().expires_after(kLinger);
      co_await stream_.async_shutdown(kNoThrow);
    }
  }

  // False: the client left, idled too long, or the server stops.
  asio::awaitable<bool> wait_for_request() {
    if (buffer_.size() > 0) co_return true;  // sent together with the one before
    tcp().expires_after(state_.limits.idle);
    state_.idle.emplace(this, [this] { tcp().cancel(); });
    const auto [error, count] = co_await stream_.async_read_some(buffer_.prepare(4096), kNoThrow);
    state_.idle.erase(this);
    buffer_.commit(count);
    co_return !error;
  }

  // False: the connection is to be closed.
  asio::awaitable<bool> handle_request() {
    started_ = Clock::now();
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(state_.limits.header_bytes));
    parser.body_limit(state_.limits.body_bytes);
    tcp().expires_after(state_.limits.receive);
    const auto [error, count] = co_await http::async_read(stream_, buffer_, parser, kNoThrow);
    if (error) {
      if (auto refusal = refusal_of(error)) co_await refuse(*refusal);
      co_return false;
    }

    auto& message = parser.get();
    version_ = message.version();
    const auto question = std::make_shared<Question>(stream_.get_executor());
    question->request = read_request(message);
    if (question->request.host.empty() && version_ >= 11) {
      co_await refuse(problem(400, "The Host header is missing."));
      co_return false;
    }
    question->pending = state_.router.dispatch(question->request);
    Response response = co_await find_response(question);

    const bool is_head = message.method() == http::verb::head;
    if (response.stream && !is_head) {
      co_await stream_or_refuse(*question, response);
      co_return false;
    }
    const bool keep = message.keep_alive() && !state_.stopping && !response.stream;
    const bool sent = co_await send(response, is_head, keep);
    log(question->request, question->pending.user, response, is_head ? 0 : response.bytes().size());
    co_return sent&& keep;
  }

  Request read_request(typename Parser::value_type& message) const {
    const auto header = [&](http::field name) { return std::string(message[name]); };
    Request request{.method = std::string(message.method_string()),
                    .target = std::string(message.target()),
                    .host = header(http::field::host),
                    .authorization = header(http::field::authorization),
                    .if_none_match = header(http::field::if_none_match),
                    .last_event_id = std::nullopt,
                    .origin = header(http::field::origin),
                    .fetch_site = std::string(message["Sec-Fetch-Site"]),
                    .cookie = header(http::field::cookie),
                    .content_type = header(http::field::content_type),
                    .body = std::move(message.body()),
                    .remote = remote_,
                    .secure = kIsTls};
    if (const auto id = message.find("Last-Event-ID"); id != message.end()) request.last_event_id = id->value();
    return request;
  }

  asio::awaitable<Response> find_response(const std::shared_ptr<Question>& question) {
    if (!question->pending.waits) co_return question->pending.find();
    if (state_.waiting >= state_.limits.waiting_requests) {
      co_return problem(503, "Too many requests wait for the store; try again later.");
    }
    ++state_.waiting;
    asio::post(state_.queries, [question, &state = state_, io = stream_.get_executor()] {
      Response response = question->pending.find();
      asio::post(io, [question, &state, response = std::move(response)]() mutable {
        --state.waiting;
        question->response = std::move(response);
        question->done.cancel();
      });
    });
    question->done.expires_after(state_.limits.request);
    co_await question->done.async_wait(kNoThrow);
    if (!question->response) co_return problem(503, "The store took too long to answer.");
    co_return std::move(*question->response);
  }

  asio::awaitable<bool> send(const Response& response, bool is_head, bool keep) {
    const std::string_view bytes = response.bytes();
    http::response<http::span_body<const char>> message;
    message.version(version_);
    put_headers(message, response);
    message.keep_alive(keep);
    if (response.status != 304 && response.status != 204 && !response.stream) message.content_length(bytes.size());
    if (!is_head) message.body() = {bytes.data(), bytes.size()};
    tcp().expires_after(state_.limits.send);
    http::response_serializer<http::span_body<const char>> serializer(message);
    const auto [error, count] = co_await http::async_write(stream_, serializer, kNoThrow);
    co_return !error;
  }

  // Says why, and gives the client time to read it.
  asio::awaitable<void> refuse(Response response) {
    log({.method = {}, .target = {}}, {}, response, response.body.size());
    if (!co_await send(response, false, false)) co_return;
    boost::system::error_code ignored;
    if constexpr (!kIsTls) tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    tcp().expires_after(kLinger);
    for (std::size_t discarded = 0; discarded < kLingerBytes;) {
      buffer_.clear();
      const auto [error, count] = co_await stream_.async_read_some(buffer_.prepare(4096), kNoThrow);
      if (error) co_return;
      discarded += count;
    }
  }

  asio::awaitable<void> stream_or_refuse(const Question& question, Response& response) {
    if (state_.streams >= state_.limits.streams) {
      response = problem(503, "Too many streams are open; close another page of the dashboard.");
      co_await send(response, false, false);
      log(question.request, question.pending.user, response, response.body.size());
      co_return;
    }
    const Counted open(state_.streams);
    const std::uint64_t bytes = co_await stream_events(question.request, response);
    log(question.request, question.pending.user, response, bytes);
  }

  // Until the client leaves, takes nothing for too long, or the server stops. Returns the bytes sent.
  asio::awaitable<std::uint64_t> stream_events(const Request& request, const Response& response) {
    http::response<http::empty_body> head;
    head.version(version_);
    put_headers(head, response);
    head.keep_alive(false);  // the stream is as long as the connection
    http::response_serializer<http::empty_body> serializer(head);
    tcp().expires_after(state_.limits.stream_send);
    const auto [head_error, head_count] = co_await http::async_write_header(stream_, serializer, kNoThrow);
    if (head_error) co_return 0;

    std::uint64_t sent = 0;
    std::uint64_t position = response.stream->position;
    std::string piece = response.stream->missed ? state_.hub.reset_frame(position) : std::string();
    Clock::time_point next_status = Clock::now();
    asio::steady_timer pause(stream_.get_executor());
    for (bool last = false; !last;) {
      EventHub::Batch batch = state_.hub.read(position);
      position = batch.next;
      const bool idle = batch.frames.empty();
      std::string_view farewell = "weir is stopping";
      last = idle && state_.stopping;
      piece += batch.frames;
      if (const auto now = Clock::now(); now >= next_status) {
        // A token may have been taken back, a session may be over.
        if (!state_.router.still_allowed(request)) {
          last = true;
          piece.clear();
          farewell = "the permission to listen is over";
        }
        if (!last || state_.stopping) piece += event_frame("", "status", current_status());
        next_status = now + state_.limits.status_interval;
      }
      if (last) piece += event_frame("", "bye", reason_json(farewell));
      if (!piece.empty()) {
        tcp().expires_after(state_.limits.stream_send);
        const auto [error, count] = co_await asio::async_write(stream_, asio::buffer(piece), kNoThrow);
        sent += count;
        if (error) co_return sent;
        piece.clear();
      }
      if (idle && !last) {
        pause.expires_after(kStreamPoll);
        co_await pause.async_wait(kNoThrow);
      }
    }
    co_return sent;
  }

  std::string current_status() const {
    const auto now = std::chrono::floor<base::Duration>(std::chrono::system_clock::now());
    return status_json(state_.status.status(), now);
  }

  void log(const Request& request, std::string_view user, const Response& response, std::uint64_t bytes) const {
    state_.log.write({.method = request.method,
                      .target = request.target,
                      .status = response.status,
                      .bytes = bytes,
                      .took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started_),
                      .remote = remote_,
                      .user = user,
                      .note = response.note});
  }

  SharedState& state_;
  const Counted counted_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::string remote_;
  std::optional<CountedPeer> counted_peer_;
  unsigned version_ = 11;
  Clock::time_point started_;
};

}  // namespace weir::api
