// SPDX-License-Identifier: Apache-2.0
// The names of link types, and which of them weir takes in. Numbers are those of the LINKTYPE_ registry of pcap.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "capture/raw_packet.h"

namespace weir::capture {

// The type under which packets with this number in a file are handed on; nothing when weir does not decode them. Some
// writers put their system's own DLT_ number for raw IP (12, 14) into files.
std::optional<LinkType> supported_link_type(std::uint32_t number);

// "USB_LINUX (189)"; "unassigned (4711)" for a number without a name.
std::string link_type_name(std::uint32_t number);

}  // namespace weir::capture
