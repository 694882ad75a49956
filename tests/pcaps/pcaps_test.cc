// SPDX-License-Identifier: Apache-2.0
// From a file to views, on captures that a script in another language made: x.pcap is read and compared, packet by packet, to
// x.pcap.txt. To see what is read now, run this program with WEIR_SHOW=1.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "capture/pcap/open_file.h"
#include "decode/decoder.h"

namespace weir {
namespace {

const std::filesystem::path kFolder = "tests/pcaps";  // tests run in the source root

std::string endpoint(const base::IpAddress& address, int port) {
  return address.to_string() + ":" + std::to_string(port);
}

std::string line_of(const decode::PacketView& view) {
  std::ostringstream line;
  line << base::to_us(view.time) << " " << endpoint(view.src, view.src_port) << " > "
       << endpoint(view.dst, view.dst_port) << " protocol " << int{view.protocol} << " ip " << view.ip_bytes
       << " header " << view.l4_header_bytes << " payload " << view.payload_bytes;
  if (view.vlan != decode::kNoVlan) line << " vlan " << view.vlan;
  if (view.tunnel_id != 0) line << " tunnel " << view.tunnel_id;
  if (view.protocol == decode::protocol::kTcp) line << " flags " << int{view.tcp_flags} << " seq " << view.tcp_seq;
  if (view.later_fragment) line << " later fragment";
  return line.str();
}

std::string describe(const std::filesystem::path& path) {
  auto source = capture::pcap::open_file(path.string());
  if (!source) return source.error().message() + "\n";
  decode::Decoder decoder;
  std::ostringstream text;
  for (;;) {
    const auto batch = (*source)->next(std::chrono::milliseconds(100));
    if (!batch) return batch.error().message() + "\n";
    for (const capture::RawPacket& packet : batch->packets) {
      decode::PacketView view;
      const auto reason = decoder.decode(packet, view);
      text << (reason == decode::RejectReason::none ? line_of(view) : std::string(decode::name(reason))) << "\n";
    }
    if (batch->state == capture::PacketSource::State::end) break;
  }
  const auto damage = (*source)->stats().damage;
  if (damage) text << *damage << "\n";
  return text.str();
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Pcaps : public testing::TestWithParam<const char*> {};

TEST_P(Pcaps, each_packet_is_read_as_its_text_says) {
  const std::string text = describe(kFolder / GetParam());
  if (getenv("WEIR_SHOW") != nullptr) std::cout << text;
  EXPECT_EQ(text, content(kFolder / (GetParam() + std::string(".txt"))));
}

TEST_P(Pcaps, its_script_writes_the_same_bytes_again) {
  std::string folder = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string script = (kFolder / GetParam()).string() + ".py";
  const std::string command = "PYTHONDONTWRITEBYTECODE=1 WEIR_PCAP_OUT=" + folder + " python3 " + script;
  EXPECT_EQ(system(command.c_str()), 0);
  EXPECT_EQ(content(std::filesystem::path(folder) / GetParam()), content(kFolder / GetParam()));
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Files, Pcaps,
                         testing::Values("tcp_session.pcap", "fragments.pcap", "mixed.pcapng", "tunnels.pcap",
                                         "wireless.pcap"),
                         [](const auto& file) {
                           const std::string name = file.param;
                           return name.substr(0, name.find('.'));
                         });

}  // namespace
}  // namespace weir
