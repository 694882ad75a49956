// SPDX-License-Identifier: Apache-2.0
#include "api/body_reader.h"

#include <gtest/gtest.h>

#include "api/role.h"

namespace weir::api {
namespace {

std::string error_of(std::string_view body) {
  BodyReader reader(body, {"name", "role", "score", "on", "hosts", "until"});
  reader.require("name");
  reader.text("name", 5);
  reader.word("role", parse_role, "viewer, analyst or admin");
  reader.number("score", 0, 1);
  reader.flag("on");
  reader.texts("hosts", 2, 3);
  reader.time("until");
  return reader.error().value_or("");
}

TEST(BodyReader, a_body_gives_its_members_as_values) {
  BodyReader reader(
      R"({"name":"ann","role":"admin","score":0.5,"on":true,"hosts":["a","b"],"until":"2026-01-31T08:15:30Z","no":null})",
      {"name", "role", "score", "on", "hosts", "until", "no", "ip"});
  EXPECT_EQ(reader.text("name", 10), "ann");
  EXPECT_EQ(reader.word("role", parse_role, ""), Role::admin);
  EXPECT_EQ(reader.number("score", 0, 1), 0.5);
  EXPECT_EQ(reader.flag("on"), true);
  EXPECT_EQ(reader.texts("hosts", 2, 3), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(base::to_us(*reader.time("until")), 1'769'847'330'000'000);
  EXPECT_EQ(reader.text("no", 10), std::nullopt);
  EXPECT_EQ(reader.address("ip"), std::nullopt);
  EXPECT_EQ(reader.error(), std::nullopt);
}

TEST(BodyReader, what_is_wrong_is_named_in_a_sentence) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", "The body is not well-formed JSON."},
      {"{", "The body is not well-formed JSON."},
      {"{\"name\":\"\xff\"}", "The body is not well-formed JSON."},
      {R"({"name":"a"} {})", "The body is not well-formed JSON."},
      {"[]", "The body must be a JSON object."},
      {"7", "The body must be a JSON object."},
      {"{}", "The member 'name' is missing."},
      {R"({"name":null})", "The member 'name' is missing."},
      {R"({"name":"a","nmae":"b"})", "There is no member 'nmae'; known are: name, role, score, on, hosts, until."},
      {R"({"name":"a","name":"b"})", "The member 'name' is given twice."},
      {R"({"name":"toolong"})", "The member 'name' must be text of 1 to 5 characters."},
      {R"({"name":""})", "The member 'name' must be text of 1 to 5 characters."},
      {R"({"name":1})", "The member 'name' must be text of 1 to 5 characters."},
      {R"({"name":"a\u0000"})", "The member 'name' holds control characters."},
      {R"({"name":{"a":1}})", "The member 'name' must be text, a number, true, false or a list of text."},
      {R"({"name":"a","hosts":[["b"]]})", "The member 'hosts' must be text, a number, true, false or a list of text."},
      {R"({"name":"a","hosts":[1]})", "The member 'hosts' must be text, a number, true, false or a list of text."},
      {R"({"name":"a","hosts":["a","b","c"]})",
       "The member 'hosts' must be a list of at most 2 texts of 1 to 3 characters."},
      {R"({"name":"a","role":"root"})", "The member 'role' must be viewer, analyst or admin."},
      {R"({"name":"a","score":1.5})", "The member 'score' must be a number from 0 to 1."},
      {R"({"name":"a","score":1e999})", "The body is not well-formed JSON."},
      {R"({"name":"a","on":"true"})", "The member 'on' must be true or false."},
      {R"({"name":"a","until":"tomorrow"})", "The member 'until' must be a time such as 2026-01-31T08:15:30Z."},
  };
  for (const auto& [body, sentence] : cases) EXPECT_EQ(error_of(body), sentence) << body;
  EXPECT_EQ(error_of(R"({"name":"a"})"), "");
}

TEST(BodyReader, depth_costs_nothing) {
  EXPECT_EQ(error_of(R"({"name":)" + std::string(60'000, '[')),
            "The member 'name' must be text, a number, true, false or a list of text.");
  EXPECT_EQ(error_of(std::string(60'000, '[')), "The body must be a JSON object.");
}

}  // namespace
}  // namespace weir::api
