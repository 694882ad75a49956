// SPDX-License-Identifier: Apache-2.0
#include "sinks/kafka/message_key.h"

#include <nlohmann/json.hpp>

namespace weir::sinks {

namespace {

using Json = nlohmann::json;

const Json* at(const Json* json, const char* name) {
  if (json == nullptr || !json->is_object()) return nullptr;
  const auto found = json->find(name);
  return found == json->end() ? nullptr : &*found;
}

std::string text_of(const Json* json) {
  return json != nullptr && json->is_string() ? json->get<std::string>() : std::string();
}

std::string only_actor(const Json* incident) {
  const Json* actors = at(incident, "actors");
  const Json* count = at(actors, "count");
  const Json* some = at(actors, "some");
  if (count == nullptr || *count != 1 || some == nullptr || !some->is_array() || some->empty()) return {};
  return text_of(&some->front());
}

}  // namespace

std::optional<KeyBy> parse_key_by(std::string_view text) {
  if (text == "actor") return KeyBy::actor;
  if (text == "id") return KeyBy::id;
  return std::nullopt;
}

std::string message_key(std::string_view event, KeyBy by) {
  const Json json = Json::parse(event, nullptr, false);
  if (const Json* incident = at(&json, "incident"); incident != nullptr) {
    const std::string actor = by == KeyBy::actor ? only_actor(incident) : "";
    return actor.empty() ? text_of(at(incident, "id")) : actor;
  }
  return by == KeyBy::actor ? text_of(at(&json, "src_ip")) : text_of(at(at(&json, "weir"), "flow_uid"));
}

}  // namespace weir::sinks
