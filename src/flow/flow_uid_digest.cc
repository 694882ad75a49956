// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_uid_digest.h"

#include <sodium.h>

#include <cstring>

namespace weir::flow {

namespace {

// Little-endian whatever the machine: the same flow has the same name everywhere.
class Bytes {
 public:
  template <class Integer>
  void put(Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
      bytes_[size_++] = static_cast<unsigned char>(static_cast<std::uint64_t>(value) >> (8 * i));
    }
  }
  void put(const base::IpAddress& address) {
    std::memcpy(bytes_.data() + size_, address.bytes().data(), address.bytes().size());
    size_ += address.bytes().size();
  }
  const unsigned char* data() const { return bytes_.data(); }
  std::size_t size() const { return size_; }

 private:
  std::array<unsigned char, sizeof(FlowKey) + sizeof(std::int64_t) + 1> bytes_;
  std::size_t size_ = 0;
};

}  // namespace

FlowUidDigest::FlowUidDigest(std::string_view sensor) {
  static_assert(sizeof(secret_) == crypto_shorthash_siphashx24_KEYBYTES);
  crypto_generichash(secret_.data(), secret_.size(), reinterpret_cast<const unsigned char*>(sensor.data()),
                     sensor.size(), nullptr, 0);
}

FlowUid FlowUidDigest::operator()(const FlowKey& key, base::Timestamp started, std::uint8_t generation) const {
  Bytes input;
  input.put(key.low_ip);
  input.put(key.high_ip);
  input.put(key.low_port);
  input.put(key.high_port);
  input.put(key.tunnel_id);
  input.put(key.vlan);
  input.put(key.protocol);
  input.put(key.ip_version);
  input.put(base::to_us(started));
  input.put(generation);
  FlowUid uid;
  static_assert(sizeof(uid.bytes) == crypto_shorthash_siphashx24_BYTES);
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(uid.bytes.data()), input.data(), input.size(),
                              secret_.data());
  return uid;
}

}  // namespace weir::flow
