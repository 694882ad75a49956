// SPDX-License-Identifier: Apache-2.0
// Result<T>: what a call that meets the world (file, socket, database, model) returns.
//
// An Error is one sentence for the user. Each caller may put its own words in front, so that the sentence grows from the
// cause outwards: "load model m1: read manifest.json: not found". Strange traffic is not an Error (it is counted data),
// and a bug of ours is not one either (WEIR_CHECK).
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace weir::base {

class Error {
 public:
  explicit Error(std::string message) : message_(std::move(message)) {}

  const std::string& message() const { return message_; }

  // The same error, told from one level further out: "<what>: <message>".
  [[nodiscard]] Error within(const std::string& what) const { return Error(what + ": " + message_); }

 private:
  std::string message_;
};

template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(std::string message) { return tl::unexpected<Error>(Error(std::move(message))); }
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

// For `return fail_within("open the store", result);`.
template <class T>
tl::unexpected<Error> fail_within(const std::string& what, const Result<T>& result) {
  return fail(result.error().within(what));
}

}  // namespace weir::base
