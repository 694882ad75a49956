// SPDX-License-Identifier: Apache-2.0
#include "api/listen_address.h"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

TEST(ListenAddress, host_and_port_are_taken_apart) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:8080")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen_address("127.0.0.1:8080")->port, 8080);
  EXPECT_EQ(parse_listen_address("localhost:0")->port, 0);
  EXPECT_EQ(parse_listen_address("[::1]:65535")->host, "::1");
}

TEST(ListenAddress, anything_else_is_refused_by_a_sentence_that_quotes_it) {
  for (const char* text : {"", "8080", "127.0.0.1", "127.0.0.1:", ":8080", "::1:8080", "[]:80", "[::1]", "a:b",
                           "a:65536", "a:-1", "a:80x", "http://a:80", "a b:80"}) {
    const auto result = parse_listen_address(text);
    ASSERT_FALSE(result) << text;
    EXPECT_NE(result.error().message().find("'" + std::string(text) + "'"), std::string::npos);
  }
}

}  // namespace
}  // namespace weir::api
