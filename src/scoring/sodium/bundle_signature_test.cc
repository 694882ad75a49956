// SPDX-License-Identifier: Apache-2.0
#include "scoring/sodium/bundle_signature.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::scoring {
namespace {

using testing::HasSubstr;

class BundleSignature : public testing::Test {
 protected:
  BundleSignature() {
    std::string name = testing::TempDir() + "weir-signature-XXXXXX";
    bundle_.dir = ::mkdtemp(name.data());
    bundle_.manifest_text = R"({"name":"m","files":{"anomaly.onnx":"00ff"}})";
    public_key_ = *make_signing_key(key_file());
  }
  ~BundleSignature() override { std::filesystem::remove_all(bundle_.dir); }

  std::filesystem::path key_file() const { return bundle_.dir / "secret.key"; }
  std::string refusal(const Bundle& bundle, const std::string& key) const {
    const auto checked = check_signature(bundle, key);
    return checked ? "" : checked.error().message();
  }

  Bundle bundle_;
  std::string public_key_;
};

TEST_F(BundleSignature, what_was_signed_is_taken) {
  EXPECT_EQ(*sign_bundle(bundle_, key_file()), public_key_);
  EXPECT_EQ(refusal(bundle_, public_key_), "");
  EXPECT_EQ(refusal(bundle_, public_key_ + "\n"), "");
}

TEST_F(BundleSignature, a_manifest_that_changed_by_a_byte_is_refused) {
  ASSERT_TRUE(sign_bundle(bundle_, key_file()));
  bundle_.manifest_text.back() = ' ';
  EXPECT_THAT(refusal(bundle_, public_key_), HasSubstr("not of this manifest"));
}

TEST_F(BundleSignature, somebody_elses_signature_is_refused) {
  const auto other = bundle_.dir / "other.key";
  const std::string other_key = *make_signing_key(other);
  ASSERT_TRUE(sign_bundle(bundle_, other));
  EXPECT_THAT(refusal(bundle_, public_key_), HasSubstr("not of this manifest by the holder"));
  EXPECT_EQ(refusal(bundle_, other_key), "");
}

TEST_F(BundleSignature, a_bundle_without_a_signature_is_refused) {
  EXPECT_THAT(refusal(bundle_, public_key_), HasSubstr("not signed"));
}

TEST_F(BundleSignature, damage_is_named) {
  for (const char* text : {"", "!", "AAAA", "AAAA AAAA\n"}) {
    std::ofstream(bundle_.dir / "manifest.sig") << text;
    EXPECT_THAT(refusal(bundle_, public_key_), HasSubstr("manifest.sig is damaged")) << text;
  }
  for (const char* key : {"", "x", "AAAA"}) EXPECT_THAT(refusal(bundle_, key), HasSubstr("public key is none")) << key;
  std::ofstream(key_file(), std::ios::trunc) << "no key";
  EXPECT_THAT(sign_bundle(bundle_, key_file()).error().message(), HasSubstr("not a signing key"));
}

TEST_F(BundleSignature, a_secret_key_is_for_its_owner_alone_and_never_overwritten) {
  struct stat info{};
  ASSERT_EQ(::stat(key_file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
  EXPECT_THAT(make_signing_key(key_file()).error().message(), HasSubstr("File exists"));
}

}  // namespace
}  // namespace weir::scoring
