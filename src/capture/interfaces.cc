// SPDX-License-Identifier: Apache-2.0
#include "capture/interfaces.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace weir::capture {

namespace {

// Any socket serves to ask the kernel about interfaces.
class ControlSocket {
 public:
  ControlSocket() : descriptor_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~ControlSocket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  bool ask(unsigned long request, ifreq& about) const { return ioctl(descriptor_, request, &about) == 0; }

 private:
  int descriptor_;
};

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  return request;
}

std::string link_type_words(unsigned short hardware) {
  switch (hardware) {
    case ARPHRD_ETHER: return "Ethernet";
    case ARPHRD_LOOPBACK: return "loopback (Ethernet)";
    case ARPHRD_NONE:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case ARPHRD_PPP: return "IP tunnel";
    case ARPHRD_IEEE80211: return "Wi-Fi monitor";
    case ARPHRD_IEEE80211_RADIOTAP: return "Wi-Fi monitor (radiotap)";
    default: return "other (" + std::to_string(hardware) + ")";
  }
}

bool is_on(const ControlSocket& control, const std::string& name, std::uint32_t command) {
  ethtool_value value{.cmd = command, .data = 0};
  ifreq request = request_for(name);
  request.ifr_data = reinterpret_cast<char*>(&value);
  return control.ask(SIOCETHTOOL, request) && value.data != 0;
}

std::vector<std::string> merging_offloads(const ControlSocket& control, const std::string& name) {
  std::vector<std::string> on;
  if (is_on(control, name, ETHTOOL_GGRO)) on.emplace_back("gro");
  if (is_on(control, name, ETHTOOL_GGSO)) on.emplace_back("gso");
  if (is_on(control, name, ETHTOOL_GTSO)) on.emplace_back("tso");
  ethtool_value flags{.cmd = ETHTOOL_GFLAGS, .data = 0};
  ifreq request = request_for(name);
  request.ifr_data = reinterpret_cast<char*>(&flags);
  if (control.ask(SIOCETHTOOL, request) && (flags.data & ETH_FLAG_LRO) != 0) on.emplace_back("lro");
  return on;
}

Interface describe(const ControlSocket& control, const std::string& name) {
  Interface interface{.name = name};
  ifreq flags = request_for(name);
  if (control.ask(SIOCGIFFLAGS, flags)) {
    interface.up = (flags.ifr_flags & IFF_UP) != 0;
    interface.running = (flags.ifr_flags & IFF_RUNNING) != 0;
    interface.loopback = (flags.ifr_flags & IFF_LOOPBACK) != 0;
  }
  ifreq hardware = request_for(name);
  if (control.ask(SIOCGIFHWADDR, hardware)) interface.link_type = link_type_words(hardware.ifr_hwaddr.sa_family);
  interface.merging_offloads = merging_offloads(control, name);
  return interface;
}

}  // namespace

std::vector<Interface> list_interfaces() {
  const ControlSocket control;
  std::vector<Interface> interfaces;
  struct if_nameindex* const names = if_nameindex();
  if (names == nullptr) return interfaces;
  for (const auto* at = names; at->if_name != nullptr; ++at) interfaces.push_back(describe(control, at->if_name));
  if_freenameindex(names);
  return interfaces;
}

std::string interfaces_sentence() {
  std::string sentence = "there are: ";
  const char* separator = "";
  for (const Interface& interface : list_interfaces()) {
    sentence += separator + interface.name + (interface.up ? "" : " (down)");
    separator = ", ";
  }
  return sentence;
}

}  // namespace weir::capture
