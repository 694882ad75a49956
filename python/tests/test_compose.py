# SPDX-License-Identifier: Apache-2.0
"""Cutting episodes out of a recording and setting them onto normal traffic, on packets made here."""

import socket
import struct
from dataclasses import replace

import numpy as np
import pytest
from weir import compose, packets, scenes

CLIENT, ATTACKER, SERVER, OTHER = "198.18.1.10", "198.18.9.9", "198.18.2.2", "198.18.2.3"
START = 1_700_000_000_000_000


def tcp(source, source_port, destination, port, size=60):
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, size - 14, 0, 0, 64, 6, 0) + addresses
    return b"\2" * 12 + b"\x08\0" + ip + struct.pack(">HH", source_port, port) + bytes(16)


def unreachable(router, client, quoted):
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 56, 0, 0, 64, 1, 0) + socket.inet_aton(router) + socket.inet_aton(client)
    return b"\2" * 12 + b"\x08\0" + ip + b"\x03\x01" + bytes(6) + quoted[14:42]


def capture(rows):
    data = np.frombuffer(b"".join(row[1].ljust(packets.HEAD, b"\0") for row in rows), np.uint8)
    times = np.asarray([row[0] for row in rows], np.int64)
    wire = np.asarray([len(row[1]) for row in rows], np.int64)
    return packets.parse(times, wire, data.reshape(-1, packets.HEAD))


@pytest.fixture
def recording(tmp_path):
    """Three minutes in which a client asks a server every second; from second 100 on somebody asks forty ports of it."""
    rows = []
    for second in range(180):
        at = START + second * 1_000_000
        rows += [
            (at, tcp(CLIENT, 30_000 + second, SERVER, 80)),
            (at + 2000, tcp(SERVER, 80, CLIENT, 30_000 + second)),
        ]
    for port in range(40):
        rows.append((START + 100_000_000 + port * 50_000, tcp(ATTACKER, 50_000 + port, SERVER, 1000 + port)))
    # An answer that comes long after the tool ended still belongs to its conversation.
    rows.append((START + 125_000_000, tcp(SERVER, 1000, ATTACKER, 50_000)))
    rows.sort(key=lambda row: row[0])
    header = "episode_id,campaign_id,class,tool,technique,attempted,attacker,attacker_port,victim,victim_port,protocol,"
    line = f"e1,e1,scan,nmap,forty ports,0,{ATTACKER},,{SERVER},,6,{START + 100_000_000},{START + 110_000_000}"
    labels = tmp_path / "labels.csv"
    labels.write_text(f"{header}start_us,end_us\n{line}\n")
    return compose.split(capture(rows), "r", "net", labels)


def test_a_capture_reads_back_as_it_was_written(tmp_path):
    rows = [(START, tcp(CLIENT, 1, SERVER, 80, 1400)), (START + 7, tcp(SERVER, 80, CLIENT, 1))]
    packets.write(tmp_path / "c.pcap", capture(rows))
    again = packets.read(tmp_path / "c.pcap")
    assert again.at_us.tolist() == [START, START + 7]
    assert again.source_port.tolist() == [1, 80]
    assert packets.address_text(again.destination[0].tobytes()) == SERVER
    assert len(set(again.flow_keys().tolist())) == 1


def test_what_a_tunnel_carries_is_read_in_its_place(tmp_path):
    inner = tcp(CLIENT, 1, SERVER, 80, 300)
    udp = struct.pack(">HHHHII", 50_000, 4789, 16 + len(inner), 0, 0x08000000, 7301 << 8)
    ends = socket.inet_aton("198.18.86.1") + socket.inet_aton("198.18.86.2")
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 36 + len(inner), 0, 0, 64, 17, 0) + ends
    outer = b"\2" * 12 + b"\x08\0" + ip + udp + inner
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    records = [struct.pack("<IIII", 1_700_000_000, n, len(f), len(f)) + f for n, f in enumerate((outer, inner))]
    (tmp_path / "c.pcap").write_bytes(header + b"".join(records))
    again = packets.read(tmp_path / "c.pcap")
    assert again.wire.tolist() == [len(inner)] * 2 and (again.data[0] == again.data[1]).all()
    assert len(set(again.flow_keys().tolist())) == 1


def test_a_row_has_the_key_of_its_packets():
    one = capture([(START, tcp(CLIENT, 1, SERVER, 80))])
    ends = packets.address_bytes(SERVER), packets.address_bytes(CLIENT)
    assert scenes.flow_key(*ends, (80, 1), 6) == int(one.flow_keys()[0])


def test_an_episode_is_cut_out_whole_and_nothing_else_with_it(recording):
    normal, episodes = recording
    assert len(normal) == 360
    assert [(e.episode_id, e.label, e.tool, len(e.packets)) for e in episodes] == [("r/e1", "scan", "nmap", 41)]
    assert packets.address_bytes(ATTACKER) not in normal.source.tolist()
    assert [packets.address_text(a) for a in episodes[0].attackers] == [ATTACKER]
    assert [packets.address_text(a) for a in episodes[0].victims] == [SERVER]


def test_a_scene_is_a_minute_of_normal_traffic_and_then_the_episode(recording):
    normal, episodes = recording
    base = compose.ground("r", "net", normal)
    one = compose.compose(base, episodes[0], "separate", np.random.default_rng(1))
    attack = np.isin(one.packets.flow_keys(), np.asarray(sorted(one.scene.attack_keys), np.uint64))
    assert attack.sum() == 41
    first = one.packets.at_us[attack][0]
    assert first == one.scene.first_us
    assert (one.packets.at_us[~attack] < first - 60_000_000).any()
    assert (np.diff(one.packets.at_us) >= 0).all()


def test_a_shared_episode_comes_from_the_busiest_normal_host(recording):
    normal, episodes = recording
    base = compose.ground("r", "net", normal)
    one = compose.compose(base, episodes[0], "shared", np.random.default_rng(1))
    assert packets.address_bytes(ATTACKER) not in one.packets.source.tolist()
    asked = one.packets.destination_port[(one.packets.source_port >= 50_000)]
    assert set(range(1000, 1040)) <= set(asked.tolist())


def test_an_episode_goes_faster_when_told_to(recording):
    normal, episodes = recording
    base = compose.ground("r", "net", normal)
    spans = []
    for speed in (1.0, 2.0):
        scene = compose.compose(base, episodes[0], "separate", np.random.default_rng(1), speed).scene
        spans.append(scene.end_us - scene.first_us - compose.AFTER_S * 1_000_000)
    assert spans[0] == pytest.approx(2 * spans[1], abs=2)


def test_another_address_is_also_quoted_by_icmp_errors():
    asked = tcp(CLIENT, 1, OTHER, 80)
    changes = {packets.address_bytes(CLIENT): packets.address_bytes("198.18.7.7")}
    changed = packets.readdress(
        capture([(START, asked), (START + 1, unreachable("198.18.1.1", CLIENT, asked))]), changes
    )
    assert packets.address_text(changed.source[0].tobytes()) == "198.18.7.7"
    assert bytes(changed.data[1, 30:34]) == socket.inet_aton("198.18.7.7")
    assert bytes(changed.data[1, 54:58]) == socket.inet_aton("198.18.7.7")


def test_behind_one_address_all_clients_look_like_one_host():
    rows = [(START + n, tcp(f"198.18.1.{1 + n % 5}", 1000 + n, SERVER, 80)) for n in range(50)]
    base = compose.ground("r", "net", capture(rows))
    assert len(set(compose.behind_nat(base).packets.source.tolist())) == 1


def test_a_glimpse_of_one_host_holds_nothing_of_others(recording):
    rows = [(START + n * 100_000, tcp(f"198.18.1.{1 + n % 5}", 1000 + n, SERVER, 80)) for n in range(900)]
    base = compose.ground("r", "net", capture(rows))
    host = packets.address_bytes("198.18.1.3")
    piece = compose.glimpse(base, np.random.default_rng(1), host).packets
    assert len(piece) and set(piece.source.tolist()) == {host}


def test_an_attack_by_many_comes_from_many_addresses_and_stays_whole(recording):
    normal, episodes = recording
    base = compose.ground("r", "net", normal)
    assert compose.can_spread(episodes[0])
    one = compose.from_many(base, episodes[0], np.random.default_rng(3))
    attack = np.isin(one.packets.flow_keys(), np.asarray(sorted(one.scene.attack_keys), np.uint64))
    assert attack.sum() == 41
    assert len(one.scene.attack_keys) == 40  # the late answer went to the address that had asked
    sources = set(one.packets.source[attack & (one.packets.source_port >= 50_000)].tolist())
    assert 6 <= len(sources) <= 40
    assert packets.address_bytes(ATTACKER) not in one.packets.source.tolist()
    assert sources <= one.scene.hosts


def test_a_lone_connection_is_not_made_by_many(recording):
    _, episodes = recording
    few = episodes[0].packets.take(np.arange(11))
    assert not compose.can_spread(replace(episodes[0], packets=few))
    assert not compose.can_spread(replace(episodes[0], label="beacon"))


def test_an_icmp_error_goes_to_the_one_of_many_who_asked():
    asked = tcp(ATTACKER, 5, OTHER, 80)
    both = capture([(START, asked), (START + 1, unreachable("198.18.1.1", ATTACKER, asked))])
    attacker = packets.address_bytes(ATTACKER)
    assert packets.port_of(both, [attacker]).tolist() == [5, 5]
    changed = packets.spread(
        both, [attacker], [packets.address_bytes(f"100.64.0.{n}") for n in range(9)], np.full(2, 7)
    )
    assert packets.address_text(changed.source[0].tobytes()) == "100.64.0.7"
    assert bytes(changed.data[1, 30:34]) == socket.inet_aton("100.64.0.7")
    assert bytes(changed.data[1, 54:58]) == socket.inet_aton("100.64.0.7")


def test_a_crowd_is_many_who_do_what_a_few_did(recording):
    normal, _ = recording
    base = compose.ground("r", "net", normal)
    crowd = compose.crowd(base, np.random.default_rng(1))
    asks = crowd.packets.destination_port == 80
    assert asks.sum() == 180
    assert len(set(crowd.packets.source[asks].tolist())) > 3
    assert packets.address_bytes(CLIENT) not in crowd.packets.source.tolist()
    assert len(set(crowd.packets.flow_keys().tolist())) == len(set(normal.flow_keys().tolist()))  # answers follow
    assert crowd.packets.at_us.tolist() == normal.at_us.tolist()
