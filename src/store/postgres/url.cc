// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/url.h"

#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>

namespace weir::store::postgres {

namespace {

// Nothing of a URL that cannot be read is shown: any part of it may be the password.
const char* const kForm = "the URL of the database must have the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE";

// keyword -> value, of the keywords that the URL sets.
std::map<std::string, std::string> settings_of(const std::string& url) {
  std::map<std::string, std::string> settings;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), nullptr),
                                                                             PQconninfoFree);
  for (const PQconninfoOption* o = options.get(); o && o->keyword; ++o) {
    if (o->val) settings[o->keyword] = o->val;
  }
  return settings;
}

bool starts_with_scheme(const std::string& url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

// An '@' in a password splits the URL at the wrong place, and half of the password becomes a host's name.
bool has_stray_at(const std::string& url) {
  const std::size_t begin = url.find("://") + 3;
  const std::string_view authority = std::string_view(url).substr(begin, url.find_first_of("/?", begin) - begin);
  return std::count(authority.begin(), authority.end(), '@') > 1;
}

std::string shown(const std::map<std::string, std::string>& settings) {
  const auto value = [&settings](const char* key, const char* otherwise) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string(otherwise) : found->second;
  };
  std::string text = "PostgreSQL " + value("dbname", "(default database)") + " at " + value("host", "this machine");
  if (settings.contains("port")) text += ":" + value("port", "");
  return text;
}

std::string quoted(const std::string& value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

}  // namespace

base::Result<Url> parse_url(const std::string& url, std::chrono::seconds connect_timeout) {
  if (!starts_with_scheme(url)) return base::fail(kForm);
  if (has_stray_at(url)) return base::fail("an '@' in the user's name or password must be written as %40");
  auto settings = settings_of(url);
  if (settings.empty()) return base::fail(kForm);

  Url parsed;
  parsed.shown = shown(settings);
  parsed.password = settings["password"];
  if (parsed.password.empty()) settings.erase("password");
  // Together: a peer that is gone is noticed after some ten seconds, also in the middle of a statement.
  const std::pair<const char*, std::string> defaults[] = {
      {"connect_timeout", fmt::format("{}", connect_timeout.count())},
      {"keepalives_idle", "5"},
      {"keepalives_interval", "2"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "10000"},
      {"application_name", "weir"}};
  for (const auto& [key, value] : defaults) settings.try_emplace(key, value);
  for (const auto& [key, value] : settings) parsed.connect_to += key + "=" + quoted(value) + " ";
  return parsed;
}

std::string presentable(const std::string& message, const Url& url) {
  std::string line = message.substr(0, message.find('\n'));
  if (!url.password.empty()) {
    for (std::size_t at; (at = line.find(url.password)) != std::string::npos;)
      line.replace(at, url.password.size(), "...");
  }
  return line;
}

}  // namespace weir::store::postgres
