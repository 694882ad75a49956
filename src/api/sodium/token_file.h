// SPDX-License-Identifier: Apache-2.0
// TokenFile: users in one JSON file, mode 0600, always replaced as a whole; a lock file beside it keeps two writers apart.
//
// A token is 256 random bits; the file keeps only its BLAKE2b-256 digest, compared in constant time. A slow password hash
// (argon2id) would buy nothing, since nobody can guess 256 bits, and would cost 50 ms on every request. Each call looks
// whether the file changed (one stat). A file that cannot be read is an error, never "no users".
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/sodium/token_digest.h"
#include "api/token_store.h"

namespace weir::api {

class TokenFile final : public TokenStore {
 public:
  // A file that does not exist holds no users; add() makes it. Its folder must exist by then.
  explicit TokenFile(std::filesystem::path path);

  base::Result<std::string> add(const std::string& name, Role role) override;
  base::Result<> remove(const std::string& name) override;
  base::Result<std::vector<User>> list() const override;
  base::Result<std::optional<User>> find(std::string_view token) const override;

  struct Entry {
    User user;
    TokenDigest digest;
  };

 private:
  // What tells one version of the file from another.
  struct Version {
    std::int64_t inode = -1, modified_ns = 0, size = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };

  base::Result<> refresh() const;  // with the mutex held
  base::Result<> replace(const std::vector<Entry>& entries);

  const std::filesystem::path path_;

  // Requests on several threads ask while the file may be read again: a mutex around some microseconds.
  mutable std::mutex mutex_;
  mutable Version version_;
  mutable std::vector<Entry> entries_;
};

}  // namespace weir::api
