// SPDX-License-Identifier: Apache-2.0
// TokenFile: users in one JSON file, mode 0600, always replaced as a whole; a lock file beside it keeps two writers apart.
//
// The file keeps argon2id hashes. A token is 256 random bits, so what is expensive is not guessing it but checking it: its
// id finds the one hash to try, so that a wrong token costs microseconds, and a token that was right once is known again by
// its digest, in memory only. Each call looks whether the file changed (one stat). A file that cannot be read is an error,
// never "no users".
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
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
  base::Result<std::string> renew(const std::string& name) override;
  base::Result<> remove(const std::string& name) override;
  base::Result<> set_role(const std::string& name, Role role) override;
  base::Result<std::vector<User>> list() const override;
  base::Result<std::optional<User>> find(std::string_view token) const override;
  base::Result<std::optional<User>> find_known(std::string_view token) const override;

  struct Entry {
    User user;
    std::string id;                         // token_id()
    std::string hash;                       // slow_hash()
    std::optional<TokenDigest> known = {};  // of the token, since it was right
  };

 private:
  // What tells one version of the file from another.
  struct Version {
    std::int64_t inode = -1, modified_ns = 0, size = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };

  // With the mutex held.
  base::Result<> refresh() const;
  base::Result<> replace(const std::vector<Entry>& entries);
  std::optional<User> find_by_digest(const TokenDigest& digest) const;

  // Lets `change` work on a copy of the entries, and replaces the file by it; with both locks held.
  using Change = std::function<base::Result<>(std::vector<Entry>&)>;
  base::Result<> edit(const Change& change);

  const std::filesystem::path path_;

  // Requests on several threads ask while the file may be read again: a mutex around some
  // microseconds. (The slow hash is tried without it.)
  mutable std::mutex mutex_;
  mutable Version version_;
  mutable std::vector<Entry> entries_;
};

}  // namespace weir::api
