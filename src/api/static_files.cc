// SPDX-License-Identifier: Apache-2.0
#include "api/static_files.h"

#include <cstdint>

#include <fmt/format.h>

namespace weir::api {

namespace {

// FNV-1a: tells two builds of a file apart. It guards nothing, so it need not be a cryptographic digest.
std::string etag_of(std::span<const std::byte> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte b : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3;
  return fmt::format("\"{:016x}\"", hash);
}

// A page of the dashboard's own router, and not a file that is missing: its last name has no suffix such as .js, and none of
// its parts is hidden (/.git/config). The numbers of an address are no suffix: /hosts/10.0.0.9 is a page.
bool is_page_path(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const auto dot = name.rfind('.');
  const bool has_suffix = dot != name.npos && name.find_first_not_of("0123456789", dot + 1) != name.npos;
  return !has_suffix && path.find("/.") == path.npos;
}

std::string_view cache_control(std::string_view path) {
  return path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

// "*", or a list of tags; a weak tag (W/"x") counts as the same.
bool has_tag(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != if_none_match.npos;
}

}  // namespace

StaticFiles::StaticFiles(std::span<const StaticFile> files) {
  for (const StaticFile& file : files) by_path_.emplace(file.path, Entry{file, etag_of(file.bytes)});
}

Response StaticFiles::answer(const Request& request, std::string_view path) const {
  auto found = by_path_.find(path);
  if (found == by_path_.end() && is_page_path(path)) found = by_path_.find("/index.html");
  if (found == by_path_.end()) {
    return problem(404, by_path_.empty() ? "This weir was built without the dashboard; the API is under /api/v1/."
                                         : "There is no such page.");
  }
  const auto& [file, etag] = found->second;
  Response response{.content_type = std::string(file.content_type)};
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Cache-Control", cache_control(file.path));
  if (has_tag(request.if_none_match, etag)) {
    response.status = 304;
  } else {
    response.constant_body = file.bytes;
  }
  return response;
}

}  // namespace weir::api
