// SPDX-License-Identifier: Apache-2.0
#include "api/body_reader.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"

namespace weir::api {

namespace {

using Json = nlohmann::json;
using Members = std::map<std::string, BodyReader::Value, std::less<>>;

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return (c & 0xc0) != 0x80; }));
}

// The parser has seen to it that it is UTF-8.
bool is_plain(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
  });
}

// Takes the parser's events one by one, so that nothing is built that would be refused: no depth, no duplicates.
class FlatObject final : public Json::json_sax_t {
 public:
  FlatObject(Members& members, std::initializer_list<std::string_view> known) : members_(members), known_(known) {}

  std::string error;

  bool null() override { return inside_ == Inside::object ? done() : wrong(); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool binary(binary_t&) override { return wrong(); }

  bool string(string_t& value) override {
    if (!is_plain(value)) return fail(fmt::format("The member '{}' holds control characters.", name_));
    if (inside_ != Inside::list) return scalar(std::move(value));
    std::get<std::vector<std::string>>(members_[name_]).push_back(std::move(value));
    return true;
  }

  bool start_object(std::size_t) override {
    if (inside_ != Inside::nothing) return wrong();
    inside_ = Inside::object;
    return true;
  }
  bool end_object() override { return done(); }

  bool key(string_t& name) override {
    name_ = std::move(name);
    if (std::find(known_.begin(), known_.end(), name_) == known_.end()) {
      return fail(fmt::format("There is no member '{}'; known are: {}.", name_, fmt::join(known_, ", ")));
    }
    if (std::ranges::find(seen_, name_) != seen_.end()) {
      return fail(fmt::format("The member '{}' is given twice.", name_));
    }
    seen_.push_back(name_);
    return true;
  }

  bool start_array(std::size_t) override {
    if (inside_ != Inside::object) return wrong();
    inside_ = Inside::list;
    members_[name_] = std::vector<std::string>();
    return true;
  }
  bool end_array() override {
    inside_ = Inside::object;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return fail("The body is not well-formed JSON.");
  }

 private:
  enum class Inside { nothing, object, list };

  static bool done() { return true; }
  bool fail(std::string sentence) {
    if (error.empty()) error = std::move(sentence);
    return false;
  }
  bool wrong() {
    if (inside_ == Inside::nothing) return fail("The body must be a JSON object.");
    return fail(fmt::format("The member '{}' must be text, a number, true, false or a list of text.", name_));
  }
  template <class Kind>
  bool scalar(Kind value) {
    if (inside_ != Inside::object) return wrong();
    members_[name_] = std::move(value);
    return true;
  }

  Members& members_;
  const std::vector<std::string_view> known_;
  std::vector<std::string> seen_;
  std::string name_;
  Inside inside_ = Inside::nothing;
};

}  // namespace

BodyReader::BodyReader(std::string_view body, std::initializer_list<std::string_view> known) {
  FlatObject object(members_, known);
  if (Json::sax_parse(body, &object)) return;
  error_ = object.error;
  members_.clear();
}

template <class Kind>
const Kind* BodyReader::find(std::string_view name, std::string_view expected) {
  const auto member = members_.find(name);
  if (member == members_.end()) return nullptr;
  const Kind* value = std::get_if<Kind>(&member->second);
  if (value == nullptr) refuse(name, expected);
  return value;
}

void BodyReader::refuse(std::string_view name, std::string_view expected) {
  if (!error_) error_ = fmt::format("The member '{}' must be {}.", name, expected);
}

void BodyReader::require(std::string_view name) {
  if (!error_ && !members_.contains(name)) error_ = fmt::format("The member '{}' is missing.", name);
}

std::optional<std::string> BodyReader::text(std::string_view name, std::size_t max_characters) {
  const std::string expected = fmt::format("text of 1 to {} characters", max_characters);
  const auto* value = find<std::string>(name, expected);
  if (value == nullptr) return std::nullopt;
  if (!value->empty() && count_characters(*value) <= max_characters) return *value;
  refuse(name, expected);
  return std::nullopt;
}

std::optional<std::vector<std::string>> BodyReader::texts(std::string_view name, std::size_t max_count,
                                                          std::size_t max_characters) {
  const std::string expected =
      fmt::format("a list of at most {} texts of 1 to {} characters", max_count, max_characters);
  const auto* value = find<std::vector<std::string>>(name, expected);
  if (value == nullptr) return std::nullopt;
  const bool sound = value->size() <= max_count && std::ranges::all_of(*value, [&](const std::string& text) {
                       return !text.empty() && count_characters(text) <= max_characters;
                     });
  if (sound) return *value;
  refuse(name, expected);
  return std::nullopt;
}

std::optional<double> BodyReader::number(std::string_view name, double lowest, double highest) {
  const std::string expected = fmt::format("a number from {} to {}", lowest, highest);
  const auto* value = find<double>(name, expected);
  if (value == nullptr) return std::nullopt;
  if (*value >= lowest && *value <= highest) return *value;
  refuse(name, expected);
  return std::nullopt;
}

std::optional<bool> BodyReader::flag(std::string_view name) {
  const auto* value = find<bool>(name, "true or false");
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<base::Timestamp> BodyReader::time(std::string_view name) {
  return word(name, base::parse_time, "a time such as 2026-01-31T08:15:30Z");
}

std::optional<base::IpAddress> BodyReader::address(std::string_view name) {
  return word(name, base::IpAddress::parse, "an IPv4 or IPv6 address");
}

}  // namespace weir::api
