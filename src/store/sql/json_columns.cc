// SPDX-License-Identifier: Apache-2.0
#include "store/sql/json_columns.h"

#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scoring/sentences.h"
#include "store/sql/text.h"

namespace weir::store::sql {

namespace {

// Reads numbers as float: going by way of double would round twice.
using FloatJson = nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t, std::uint64_t, float>;

// Written by hand: an explanation goes with every anomalous row, and a tree of JSON values costs ten times as much.
using Text = fmt::memory_buffer;

void put(Text& out, std::string_view text) { out.append(text); }

void put_number(Text& out, float number) {
  if (std::isfinite(number)) {
    fmt::format_to(std::back_inserter(out), "{}", number);
  } else {
    put(out, "null");
  }
}

void put_name(Text& out, const std::string& name) { put(out, nlohmann::json(storable(name)).dump()); }

void put_reason(Text& out, const scoring::Reason& reason) {
  put(out, R"({"feature":)");
  put_name(out, reason.feature);
  const std::pair<std::string_view, float> numbers[] = {{"value", reason.value},
                                                        {"median", reason.median},
                                                        {"low", reason.low},
                                                        {"high", reason.high},
                                                        {"contribution", reason.contribution}};
  for (const auto& [key, number] : numbers) {
    fmt::format_to(std::back_inserter(out), R"(,"{}":)", key);
    put_number(out, number);
  }
  put(out, R"(,"sentence":)");  // for those who read the table; here it is worked out anew
  put_name(out, scoring::sentence(reason));
  put(out, "}");
}

template <class T, class Put>
std::string array(const std::vector<T>& items, Put put_item) {
  Text out;
  put(out, "[");
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) put(out, ",");
    put_item(out, items[i]);
  }
  put(out, "]");
  return fmt::to_string(out);
}

float number_or_nan(const FloatJson& json) {
  return json.is_number() ? json.get<float>() : std::numeric_limits<float>::quiet_NaN();
}

base::Result<FloatJson> parsed(const std::string& text) {
  FloatJson json = FloatJson::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return base::fail("'" + text.substr(0, 40) + "' is no JSON");
  return json;
}

base::Result<FloatJson> parsed_array(const std::string& text) {
  auto json = parsed(text);
  if (json && !json->is_array()) return base::fail("'" + text.substr(0, 40) + "' is no JSON array");
  return json;
}

}  // namespace

std::optional<std::string> explanation_json(const std::vector<scoring::Reason>& reasons) {
  if (reasons.empty()) return std::nullopt;
  return R"({"reasons":)" + array(reasons, put_reason) + "}";
}

base::Result<std::vector<scoring::Reason>> reasons_from_json(const std::optional<std::string>& text) {
  std::vector<scoring::Reason> reasons;
  if (!text) return reasons;
  const auto json = parsed(*text);
  if (!json) return base::fail_within("explanation", json);
  const auto list = json->find("reasons");
  if (list == json->end() || !list->is_array()) return base::fail("explanation: there is no array 'reasons'");
  for (const FloatJson& item : *list) {
    if (!item.is_object() || !item.contains("feature") || !item["feature"].is_string()) {
      return base::fail("explanation: a reason without a feature");
    }
    const auto number = [&item](const char* key) { return number_or_nan(item.value(key, FloatJson())); };
    reasons.push_back({item["feature"].get<std::string>(), number("value"), number("median"), number("low"),
                       number("high"), number("contribution")});
  }
  return reasons;
}

std::string names_json(const std::vector<std::string>& names) { return array(names, put_name); }

base::Result<std::vector<std::string>> names_from_json(const std::string& text) {
  const auto json = parsed_array(text);
  if (!json) return base::fail(json.error());
  std::vector<std::string> names;
  for (const FloatJson& item : *json) {
    if (!item.is_string()) return base::fail("a name that is no text");
    names.push_back(item.get<std::string>());
  }
  return names;
}

std::string numbers_json(const std::vector<float>& numbers) { return array(numbers, put_number); }

base::Result<std::vector<float>> numbers_from_json(const std::string& text) {
  const auto json = parsed_array(text);
  if (!json) return base::fail(json.error());
  std::vector<float> numbers;
  for (const FloatJson& item : *json) numbers.push_back(number_or_nan(item));
  return numbers;
}

base::Result<> take_arrays(const std::string (&columns)[4], ModelRecord& model) {
  auto names = names_from_json(columns[0]);
  if (!names) return base::fail_within("model " + model.version + ": feature_names", names);
  model.feature_names = std::move(*names);
  std::vector<float>* const targets[] = {&model.medians, &model.lows, &model.highs};
  for (std::size_t i = 0; i < std::size(targets); ++i) {
    auto numbers = numbers_from_json(columns[i + 1]);
    if (!numbers) return base::fail_within("model " + model.version + ": baseline", numbers);
    *targets[i] = std::move(*numbers);
  }
  return {};
}

}  // namespace weir::store::sql
