// SPDX-License-Identifier: Apache-2.0
// Files that are part of the program: the dashboard, so that weir is one file to copy. See cmake/weir_embed.cmake.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace weir::app {

struct EmbeddedFile {
  std::string_view path;  // "/index.html"
  std::string_view bytes;
};

std::span<const EmbeddedFile> embedded_web();  // empty when the program was built without the dashboard

}  // namespace weir::app
