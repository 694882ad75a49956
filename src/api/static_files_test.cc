// SPDX-License-Identifier: Apache-2.0
#include "api/static_files.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

namespace weir::api {
namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

const std::array<StaticFile, 3> kFiles = {{{"/index.html", "text/html; charset=utf-8", bytes("<html>")},
                                           {"/assets/app-1a2b.js", "text/javascript", bytes("run()")},
                                           {"/icon.svg", "image/svg+xml", bytes("<svg>")}}};

std::string header(const Response& response, std::string_view name) {
  const auto found = std::ranges::find(response.headers, name, [](const auto& h) { return h.first; });
  return found == response.headers.end() ? "" : found->second;
}

TEST(StaticFiles, a_file_comes_with_its_type) {
  const StaticFiles files(kFiles);
  const Response response = files.answer({}, "/icon.svg");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "image/svg+xml");
  EXPECT_EQ(response.bytes(), "<svg>");
}

TEST(StaticFiles, hashed_files_are_kept_for_good_and_others_asked_for_again) {
  const StaticFiles files(kFiles);
  EXPECT_EQ(header(files.answer({}, "/assets/app-1a2b.js"), "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(files.answer({}, "/"), "Cache-Control"), "no-cache");
}

TEST(StaticFiles, pages_of_the_dashboards_own_router_get_the_index) {
  const StaticFiles files(kFiles);
  for (const char* path :
       {"/", "/flows", "/flows/0101", "/a.b/c", "/hosts/10.0.0.9", "/hosts/2001:db8::1", "/hosts/::ffff:10.0.0.9"}) {
    EXPECT_EQ(files.answer({}, path).bytes(), "<html>") << path;
  }
}

TEST(StaticFiles, a_missing_file_is_404_rather_than_the_index) {
  const StaticFiles files(kFiles);
  for (const char* path : {"/assets/app-0000.js", "/favicon.ico", "/index.htm"}) {
    EXPECT_EQ(files.answer({}, path).status, 404) << path;
  }
}

TEST(StaticFiles, a_hidden_part_is_no_page) {
  const StaticFile page = {"/index.html", "text/html", std::as_bytes(std::span("<html>", 6))};
  const StaticFiles files({&page, 1});
  EXPECT_EQ(files.answer({}, "/flows/abc").status, 200);
  for (const char* path : {"/.git/config", "/.env", "/flows/.x/y"})
    EXPECT_EQ(files.answer({}, path).status, 404) << path;
}

TEST(StaticFiles, who_has_the_file_is_told_so_without_it) {
  const StaticFiles files(kFiles);
  const std::string etag = header(files.answer({}, "/icon.svg"), "ETag");
  for (const std::string& known : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    const Response response = files.answer({.if_none_match = known}, "/icon.svg");
    EXPECT_EQ(response.status, 304) << known;
    EXPECT_EQ(response.bytes(), "");
    EXPECT_EQ(header(response, "ETag"), etag);
  }
  EXPECT_EQ(files.answer({.if_none_match = "\"other\""}, "/icon.svg").status, 200);
}

TEST(StaticFiles, files_that_differ_have_tags_that_differ) {
  const StaticFiles files(kFiles);
  EXPECT_NE(header(files.answer({}, "/icon.svg"), "ETag"), header(files.answer({}, "/"), "ETag"));
}

TEST(StaticFiles, a_weir_without_a_dashboard_says_so) {
  const Response response = StaticFiles({}).answer({}, "/");
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(response.body.find("without the dashboard"), std::string::npos);
}

}  // namespace
}  // namespace weir::api
