// SPDX-License-Identifier: Apache-2.0
// Golden tests: what must make no difference.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <random>

#include "capture/paced_source.h"
#include "capture/pcap/open_file.h"
#include "tests/golden/metered.h"
#include "tests/golden/talk.h"
#include "tests/support/capture_writer.h"

namespace weir::golden {
namespace {

struct Story {
  const char* name;
  void (*tell)(Talk&);
};

// One of each kind of talk in these tests.
const Story kStories[] = {
    {"whole connection", [](Talk& t) { t.handshake().client(PSH | ACK, 300).server(PSH | ACK, 900).close(); }},
    {"stragglers", [](Talk& t) { t.handshake().close().wait(2s).server(ACK).client(RST); }},
    {"reset", [](Talk& t) { t.handshake().client(PSH | ACK, 300).server(RST | ACK); }},
    {"lone SYN", [](Talk& t) { t.client(SYN); }},
    {"SYN+ACK first", [](Talk& t) { t.server(SYN | ACK).client(ACK).client(PSH | ACK, 77); }},
    {"active cut",
     [](Talk& t) {
       for (int i = 0; i < 64; ++i) t.after(2s).client_udp(20).server_udp(30);
     }},
    {"gaps",
     [](Talk& t) {
       t.client_udp(1).after(1s + 1us).client_udp(1).after(5s + 1us).server_udp(1).after(5s).client_udp(9);
     }},
    {"bulk",
     [](Talk& t) {
       for (int i = 0; i < 6; ++i) t.client_udp(1200);
       t.server_udp(1);
       for (int i = 0; i < 4; ++i) t.server_udp(7);
     }},
    {"disorder", [](Talk& t) { t.client_udp(10).server_udp(20).stamped_earlier(30ms).client_udp(30); }},
    {"windows and flags",
     [](Talk& t) {
       t.client_window(5).server_window(6).client(SYN | ECE | CWR).server(SYN | ACK).client(URG | ACK, 3);
     }},
    {"ping", [](Talk& t) { t.ping(56).pong(56).after(1s).ping(56); }},
};

Metered tell(const Story& story, TalkOptions options) {
  Talk talk(std::move(options));
  story.tell(talk);
  return meter(talk.packets());
}

// Bit for bit, so that NaN equals NaN.
std::vector<std::uint32_t> bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> result;
  for (const float value : values) result.push_back(std::bit_cast<std::uint32_t>(value));
  return result;
}

void expect_same_features(const Metered& a, const Metered& b, const char* what, bool icmp_types_differ = false) {
  ASSERT_EQ(a.rows.size(), b.rows.size()) << what;
  for (std::size_t r = 0; r < a.rows.size(); ++r) {
    EXPECT_EQ(a.rows[r].row.flow.end_reason, b.rows[r].row.flow.end_reason) << what;
    for (std::size_t i = 0; i < features::kFeatureCount; ++i) {
      const std::string_view name = features::kFeatures[i].name;
      if (icmp_types_differ && name == "icmp_type") continue;
      EXPECT_EQ(bits(a.rows[r].values)[i], bits(b.rows[r].values)[i]) << what << ": " << name;
    }
  }
}

TEST(Golden, g09_the_ipv6_twin_of_every_story_has_the_same_features) {
  for (const Story& story : kStories) {
    const Metered v4 = tell(story, {.ip_version = 4});
    const Metered v6 = tell(story, {.ip_version = 6});
    expect_same_features(v4, v6, story.name, std::string_view(story.name) == "ping");
    EXPECT_EQ(v6.rows.at(0).row.flow.ip_version, 6);
  }
}

TEST(Golden, g12_the_same_packets_in_another_frame_have_the_same_features) {
  const auto outer = [] { return support::packet().ethernet().ipv4("198.19.0.1", "198.19.0.2"); };
  const auto outer6 = [] { return support::packet().ethernet().ipv6("2001:db8:9::1", "2001:db8:9::2"); };
  const std::map<const char*, std::function<support::PacketBuilder()>> frames = {
      {"MPLS", [] { return support::packet().ethernet().mpls(16).mpls(17); }},
      {"pseudowire", [] { return support::packet().ethernet().mpls(16).control_word().ethernet(); }},
      {"PPPoE", [] { return support::packet().ethernet().pppoe(7).ppp(); }},
      {"PPP", [] { return support::packet().ppp_hdlc(); }},
      {"wireless", [] { return support::packet().radiotap().wifi(0x0188).snap(); }},
      {"IPIP", outer},
      {"4in6", outer6},
      {"GRE", [=] { return outer().gre().gre_checksum().gre_key(5).gre_sequence(6); }},
      {"GRE with Ethernet", [=] { return outer6().gre().ethernet(); }},
      {"ERSPAN I", [=] { return outer().erspan1().ethernet(); }},
      {"ERSPAN II", [=] { return outer().erspan2(3).ethernet(); }},
      {"ERSPAN III", [=] { return outer().erspan3(3, true).ethernet(); }},
      {"VXLAN", [=] { return outer().udp(40000, 4789).vxlan(5).ethernet(); }},
      {"xGPE", [=] { return outer6().udp(40000, 4790).vxlan_gpe(5); }},
      {"Geneve", [=] { return outer().udp(40000, 6081).geneve(5, 3).ethernet(); }},
      {"GTP-U", [=] { return outer().udp(2152, 2152).gtp_u(77).gtp_extension(); }},
      {"EtherIP", [=] { return outer().etherip().ethernet(); }},
      {"L2TP", [=] { return outer().udp(40000, 1701).l2tp(5, true).ppp(); }},
      {"L2TPv3", [=] { return outer6().l2tp3(5, 8).ethernet(); }},
      {"L2TPv3 over UDP", [=] { return outer().udp(1701, 1701).l2tp3(5, 4, true).ethernet(); }},
      {"NSH", [=] { return support::packet().ethernet().nsh(); }},
      {"NSH in VXLAN", [=] { return outer().udp(40000, 4790).vxlan_gpe(5).nsh(0).ethernet(); }},
      {"mirrored VXLAN in MPLS",
       [=] {
         return support::packet()
             .ethernet()
             .mpls(9)
             .ipv4("198.19.0.1", "198.19.0.2")
             .erspan2(3)
             .ethernet()
             .ipv6("2001:db8:9::1", "2001:db8:9::2")
             .udp(1, 4789)
             .vxlan(5)
             .ethernet();
       }},
      {"VLAN", [] { return support::packet().ethernet().vlan(7); }},
      {"QinQ", [] { return support::packet().ethernet().vlan(7, 0x88A8).vlan(8); }},
      {"SLL", [] { return support::packet().sll(); }},
      {"SLL2", [] { return support::packet().sll2(); }},
      {"RAW", [] { return support::packet(); }},
      {"NULL", [] { return support::packet().null_loopback(); }},
  };
  for (const Story& story : kStories) {
    const Metered plain = tell(story, {});
    for (const auto& [frame, framing] : frames) {
      const Metered framed = tell(story, {.framing = framing});
      expect_same_features(plain, framed, frame);
      EXPECT_EQ(framed.rows.at(0).row.flow.vlan,
                std::string_view(frame) == "VLAN" || std::string_view(frame) == "QinQ" ? 7 : decode::kNoVlan)
          << frame;
    }
  }
}

// Each wireless frame also holds a packet of another flow, before or behind.
TEST(Golden, g12_packets_that_share_a_wireless_frame_have_the_features_that_they_have_alone) {
  constexpr std::size_t kHeader = 26;
  const auto framing = [] { return support::packet().wifi(0x0188).subframe().snap(); };
  for (const Story& story : kStories) {
    const Metered plain = tell(story, {});
    Talk talk({.framing = framing});
    story.tell(talk);
    std::vector<support::Packet> frames;
    for (const support::Packet& packet : talk.packets()) {
      support::Packet first = packet,
                      second = framing().at(packet.time).ipv4("198.19.1.1", "198.19.1.2").udp(9, 9).build();
      if (frames.size() % 2 == 1) std::swap(first, second);
      first.bytes.resize(kHeader + (first.bytes.size() - kHeader + 3) / 4 * 4);
      first.bytes.insert(first.bytes.end(), second.bytes.begin() + kHeader, second.bytes.end());
      first.wire_length = static_cast<std::uint32_t>(first.bytes.size());
      frames.push_back(std::move(first));
    }
    std::vector<capture::RawPacket> raw;
    for (const support::Packet& frame : frames) raw.push_back(frame.raw());
    decode::Decoder decoder;
    Metered shared = meter_views(decoder.decode(raw), only_final_rows());
    std::erase_if(shared.rows, [](const MeteredRow& row) { return row.row.flow.dst_port == 9; });
    expect_same_features(plain, shared, story.name);
  }
}

// 6in4 and Teredo carry IPv6 only.
TEST(Golden, g12_ipv6_packets_through_an_ipv4_network_have_the_same_features) {
  const std::map<const char*, std::function<support::PacketBuilder()>> frames = {
      {"6in4", [] { return support::packet().ethernet().ipv4("198.19.0.1", "198.19.0.2"); }},
      {"6in6", [] { return support::packet().ethernet().ipv6("2001:db8:9::1", "2001:db8:9::2"); }},
      {"GRE", [] { return support::packet().ethernet().ipv4("198.19.0.1", "198.19.0.2").gre(); }},
      {"PPPoE", [] { return support::packet().ethernet().pppoe(7).ppp(true); }},
      {"Teredo",
       [] { return support::packet().ethernet().ipv4("198.19.0.1", "198.19.0.2").udp(3544, 50000).teredo_origin(); }},
  };
  for (const Story& story : kStories) {
    const TalkOptions six = {.ip_version = 6, .network = "2001:0:"};
    const Metered plain = tell(story, six);
    for (const auto& [frame, framing] : frames) {
      TalkOptions framed = six;
      framed.framing = framing;
      expect_same_features(plain, tell(story, framed), frame);
    }
  }
}

// Out of order, in pieces: the flow has the same packets in the same times, whichever piece comes first.
TEST(Golden, fragments_in_reverse_belong_to_the_flow_of_those_in_order) {
  const auto pieces_of = [](bool reversed) {
    std::vector<support::Packet> packets;
    for (std::uint32_t i = 0; i < 20; ++i) {
      auto pieces = support::packet()
                        .at_us(kStartUs + 1000 * i)
                        .ethernet()
                        .ipv4("198.18.0.5", "198.18.0.9")
                        .udp(5000, 53)
                        .payload(4000)
                        .fragments(1480, i);
      if (reversed) std::reverse(pieces.begin(), pieces.end());
      packets.insert(packets.end(), pieces.begin(), pieces.end());
    }
    return packets;
  };
  const auto metered_batch = [](const std::vector<support::Packet>& packets) {
    std::vector<capture::RawPacket> raw;
    for (const support::Packet& packet : packets) raw.push_back(packet.raw());
    decode::Decoder decoder;
    return meter_views(decoder.decode(raw), only_final_rows());
  };
  const Metered in_order = metered_batch(pieces_of(false));
  const Metered reversed = metered_batch(pieces_of(true));
  ASSERT_EQ(in_order.rows.size(), 1U);
  EXPECT_EQ(in_order.rows[0].row.flow.packets, 60U);
  ASSERT_EQ(reversed.rows.size(), 1U);
  EXPECT_EQ(reversed.rows[0].row.flow.packets, 60U);
  for (const char* name : {"fwd_payload_bytes", "flow_duration_us", "fwd_payload_std_bytes", "flow_gap_std_us"}) {
    EXPECT_EQ(in_order.rows[0][name], reversed.rows[0][name]) << name;
  }
}

// Talks of several pairs of hosts, their packets mixed by time.
std::vector<std::vector<decode::PacketView>> several_talks() {
  std::vector<std::vector<decode::PacketView>> talks;
  std::uint16_t port = 40000;
  for (int round = 0; round < 3; ++round) {
    for (const Story& story : kStories) {
      Talk talk({.client_port = port++});
      story.tell(talk);
      talks.push_back(decoded(talk.packets()));
    }
  }
  return talks;
}

std::vector<decode::PacketView> merged(const std::vector<std::vector<decode::PacketView>>& talks,
                                       const std::vector<std::size_t>& order) {
  std::vector<decode::PacketView> packets;
  for (const std::size_t i : order) packets.insert(packets.end(), talks[i].begin(), talks[i].end());
  std::stable_sort(packets.begin(), packets.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  return packets;
}

// Where a test lets packets of one flow be out of order, sorting would repair them: those keep the times they have.
std::multimap<flow::FlowUid, MeteredRow> by_name(const Metered& metered) {
  std::multimap<flow::FlowUid, MeteredRow> rows;
  for (const MeteredRow& row : metered.rows) rows.emplace(row.row.flow.uid, row);
  return rows;
}

TEST(Golden, g14_the_order_of_other_flows_packets_changes_no_flow) {
  const auto talks = several_talks();
  std::vector<std::size_t> order(talks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto expected = by_name(meter_views(merged(talks, order), only_final_rows()));
  std::mt19937 random(14);
  for (int shuffle = 0; shuffle < 20; ++shuffle) {
    std::shuffle(order.begin(), order.end(), random);
    const auto rows = by_name(meter_views(merged(talks, order), only_final_rows()));
    ASSERT_EQ(rows.size(), expected.size());
    for (auto a = rows.begin(), b = expected.begin(); a != rows.end(); ++a, ++b) {
      EXPECT_EQ(a->first, b->first);
      EXPECT_EQ(bits(a->second.values), bits(b->second.values)) << flow::flow_id(a->second.row.flow);
      EXPECT_EQ(a->second.row.flow.end_reason, b->second.row.flow.end_reason);
    }
  }
}

TEST(Golden, g14_a_flow_alone_is_measured_as_among_others) {
  const auto talks = several_talks();
  std::vector<std::size_t> order(talks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto together = by_name(meter_views(merged(talks, order), only_final_rows()));
  std::size_t rows = 0;
  for (std::size_t i = 0; i < talks.size(); ++i) {
    for (const auto& [uid, row] : by_name(meter_views(merged(talks, {i}), only_final_rows()))) {
      ++rows;
      ASSERT_EQ(together.count(uid), 1U);
      EXPECT_EQ(bits(together.find(uid)->second.values), bits(row.values));
    }
  }
  EXPECT_EQ(rows, together.size());
}

// Time passes only when somebody waits.
class LeapingClock final : public capture::PaceClock {
 public:
  TimePoint now() override { return now_; }
  void sleep_until(TimePoint when) override { now_ = std::max(now_, when); }

 private:
  TimePoint now_{};
};

Metered replayed(const std::string& path, double speed) {
  LeapingClock clock;
  std::unique_ptr<capture::PacketSource> source = std::move(*capture::pcap::open_file(path));
  if (speed > 0) source = std::make_unique<capture::PacedSource>(std::move(source), speed, clock);
  Metered metered;
  features::MeterConfig config;
  config.interim = true;
  features::FlowMeter meter(config, into(metered));
  decode::Decoder decoder;
  for (auto state = capture::PacketSource::State::open; state == capture::PacketSource::State::open;) {
    const auto batch = source->next(100ms);
    EXPECT_TRUE(batch.has_value());
    state = batch->state;
    meter.add(decoder.decode(batch->packets));
  }
  meter.finish(flow::EndReason::forced);
  return metered;
}

TEST(Golden, g15_a_replay_at_any_speed_gives_identical_rows) {
  std::vector<support::Packet> packets;
  std::uint16_t port = 40000;
  for (const Story& story : kStories) {
    Talk talk({.client_port = port++});
    story.tell(talk);
    packets.insert(packets.end(), talk.packets().begin(), talk.packets().end());
  }
  std::stable_sort(packets.begin(), packets.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  const support::TempFile file(support::pcap_file(packets));
  const Metered at_once = replayed(file.path(), 0);
  ASSERT_GT(at_once.rows.size(), 20U);
  for (const double speed : {1.0, 37.5}) {
    const Metered paced = replayed(file.path(), speed);
    ASSERT_EQ(paced.rows.size(), at_once.rows.size());
    EXPECT_EQ(paced.closed_ticks, at_once.closed_ticks);
    for (std::size_t i = 0; i < paced.rows.size(); ++i) {
      EXPECT_EQ(paced.rows[i].row.flow.uid, at_once.rows[i].row.flow.uid);
      EXPECT_EQ(paced.rows[i].row.kind, at_once.rows[i].row.kind);
      EXPECT_EQ(bits(paced.rows[i].values), bits(at_once.rows[i].values));
    }
  }
}

}  // namespace
}  // namespace weir::golden
