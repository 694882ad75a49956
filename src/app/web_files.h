// SPDX-License-Identifier: Apache-2.0
// The dashboard's files as the API serves them, with their content types; a plain page that says what is missing when the
// program was built without the dashboard.
#pragma once

#include <vector>

#include "api/static_files.h"

namespace weir::app {

std::vector<api::StaticFile> web_files();

// By the ending of a path: "/app.js" -> "text/javascript; charset=utf-8".
std::string_view content_type_of(std::string_view path);

}  // namespace weir::app
