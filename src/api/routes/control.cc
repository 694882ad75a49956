// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/routes/routes.h"

namespace weir::api {

Route reload_route(Control& control) {
  return {.pattern = "/api/v1/reload",
          .method = "POST",
          .role = Role::admin,
          .waits = true,
          .answer = [&control](const Call&) {
            const auto changed = control.reload();
            if (!changed) {
              Response response = problem(409, "Nothing was changed: " + changed.error().message() + ".");
              response.deed = "reload refused: " + changed.error().message();
              return response;
            }
            Response response = json_response(nlohmann::ordered_json{{"changed", *changed}}.dump());
            response.deed = fmt::format(
                "reloaded: {}", changed->empty() ? "nothing changed" : fmt::format("{}", fmt::join(*changed, "; ")));
            return response;
          }};
}

}  // namespace weir::api
