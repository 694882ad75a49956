// SPDX-License-Identifier: Apache-2.0
// Both live sources on a real link between two network namespaces: they must see exactly what was sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <set>

#include "capture/afpacket/afpacket_source.h"
#include "capture/libpcap_live/libpcap_live_source.h"
#include "tests/golden/metered.h"
#include "tests/golden/talk.h"
#include "tests/live/network_namespace.h"

namespace weir::live {
namespace {

using namespace std::chrono_literals;
using capture::PacketSource;
using support::Bytes;
using support::packet;
using support::Packet;
using testing::HasSubstr;

struct Wanted {
  std::string filter = "";
  std::uint32_t snap_length = 2048;
};

// How a source under test is opened on the near end.
struct Adapter {
  std::string name;
  std::function<base::Result<std::unique_ptr<PacketSource>>(const std::string& interface, const Wanted&)> open;
};

base::Result<std::unique_ptr<PacketSource>> open_ring(const std::string& interface, const Wanted& wanted) {
  capture::BpfProgram program;
  if (!wanted.filter.empty()) {
    auto compiled = capture::libpcap_live::compile_filter(wanted.filter, interface, wanted.snap_length);
    if (!compiled) return base::fail(compiled.error());
    program = *compiled;
  }
  return capture::afpacket::open_afpacket({.interface = interface,
                                           .filter = program,
                                           .snap_length = wanted.snap_length,
                                           .ring_bytes = std::size_t{8} << 20});
}

base::Result<std::unique_ptr<PacketSource>> open_libpcap(const std::string& interface, const Wanted& wanted) {
  return capture::libpcap_live::open_libpcap_live(
      {.interface = interface, .filter = wanted.filter, .snap_length = wanted.snap_length});
}

std::vector<Packet> flows(int count) {
  std::vector<Packet> frames;
  for (int i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(1024 + i % 40);
    auto frame = packet().ethernet();
    if (i % 5 == 1) frame.vlan(7);
    if (i % 5 == 2) frame.vlan(7, 0x88A8).vlan(8);
    frame.ipv4("198.18.0.1", "198.18.0.2").udp(port, i % 3 == 0 ? 53 : 443);
    frames.push_back(frame.payload(static_cast<std::size_t>(i % 1200)).build());
  }
  return frames;
}

// Reads until `count` packets came, or none for five seconds.
std::vector<Packet> receive(PacketSource& source, std::size_t count) {
  std::vector<Packet> got;
  for (auto deadline = std::chrono::steady_clock::now() + 5s;
       got.size() < count && std::chrono::steady_clock::now() < deadline;) {
    const auto batch = source.next(100ms);
    if (!batch) {
      ADD_FAILURE() << batch.error().message();
      break;
    }
    for (const capture::RawPacket& raw : batch->packets) {
      got.push_back({.time = raw.time,
                     .bytes = Bytes(raw.data, raw.data + raw.captured_length),
                     .wire_length = raw.wire_length,
                     .link_type = raw.link_type});
      deadline = std::chrono::steady_clock::now() + 5s;
    }
  }
  return got;
}

class LiveCapture : public testing::TestWithParam<Adapter> {
 protected:
  void SetUp() override {
    std::string why;
    network_ = TwoNamespaces::create(why);
    if (!network_) GTEST_SKIP() << why;
  }
  std::unique_ptr<PacketSource> open(const Wanted& wanted = {}, const std::string& interface = "weir-rx") {
    auto source = GetParam().open(interface, wanted);
    if (!source) throw std::runtime_error(source.error().message());
    return *std::move(source);
  }
  std::string refusal(const std::string& interface) {
    const auto source = GetParam().open(interface, {});
    return source.has_value() ? "opened" : source.error().message();
  }
  TwoNamespaces& network() { return *network_; }

 private:
  std::unique_ptr<TwoNamespaces> network_;
};

TEST_P(LiveCapture, every_frame_arrives_once_in_order_with_its_vlan_tags) {
  const auto source = open();
  const auto before = std::chrono::system_clock::now();
  const auto sent = flows(1000);
  network().send(sent);
  const auto got = receive(*source, sent.size());
  ASSERT_EQ(got.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    ASSERT_EQ(got[i].bytes, sent[i].bytes) << "frame " << i;
    EXPECT_EQ(got[i].wire_length, sent[i].wire_length);
    EXPECT_EQ(got[i].link_type, capture::LinkType::ethernet);
  }
  EXPECT_GE(got.front().time, before - 1s);
  EXPECT_LE(got.back().time, std::chrono::system_clock::now() + 1s);

  std::uint64_t bytes = 0;
  for (const Packet& frame : sent) bytes += frame.wire_length;
  EXPECT_EQ(source->stats().packets, sent.size());
  EXPECT_EQ(source->stats().wire_bytes, bytes);
  EXPECT_EQ(source->stats().kernel_drops, 0u);
  EXPECT_TRUE(source->live());
  EXPECT_EQ(source->name(), "weir-rx");
}

TEST_P(LiveCapture, a_filter_lets_through_what_it_names_also_behind_vlan_tags) {
  const auto sent = flows(300);
  const auto plain_dns = open({.filter = "udp port 53"});
  const auto tagged = open({.filter = "vlan 7"});
  network().send(sent);
  std::size_t untagged_dns = 0, in_vlan = 0;
  for (int i = 0; i < 300; ++i) {
    untagged_dns += i % 3 == 0 && i % 5 != 1 && i % 5 != 2;
    in_vlan += i % 5 == 1 || i % 5 == 2;
  }
  EXPECT_EQ(receive(*tagged, in_vlan + 1).size(), in_vlan);
  // The kernel has taken one tag off, so a frame with a single tag also matches by its inside.
  const auto dns = receive(*plain_dns, 300).size();
  EXPECT_GE(dns, untagged_dns);
  EXPECT_LE(dns, 100u);
}

TEST_P(LiveCapture, a_snap_length_cuts_the_bytes_and_keeps_the_length) {
  const auto source = open({.snap_length = 64});
  const Packet frame = packet().ethernet().ipv4("198.18.0.1", "198.18.0.2").udp(1, 2).payload(1000).build();
  network().send({&frame, 1});
  const auto got = receive(*source, 1);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].bytes, Bytes(frame.bytes.begin(), frame.bytes.begin() + 64));
  EXPECT_EQ(got[0].wire_length, frame.wire_length);
}

TEST_P(LiveCapture, a_quiet_link_keeps_nobody_longer_than_their_patience) {
  const auto source = open();
  const auto start = std::chrono::steady_clock::now();
  const auto batch = source->next(50ms);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->packets.size(), 0u);
  EXPECT_EQ(batch->state, PacketSource::State::open);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST_P(LiveCapture, a_link_that_goes_down_and_comes_back_is_captured_on) {
  const auto source = open();
  ASSERT_TRUE(TwoNamespaces::ip("link set weir-rx down"));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(source->next(10ms).has_value());
  ASSERT_TRUE(TwoNamespaces::ip("link set weir-rx up"));
  const auto sent = flows(20);
  // The carrier needs a moment to come back.
  std::size_t got = 0;
  for (int attempt = 0; attempt < 50 && got == 0; ++attempt) {
    network().send(sent);
    const auto batch = source->next(100ms);
    ASSERT_TRUE(batch.has_value()) << batch.error().message();
    got = batch->packets.size();
  }
  EXPECT_GT(got, 0u);
}

TEST_P(LiveCapture, an_interface_that_vanishes_is_an_error_in_one_sentence) {
  const auto source = open();
  ASSERT_TRUE(TwoNamespaces::ip("link del weir-rx"));
  for (int i = 0; i < 50; ++i) {
    const auto batch = source->next(50ms);
    if (batch) continue;
    EXPECT_THAT(batch.error().message(), HasSubstr("weir-rx"));
    return;
  }
  ADD_FAILURE() << "the source did not notice";
}

TEST_P(LiveCapture, interfaces_that_cannot_be_captured_from_say_why) {
  EXPECT_THAT(refusal("weir-none0"), HasSubstr("there is no interface \"weir-none0\"; there are: lo"));
  EXPECT_THAT(refusal("lo"), HasSubstr("interface lo is down: bring it up with `ip link set lo up`"));
}

TEST_P(LiveCapture, on_the_loopback_interface_each_packet_is_seen_once) {
  ASSERT_TRUE(TwoNamespaces::ip("link set lo up"));
  const auto source = open({}, "lo");
  ASSERT_EQ(system("ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1 || bash -c 'echo > /dev/udp/127.0.0.1/9'"), 0);
  const auto got = receive(*source, 100);
  std::set<std::string> different;
  for (const Packet& one : got) {
    different.emplace(reinterpret_cast<const char*>(one.bytes.data()), one.bytes.size());
  }
  EXPECT_GT(got.size(), 0u);
  EXPECT_EQ(different.size(), got.size());
}

TEST_P(LiveCapture, what_the_kernel_could_not_keep_is_counted_so_that_the_sum_is_right) {
  const auto source = open({.snap_length = 0});
  constexpr std::size_t kFrames = 30'000;  // 45 MB, several times the ring
  const Packet frame = packet().ethernet().ipv4("198.18.0.1", "198.18.0.2").udp(1, 2).payload(1400).build();
  const std::vector<Packet> burst(kFrames / 10, frame);
  for (int i = 0; i < 10; ++i) network().send(burst);
  const auto got = receive(*source, kFrames);
  const capture::SourceStats stats = source->stats();
  EXPECT_EQ(got.size(), stats.packets);
  EXPECT_GT(stats.kernel_drops, 0u);
  EXPECT_EQ(stats.packets + stats.kernel_drops, kFrames);
}

// A talk as a file would hold it, and as it comes by on the wire: the same rows, but for what speaks of time.
TEST_P(LiveCapture, a_replay_on_the_wire_gives_the_rows_of_the_file) {
  golden::Talk talk;
  talk.handshake();
  for (int i = 0; i < 40; ++i) talk.client(golden::ACK | golden::PSH, 100).server(golden::ACK, 1200);
  talk.client_sends_again(golden::ACK, 100).close();
  const auto source = open();
  network().send(talk.packets());
  const auto expected = golden::meter(talk.packets()).rows;
  const auto rows = golden::meter(receive(*source, talk.packets().size())).rows;
  ASSERT_EQ(expected.size(), 1u);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(flow_id(rows[0].row.flow), flow_id(expected[0].row.flow));
  EXPECT_EQ(rows[0].row.flow.packets, talk.packets().size());
  EXPECT_EQ(rows[0].row.flow.end_reason, flow::EndReason::end_of_flow);
  std::size_t compared = 0;
  for (std::size_t i = 0; i < features::kFeatureCount; ++i) {
    const features::FeatureSpec& feature = features::kFeatures[i];
    if (feature.unit == "us" || feature.unit.ends_with("/s")) continue;
    EXPECT_EQ(std::bit_cast<std::uint32_t>(rows[0].values[i]), std::bit_cast<std::uint32_t>(expected[0].values[i]))
        << feature.name;
    ++compared;
  }
  EXPECT_GT(compared, 60u);
}

INSTANTIATE_TEST_SUITE_P(Adapters, LiveCapture,
                         testing::Values(Adapter{"afpacket", open_ring}, Adapter{"libpcap", open_libpcap}),
                         [](const auto& adapter) { return adapter.param.name; });

TEST(LiveFanout, workers_of_a_group_share_the_packets_and_each_flow_stays_with_one) {
  std::string why;
  const auto network = TwoNamespaces::create(why);
  if (!network) GTEST_SKIP() << why;
  std::vector<std::unique_ptr<PacketSource>> workers;
  for (int i = 0; i < 2; ++i) {
    auto source = capture::afpacket::open_afpacket(
        {.interface = "weir-rx", .ring_bytes = std::size_t{8} << 20, .fanout_group = std::uint16_t{77}});
    ASSERT_TRUE(source.has_value()) << source.error().message();
    workers.push_back(*std::move(source));
  }
  std::vector<Packet> sent;
  for (int i = 0; i < 640; ++i) {
    const auto port = static_cast<std::uint16_t>(2000 + i % 64);
    const bool there = i % 2 == 0;
    auto frame = packet().ethernet();
    frame.ipv4(there ? "198.18.0.1" : "198.18.0.2", there ? "198.18.0.2" : "198.18.0.1");
    sent.push_back(frame.udp(there ? port : 443, there ? 443 : static_cast<std::uint16_t>(port - 1)).build());
  }
  network->send(sent);

  std::map<int, std::set<int>> workers_of_port;
  std::size_t total = 0;
  for (int worker = 0; worker < 2; ++worker) {
    const auto got = receive(*workers[static_cast<std::size_t>(worker)], sent.size());
    EXPECT_GT(got.size(), 0u) << "worker " << worker;
    total += got.size();
    for (const Packet& one : got) {
      const int source_port = std::to_integer<int>(one.bytes[34]) << 8 | std::to_integer<int>(one.bytes[35]);
      const int destination_port = std::to_integer<int>(one.bytes[36]) << 8 | std::to_integer<int>(one.bytes[37]);
      workers_of_port[std::max(source_port, destination_port)].insert(worker);
    }
  }
  EXPECT_EQ(total, sent.size());
  EXPECT_EQ(workers_of_port.size(), 32u);
  for (const auto& [port, seen_by] : workers_of_port) EXPECT_EQ(seen_by.size(), 1u) << "port " << port;
}

}  // namespace
}  // namespace weir::live
