// SPDX-License-Identifier: Apache-2.0
// StaticFiles: the dashboard's own files, out of a table that is compiled into the program. Nothing is ever read from
// disk by a path that a client chose.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/request.h"

namespace weir::api {

struct StaticFile {
  std::string_view path;  // "/index.html"; what is under "/assets/" has a hash of its content in its name
  std::string_view content_type;
  std::span<const std::byte> bytes;
};

class StaticFiles {
 public:
  // The table is borrowed for good.
  explicit StaticFiles(std::span<const StaticFile> files);

  // The file, 304 when the client has it already, or index.html for a path of the dashboard's own router (one without a
  // dot in its last part). 404 otherwise.
  Response answer(const Request& request, std::string_view path) const;

 private:
  struct Entry {
    StaticFile file;
    std::string etag;
  };
  std::unordered_map<std::string_view, Entry> by_path_;
};

}  // namespace weir::api
