// SPDX-License-Identifier: Apache-2.0
// JsonFields: typed access to a JSON object where the first thing wrong becomes one sentence with the field's path, and
// every later read is a no-op: a parser reads all fields and asks ok() once, as with base::ByteReader.
// Private to scoring's .cc files (it includes the whole of nlohmann-json).
#pragma once

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"

namespace weir::scoring {

class JsonFields {
 public:
  // The text must be one JSON object; otherwise the reader starts as not ok().
  explicit JsonFields(std::string_view text) : shared_(std::make_shared<Shared>()) {
    shared_->document = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (shared_->document.is_discarded()) {
      refuse("it is not valid JSON");
    } else if (!shared_->document.is_object()) {
      refuse("it is not a JSON object");
    } else {
      object_ = &shared_->document;
    }
  }

  bool ok() const { return !shared_->problem; }
  base::Error error() const { return base::Error(*shared_->problem); }
  void refuse(std::string sentence) {
    if (ok()) shared_->problem = std::move(sentence);
  }
  void refuse_field(const char* key, std::string_view what) { refuse(fmt::format("\"{}{}\" {}", path_, key, what)); }

  bool has(const char* key) const { return object_ && object_->contains(key) && !object_->at(key).is_null(); }

  JsonFields object(const char* key) {
    const nlohmann::json* value = find(key, "must be an object", [](const auto& v) { return v.is_object(); });
    return JsonFields(shared_, value, path_ + key + ".");
  }

  // The objects of a list.
  std::vector<JsonFields> objects(const char* key) {
    std::vector<JsonFields> list;
    const nlohmann::json* value = find(key, "must be a list of objects", [](const auto& v) { return v.is_array(); });
    for (std::size_t i = 0; value && i < value->size(); ++i) {
      if (!value->at(i).is_object()) refuse_field(key, "must be a list of objects");
      list.push_back(JsonFields(shared_, ok() ? &value->at(i) : nullptr, fmt::format("{}{}[{}].", path_, key, i)));
    }
    return list;
  }

  std::string text(const char* key) {
    const nlohmann::json* value = find(key, "must be a text", [](const auto& v) { return v.is_string(); });
    return value ? value->get<std::string>() : std::string();
  }
  std::string text_or(const char* key, std::string fallback) { return has(key) ? text(key) : std::move(fallback); }

  bool flag_or(const char* key, bool fallback) {
    if (!has(key)) return fallback;
    const nlohmann::json* value = find(key, "must be true or false", [](const auto& v) { return v.is_boolean(); });
    return value && value->get<bool>();
  }

  double number(const char* key) {
    const nlohmann::json* value = find(key, "must be a finite number", is_finite);
    return value ? value->get<double>() : 0;
  }

  double number_or(const char* key, double fallback) { return has(key) ? number(key) : fallback; }

  std::uint64_t count(const char* key) {
    const auto is_count = [](const auto& v) { return v.is_number_unsigned(); };
    const nlohmann::json* value = find(key, "must be a whole number, not negative", is_count);
    return value ? value->get<std::uint64_t>() : 0;
  }

  std::vector<std::string> texts(const char* key) {
    const auto is_text = [](const auto& v) { return v.is_string(); };
    return list<std::string>(key, "must be a list of texts", is_text);
  }
  std::vector<double> numbers(const char* key) {
    return list<double>(key, "must be a list of finite numbers", is_finite);
  }

  // A list of lists of numbers; null stands for NaN.
  std::vector<std::vector<float>> matrix(const char* key) {
    std::vector<std::vector<float>> rows;
    const nlohmann::json* value = find(key, "must be a list of lists of numbers", is_matrix);
    for (std::size_t i = 0; value && i < value->size(); ++i) {
      auto& row = rows.emplace_back();
      for (const auto& cell : value->at(i)) row.push_back(cell.is_null() ? std::nanf("") : cell.template get<float>());
    }
    return rows;
  }

 private:
  struct
      Shared {  // shared by a document's readers, which live as long as the parse: the document and its first problem
    nlohmann::json document;
    std::optional<std::string> problem;
  };

  JsonFields(std::shared_ptr<Shared> shared, const nlohmann::json* object, std::string path)
      : shared_(std::move(shared)), object_(object), path_(std::move(path)) {}

  static bool is_finite(const nlohmann::json& v) { return v.is_number() && std::isfinite(v.get<double>()); }
  static bool is_matrix(const nlohmann::json& v) {
    if (!v.is_array()) return false;
    for (const auto& row : v) {
      if (!row.is_array()) return false;
      for (const auto& cell : row) {
        if (!cell.is_null() && !cell.is_number()) return false;
      }
    }
    return true;
  }

  template <class Test>
  const nlohmann::json* find(const char* key, std::string_view expected, Test test) {
    if (!ok() || !object_) return nullptr;
    const auto found = object_->find(key);
    if (found == object_->end() || found->is_null()) {
      refuse_field(key, "is missing");
    } else if (!test(*found)) {
      refuse_field(key, expected);
    }
    return ok() ? &*found : nullptr;
  }

  template <class T, class Test>
  std::vector<T> list(const char* key, std::string_view expected, Test test) {
    std::vector<T> values;
    const nlohmann::json* array = find(key, expected, [](const auto& v) { return v.is_array(); });
    if (!array) return values;
    values.reserve(array->size());
    for (const auto& item : *array) {
      if (!test(item)) {
        refuse_field(key, expected);
        return {};
      }
      values.push_back(item.template get<T>());
    }
    return values;
  }

  std::shared_ptr<Shared> shared_;
  const nlohmann::json* object_ = nullptr;
  std::string path_;
};

}  // namespace weir::scoring
