// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_identity.h"

#include <utility>

namespace weir::flow {

namespace {

constexpr std::array<std::pair<EndReason, std::string_view>, 6> kEndReasons = {{
    {EndReason::none, "none"},
    {EndReason::idle_timeout, "idle_timeout"},
    {EndReason::active_timeout, "active_timeout"},
    {EndReason::end_of_flow, "end_of_flow"},
    {EndReason::forced, "forced"},
    {EndReason::evicted, "evicted"},
}};

constexpr std::string_view kHexDigits = "0123456789abcdef";

int hex_value(char digit) {
  const std::size_t at = kHexDigits.find(digit);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

bool has_ports(std::uint8_t protocol) {
  using namespace decode::protocol;
  return protocol == kTcp || protocol == kUdp || protocol == kSctp;
}

void append_endpoint(std::string& text, const FlowIdentity& flow, const base::IpAddress& address, std::uint16_t port) {
  const bool ports = has_ports(flow.protocol);
  const bool brackets = ports && flow.ip_version == 6;
  if (brackets) text += '[';
  text += address.to_string();
  if (brackets) text += ']';
  if (ports) {
    text += ':';
    text += std::to_string(port);
  }
}

}  // namespace

std::string_view to_string(EndReason reason) { return kEndReasons[static_cast<std::size_t>(reason)].second; }

std::optional<EndReason> parse_end_reason(std::string_view text) {
  for (const auto& [reason, name] : kEndReasons) {
    if (name == text) return reason;
  }
  return std::nullopt;
}

std::string FlowUid::to_string() const {
  std::string hex(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto value = std::to_integer<unsigned>(bytes[i]);
    hex[2 * i] = kHexDigits[value >> 4];
    hex[2 * i + 1] = kHexDigits[value & 15];
  }
  return hex;
}

std::optional<FlowUid> FlowUid::parse(std::string_view hex) {
  FlowUid uid;
  if (hex.size() != uid.bytes.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < uid.bytes.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    uid.bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  return uid;
}

std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case decode::protocol::kTcp: return "tcp";
    case decode::protocol::kUdp: return "udp";
    case decode::protocol::kIcmp: return "icmp";
    case decode::protocol::kIcmpV6: return "icmp6";
    case decode::protocol::kSctp: return "sctp";
    default: return std::to_string(protocol);
  }
}

std::string flow_id(const FlowIdentity& flow) {
  std::string text;
  append_endpoint(text, flow, flow.src_ip, flow.src_port);
  text += '-';
  append_endpoint(text, flow, flow.dst_ip, flow.dst_port);
  text += '/';
  text += protocol_name(flow.protocol);
  return text;
}

}  // namespace weir::flow
