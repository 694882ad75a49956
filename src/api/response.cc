// SPDX-License-Identifier: Apache-2.0
#include "api/json.h"
#include "api/request.h"

namespace weir::api {

std::string_view Response::bytes() const {
  if (constant_body.empty()) return body;
  // The bytes of a file are characters to HTTP.
  return {reinterpret_cast<const char*>(constant_body.data()), constant_body.size()};
}

Response json_response(std::string body) { return {.body = std::move(body)}; }

Response problem(int status, std::string_view detail, std::string note) {
  return {.status = status,
          .content_type = "application/problem+json",
          .body = problem_json(status, status_title(status), detail),
          .note = std::move(note)};
}

std::string_view status_title(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Unknown";
  }
}

}  // namespace weir::api
