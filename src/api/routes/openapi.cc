// SPDX-License-Identifier: Apache-2.0
#include "api/routes/routes.h"

// openapi.yaml, put into the program by openapi_yaml.s.
extern "C" {
extern const char weir_openapi_yaml_begin[];
extern const char weir_openapi_yaml_end[];
}

namespace weir::api {

std::string_view openapi_yaml() { return {weir_openapi_yaml_begin, weir_openapi_yaml_end}; }

Route openapi_route() {
  return {.pattern = "/api/v1/openapi.yaml", .answer = [](const Call&) {
            return Response{.content_type = "application/yaml",
                            .constant_body = std::as_bytes(std::span<const char>(openapi_yaml()))};
          }};
}

}  // namespace weir::api
