// SPDX-License-Identifier: Apache-2.0
#include "app/web_files.h"

#include <array>
#include <utility>

#include "app/embedded_file.h"

namespace weir::app {

namespace {

constexpr std::string_view kNoDashboard =
    "<!doctype html><meta charset=utf-8><title>weir</title><h1>weir is running</h1>"
    "<p>This program was built without the dashboard. <code>make build</code> builds both. "
    "The API is at <a href=/api/v1/status>/api/v1/status</a>, detections at <a href=/logs>/logs</a>.";

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kContentTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
}};

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

std::string_view content_type_of(std::string_view path) {
  for (const auto& [ending, type] : kContentTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

std::vector<api::StaticFile> web_files() {
  std::vector<api::StaticFile> files;
  for (const EmbeddedFile& file : embedded_web()) {
    files.push_back({file.path, content_type_of(file.path), bytes_of(file.bytes)});
  }
  if (files.empty()) files.push_back({"/index.html", content_type_of("/index.html"), bytes_of(kNoDashboard)});
  return files;
}

}  // namespace weir::app
