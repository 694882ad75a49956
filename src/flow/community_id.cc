// SPDX-License-Identifier: Apache-2.0
// Community ID v1: "1:" and the base64 of SHA-1 over seed, addresses, protocol and ports, smaller endpoint first.
// https://github.com/corelight/community-id-spec
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>

#include "base/check.h"
#include "flow/flow_identity.h"

namespace weir::flow {

namespace {

struct Endpoint {
  base::IpAddress address;
  std::uint16_t port = 0;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

struct Ends {
  Endpoint source, destination;
  bool ports = true;
  bool ordered = true;  // smaller end first; false when the two directions are two conversations
};

// The types that ask and answer each other (RFC 792, 950, 1256; RFC 4443, 2710, 4861, 4620, 6275), as Zeek pairs them.
constexpr std::array<std::pair<int, int>, 5> kIcmpPairs = {{{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}}};
constexpr std::array<std::pair<int, int>, 6> kIcmpV6Pairs = {
    {{128, 129}, {130, 131}, {133, 134}, {135, 136}, {139, 140}, {144, 145}}};

template <std::size_t N>
int counterpart(const std::array<std::pair<int, int>, N>& pairs, int type) {
  for (const auto& [ask, answer] : pairs) {
    if (type == ask) return answer;
    if (type == answer) return ask;
  }
  return -1;
}

// ICMP has no ports: its type and that of the answer stand in for them, or type and code where nothing answers.
void use_icmp_ports(Ends& ends, int type, int code, int answer) {
  ends.ordered = answer >= 0;
  ends.source.port = static_cast<std::uint16_t>(type);
  ends.destination.port = static_cast<std::uint16_t>(ends.ordered ? answer : code);
}

Ends ends_of(const FlowIdentity& flow) {
  Ends ends{.source = {flow.src_ip, flow.src_port}, .destination = {flow.dst_ip, flow.dst_port}};
  switch (flow.protocol) {
    case decode::protocol::kTcp:
    case decode::protocol::kUdp:
    case decode::protocol::kSctp: break;
    case decode::protocol::kIcmp:
      use_icmp_ports(ends, flow.icmp_type, flow.icmp_code, counterpart(kIcmpPairs, flow.icmp_type));
      break;
    case decode::protocol::kIcmpV6:
      use_icmp_ports(ends, flow.icmp_type, flow.icmp_code, counterpart(kIcmpV6Pairs, flow.icmp_type));
      break;
    default: ends.ports = false; ends.source.port = ends.destination.port = 0;
  }
  return ends;
}

// At most: seed 2, addresses 2 x 16, protocol and padding 2, ports 2 x 2.
class Preimage {
 public:
  void u8(unsigned value) { bytes_[size_++] = static_cast<unsigned char>(value); }
  void u16(unsigned value) {
    u8(value >> 8);
    u8(value & 0xFF);
  }
  void address(const base::IpAddress& address, bool v4) {
    for (std::size_t i = v4 ? 12 : 0; i < 16; ++i) u8(std::to_integer<unsigned>(address.bytes()[i]));
  }
  const unsigned char* data() const { return bytes_.data(); }
  std::size_t size() const { return size_; }

 private:
  std::array<unsigned char, 40> bytes_{};
  std::size_t size_ = 0;
};

using Sha1 = std::array<unsigned char, 20>;

Sha1 sha1(const Preimage& input) {
  // Fetched once a thread: OpenSSL 3 spends more time on finding an algorithm than on these few bytes.
  thread_local const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm(EVP_MD_fetch(nullptr, "SHA1", nullptr),
                                                                               &EVP_MD_free);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                     &EVP_MD_CTX_free);
  Sha1 digest{};
  WEIR_CHECK(algorithm && context && EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1 &&
             EVP_DigestUpdate(context.get(), input.data(), input.size()) == 1 &&
             EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

}  // namespace

std::string community_id(const FlowIdentity& flow) {
  Ends ends = ends_of(flow);
  if (ends.ordered && ends.destination < ends.source) std::swap(ends.source, ends.destination);

  const bool v4 = flow.ip_version == 4;
  Preimage input;
  input.u16(0);  // seed
  input.address(ends.source.address, v4);
  input.address(ends.destination.address, v4);
  input.u8(flow.protocol);
  input.u8(0);
  if (ends.ports) {
    input.u16(ends.source.port);
    input.u16(ends.destination.port);
  }
  const Sha1 digest = sha1(input);

  std::array<unsigned char, 29> base64;  // 28 characters and the terminator
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return "1:" + std::string(base64.begin(), base64.end() - 1);
}

}  // namespace weir::flow
