// SPDX-License-Identifier: Apache-2.0
#include "api/json.h"
#include "api/routes/routes.h"

namespace weir::api {

Route features_route() {
  return {.pattern = "/api/v1/features", .answer = [](const Call&) { return json_response(feature_catalogue_json()); }};
}

}  // namespace weir::api
