// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook/signature.h"

#include <gtest/gtest.h>

namespace weir::sinks {
namespace {

// The example of the standard's own libraries.
TEST(Signature, is_that_of_standard_webhooks) {
  const auto key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key);
  EXPECT_EQ(signature(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signature, a_key_may_be_any_text_that_is_long_enough) {
  EXPECT_EQ(*signing_key("0123456789abcdef"), "0123456789abcdef");
  EXPECT_EQ(signing_key("short").error().message(), "the signing key has 5 bytes, fewer than 16");
  EXPECT_EQ(signing_key("whsec_????").error().message(), "the signing key is not base64 behind \"whsec_\"");
  EXPECT_EQ(signing_key("whsec_QUJD").error().message(), "the signing key has 3 bytes, fewer than 16");
}

TEST(Signature, a_message_is_named_by_what_is_in_it) {
  const std::vector<Record> one = {{"a", "x"}}, same = {{"a", "y"}}, two = {{"a", "x"}, {"b", "x"}},
                            other = {{"ab", "x"}};
  EXPECT_EQ(message_id(one), message_id(same));
  EXPECT_NE(message_id(one), message_id(two));
  EXPECT_NE(message_id(two), message_id(other));
  EXPECT_EQ(message_id(one).size(), 36u);
}

}  // namespace
}  // namespace weir::sinks
