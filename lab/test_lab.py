# SPDX-License-Identifier: Apache-2.0
"""The lab's pure parts: plans, addresses, labels, captures. Needs no root and takes seconds."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import replace
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from random import Random

import pytest

from lab import capture, cut, labels, networks, services
from lab.capture import Packet
from lab.labels import LabelledLeg, Row, find_leg
from lab.namespaces import LiveNetwork
from lab.plan import GUARD_AFTER_S, GUARD_BEFORE_S, Episode, Errand, Pace, Plan, collides
from lab.planner import make_plan
from lab.scenarios import attack, normal
from lab.scenarios.normal.personas import PERSONAS
from lab.scenarios.scenario import TCP, UDP, Leg, Scene, Touch
from lab.services import ntp_server, webapp_server
from lab.topology import LabError, Network, is_allowed
from lab.wire import Lane

SEEDS = (1, 7)
STANDARD = Pace(600)
_ADDRESS = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?)(?![\w.])|(?<![\w:])((?:fd|2001:db8)[0-9a-f:]+)")

_SHELL_SOCKET = re.compile(r"/dev/(?:tcp|udp)/([0-9a-f.:]+)/")


@cache
def plans(pace: Pace = STANDARD) -> list[tuple[Network, Plan]]:
    return [(network, make_plan(network, seed, pace)) for network in networks.ALL.values() for seed in SEEDS]


@cache
def every_attack_on(network: Network) -> Plan:
    """Each attack in turn, nearly twice, and next to no normal life."""
    return make_plan(network, 1, Pace(1800, 60, 7, activity=0.02, only=tuple(attack.ALL)))


def leg(start: int = 1000, end: int = 2000, **changes: object) -> LabelledLeg:
    values: dict = {
        "episode_id": "e1",
        "campaign_id": "e1",
        "attack_class": "scan",
        "tool": "nmap",
        "technique": "t",
        "attempted": False,
        "attacker": "198.18.0.1",
        "attacker_port": None,
        "victim": "198.18.0.2",
        "victim_port": 22,
        "protocol": TCP,
        "start_us": start,
        "end_us": end,
    }
    return LabelledLeg(**(values | changes))


def row(
    src: str = "198.18.0.1",
    src_port: int = 5000,
    dst: str = "198.18.0.2",
    dst_port: int = 22,
    protocol: int = TCP,
    started: int = 1500,
) -> Row:
    return Row(src, src_port, dst, dst_port, protocol, started)


# ---- plans -------------------------------------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_plan_again_and_another_seed_another() -> None:
    for network in networks.ALL.values():
        once, again, other = (make_plan(network, seed, Pace(600)) for seed in (3, 3, 4))
        assert once == again
        assert once.episodes != other.episodes and once.errands != other.errands


def test_a_plan_is_the_same_in_another_process() -> None:
    """Nothing of it may hang on the order of a set of strings, which each process draws anew."""
    text = "from lab.test_lab import *; print(hash_of_plans())"
    sums = {
        subprocess.run(
            [sys.executable, "-c", text],
            cwd=Path(__file__).parent.parent,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(sums) == 1 and len(sums.pop()) > 30


def hash_of_plans() -> str:
    """What another process prints of its plans; frozen sets and dictionaries within them would show as well."""
    pace = Pace(150, 30, 6, activity=3)
    return hashlib.sha256(repr([make_plan(net, 5, pace) for net in networks.ALL.values()]).encode()).hexdigest()


def test_parameters_of_one_attack_differ_between_seeds() -> None:
    scenes = [
        Scene(network, network.host(name))
        for network, name in ((networks.by_name("office"), "desk3"), (networks.by_name("home"), "laptop2"))
    ]
    for name, kind in attack.ALL.items():
        assert any(len({kind.draw(scene, Random(seed)) for seed in range(6)} - {None}) > 1 for scene in scenes), name


def test_every_attack_and_every_habit_can_happen_on_some_network() -> None:
    drawn = {e.name for network in networks.ALL.values() for e in every_attack_on(network).episodes}
    assert set(attack.ALL) - drawn == set()
    lived = {e.kind for _, plan in plans() for e in plan.errands}
    assert set(normal.ALL) - lived == set()


def test_every_script_has_a_limit_and_ends_before_the_recording() -> None:
    for _, plan in plans():
        for errand in plan.errands:
            assert 0 < errand.limit_s <= 150 and errand.start_s + errand.limit_s <= 600 + 1
        for episode in plan.episodes:
            assert 0 < episode.draft.limit_s <= 150 and episode.end_s <= 600


def test_nothing_but_normal_life_happens_in_the_quiet_time() -> None:
    for _, plan in plans(Pace(600, quiet_s=150)):
        assert plan.episodes and min(e.start_s for e in plan.episodes) >= 150
        assert sum(e.start_s < 150 for e in plan.errands) > 50


def test_every_class_of_attack_is_in_a_recording_of_standard_length() -> None:
    for _, plan in plans():
        assert {e.draft.attack_class for e in plan.episodes} == set(attack.CLASSES)


def test_floods_are_bounded_in_packets() -> None:
    pace = Pace(
        600,
        20,
        10,
        only=("hping3-tcp-flood", "hping3-udp-flood", "hping3-icmp-flood", "hping3-spoofed-syn", "nping-flood"),
    )
    for _, plan in plans(pace):
        for episode in plan.episodes:
            counts = [int(n) for n in re.findall(r" -c (\d+)", episode.draft.script)]
            assert counts and sum(counts) <= 8000, episode.draft.script


def test_no_hping_runs_without_a_count_and_none_floods_as_fast_as_it_can() -> None:
    for _, plan in plans():
        for episode in plan.episodes:
            for line in episode.draft.script.splitlines():
                assert "--flood" not in line and "--rand-source" not in line
                assert not line.startswith("hping3 -q") or " -c " in line


def test_no_address_outside_the_labs_ranges_is_ever_named() -> None:
    for _, plan in plans():
        scripts = [e.script for e in plan.errands] + [e.draft.script for e in plan.episodes]
        scripts = [
            _SHELL_SOCKET.sub(r"\1", script) for script in scripts
        ]  # bash writes a port where a prefix has its length
        named = {found[0] or found[1].rstrip(":") for script in scripts for found in _ADDRESS.findall(script)}
        assert named
        for address in named:
            assert is_allowed(address), address
        for episode in plan.episodes:
            for one in episode.draft.legs:
                assert is_allowed(one.attacker) and is_allowed(one.victim)


def test_an_attackers_normal_errands_stay_clear_of_its_own_episodes() -> None:
    for network, plan in plans():
        for episode in plan.episodes:
            for errand in plan.errands:
                assert not overlap(errand, episode) or not meets(network, errand, episode), (episode.name, errand.kind)


def overlap(errand: Errand, episode: Episode) -> bool:
    starts_late = errand.start_s > episode.end_s + GUARD_AFTER_S
    return not starts_late and errand.start_s + errand.limit_s >= episode.start_s - GUARD_BEFORE_S


def meets(network: Network, errand: Errand, episode: Episode) -> bool:
    """Stated anew, by the join rule itself: could a flow of the errand be labelled as the episode's?"""
    for one in episode.draft.legs:
        if one.port_of:
            continue
        line = leg(0, 10, attacker=one.attacker, victim=one.victim, victim_port=one.victim_port, protocol=one.protocol)
        for own in (network.address4(errand.host), network.address6(errand.host)):
            for touch in errand.touches:
                port = touch.port if touch.port is not None else (one.victim_port or 0)
                if labels.belongs(Row(own, 54321, touch.address, port, touch.protocol, 5), line):
                    return True
    return False


def test_an_attacker_does_normal_things_too() -> None:
    for network, plan in plans():
        for attacker in network.attackers():
            assert any(e.host == attacker.name for e in plan.errands)


def test_two_episodes_never_share_a_leg_at_the_same_time() -> None:
    for _, plan in plans():
        for n, one in enumerate(plan.episodes):
            for other in plan.episodes[n + 1 :]:
                if other.start_s <= one.end_s + GUARD_AFTER_S:
                    shared = [
                        (a, b)
                        for a in one.draft.legs
                        for b in other.draft.legs
                        if a.protocol == b.protocol
                        and nets_meet(a.attacker, b.attacker)
                        and nets_meet(a.victim, b.victim)
                        and (a.victim_port == b.victim_port or None in (a.victim_port, b.victim_port))
                    ]
                    assert not shared, (one.name, other.name, shared)


def nets_meet(a: str, b: str) -> bool:
    if "/" not in a + b:
        return a == b
    one, two = ip_network(a), ip_network(b)
    return one.version == two.version and one.overlaps(two)


def test_a_touch_of_any_port_collides_with_a_leg_of_one_port() -> None:
    one = Leg("198.18.0.1", "198.18.0.2", TCP, 21)
    assert collides("198.18.0.1", Touch("198.18.0.2", TCP), one)
    assert not collides("198.18.0.1", Touch("198.18.0.2", UDP), one)
    assert not collides("198.18.0.1", Touch("198.18.0.2", TCP, 22), one)
    assert not collides("198.18.0.9", Touch("198.18.0.2", TCP, 21), one)


# ---- networks ----------------------------------------------------------------------------------------------------------------


def test_every_service_and_persona_that_a_network_names_exists() -> None:
    for network in networks.ALL.values():
        for host in network.hosts:
            assert set(host.services) <= services.ALL.keys()
            assert not host.persona or host.persona in PERSONAS
    for habits in PERSONAS.values():
        assert habits.keys() <= normal.ALL.keys()


def test_networks_share_no_address() -> None:
    seen: set[str] = set()
    for network in networks.ALL.values():
        own = {a for h in network.hosts for a in (network.inner4(h), network.inner6(h))}
        assert not own & seen and len(own) == 2 * len(network.hosts)
        seen |= own


def test_a_sensor_that_sees_one_segment_sees_the_attacks_of_its_recording() -> None:
    outpost = networks.by_name("outpost")
    gate, world = outpost.host("gate"), outpost.host("world")
    assert outpost.seen(gate) and not outpost.seen(world) and networks.by_name("office").seen(world)
    watched = [ip_network(str(g.network)) for g in (outpost.segment("edge").gateway4, outpost.segment("edge").gateway6)]
    for episode in every_attack_on(outpost).episodes:
        ends = [end for one in episode.draft.legs for end in (one.attacker, one.victim)]
        assert any(nets_meet(end, str(net)) for end in ends for net in watched if (":" in end) == (net.version == 6)), (
            episode.name
        )


def test_machines_behind_a_box_go_by_its_address_and_no_attack_aims_at_them() -> None:
    arcade = networks.by_name("arcade")
    till, box = arcade.host("till1"), arcade.host("box1")
    assert arcade.address4(till) == arcade.address4(box) == "198.18.244.11" and arcade.inner4(till) == "198.18.245.21"
    inner = [str(g.network) for s in arcade.segments if s.behind for g in (s.gateway4, s.gateway6)]
    for episode in every_attack_on(arcade).episodes:
        for one in episode.draft.legs:
            assert not any(nets_meet(end, net) for end in (one.attacker, one.victim) for net in inner), episode.name


def test_the_capture_of_such_a_sensor_leaves_out_the_other_segments() -> None:
    filters = [
        capture.Capture(LiveNetwork(n), Path("x")).filter() for n in map(networks.by_name, ("outpost", "office"))
    ]
    assert filters[0].endswith(" and (net 198.18.240.0/28 or net fd00:240::/64)") and " and (net" not in filters[1]


DEPOT = networks.by_name("depot")


def vxlan(inner: Packet, far: bytes = b"\xc6\x12\x56\x02", near: bytes = b"\xc6\x12\x56\x01") -> Packet:
    """The packet in a tunnel between the two, as the kernel makes it: no UDP checksum."""
    udp = struct.pack(">HHHH", 51000, 4789, 8 + 8 + len(inner.data), 0) + struct.pack(">II", 0x08000000, 7301 << 8)
    ip = bytes([0x45, 0]) + struct.pack(">HIBBH", 20 + len(udp) + len(inner.data), 0, 64, 17, 0) + far + near
    return Packet(inner.at_us, inner.wire_bytes + 50, bytes(12) + b"\x08\x00" + ip + udp + inner.data)


def test_a_packet_in_a_tunnel_is_labelled_by_what_it_carries() -> None:
    inner = ethernet(b"\xc6\x12\0\1", b"\xc6\x12\0\2", 1500)
    outer = vxlan(inner)
    assert labels.packet_row(outer) == labels.packet_row(inner) == row()
    assert capture.unwrapped(outer.data) == inner.data and capture.unwrapped(inner.data) == inner.data
    # UDP to that port that is no VXLAN (its flag is not set) is what it says it is.
    plain = outer.data[:42] + b"\0" + outer.data[43:]
    assert capture.unwrapped(plain) == plain


def test_a_sensor_takes_what_is_beyond_a_tunnel_in_the_tunnel_only() -> None:
    words = capture.Capture(LiveNetwork(DEPOT), Path("x")).filter()
    assert words.endswith(" and not (net 198.18.88.0/23 or net fd00:88::/64)")
    assert "src host 198.18.86.1" in words  # the router's own end of the tunnel


def test_an_attack_that_stays_beyond_the_tunnel_is_not_planned() -> None:
    nets = [str(g.network) for s in DEPOT.tunnelled() for g in (s.gateway4, s.gateway6)]
    crossing = 0
    for episode in every_attack_on(DEPOT).episodes:
        inside = [
            sum(nets_meet(end, net) for end in (one.attacker, one.victim) for net in nets) for one in episode.draft.legs
        ]
        assert min(inside) < 2, episode.name
        crossing += 1 in inside
    assert crossing > 20  # attacks from and on machines beyond the tunnel there are


def test_a_segment_whose_packets_do_not_fit_through_its_tunnel_is_refused() -> None:
    segments = tuple(replace(s, mtu=1451) if s.tunnel else s for s in DEPOT.segments)
    with pytest.raises(LabError, match="packets of yard do not fit through its tunnel"):
        replace(DEPOT, segments=segments)


def test_a_page_names_only_objects_and_sites_that_exist() -> None:
    files = services.ALL["pages"].files(DEPOT, DEPOT.host("portal"))
    partners = {p.name for p in Scene(DEPOT, DEPOT.host("desk1")).places("pages")}
    found = 0
    for page in (str(text) for name, text in files.items() if name.endswith(".html")):
        for site, path in re.findall(r'(?:src|href)="(https://[^/]+)?(/[^"]+)"', page):
            assert f"srv/www{path}" in files
            assert not site or site.removeprefix("https://").split(":")[0] in partners, site
            found += 1
    assert found > 300


def test_zones_of_lists_hold_no_text_longer_than_a_label_of_text_may_be() -> None:
    outpost = networks.by_name("outpost")
    files = services.ALL["nsd"].files(outpost, outpost.host("roots"))
    texts = [t for file in files.values() if isinstance(file, str) for t in re.findall(r'"([^"]*)"', file)]
    assert len(texts) > 500 and max(map(len, texts)) <= 255
    assert "*.8 IN A 127.0.0.2" in str(files["srv/bl0.test.zone"]) and "in-addr.arpa. 300 IN NS" in str(
        files["srv/root.zone"]
    )


def test_an_unknown_network_and_an_unknown_attack_each_get_a_sentence() -> None:
    with pytest.raises(LabError, match="no network is called 'nowhere'; there are: "):
        networks.by_name("nowhere")
    with pytest.raises(LabError, match="no attack is called 'magic'"):
        make_plan(networks.by_name("office"), 1, Pace(300, only=("magic",)))


def test_only_ranges_that_no_real_network_uses_are_allowed() -> None:
    assert (
        is_allowed("198.18.0.1")
        and is_allowed("198.19.255.0/24")
        and is_allowed("2001:db8::1")
        and is_allowed("fd00::1")
    )
    assert (
        not is_allowed("198.20.0.1")
        and not is_allowed("192.168.0.1")
        and not is_allowed("0.0.0.0/0")
        and not is_allowed("2001:db9::1")
    )


# ---- labels ------------------------------------------------------------------------------------------------------------------


def test_a_row_inside_a_leg_belongs_to_it_in_either_direction() -> None:
    assert find_leg(row(), [leg()]) == leg()
    assert find_leg(row("198.18.0.2", 22, "198.18.0.1", 5000), [leg()]) == leg()


@pytest.mark.parametrize("other", [
    row(src="198.18.0.9"), row(dst="198.18.0.9"), row(dst_port=23), row(protocol=UDP), row(started=999), row(started=2001),
    row("198.18.0.2", 5000, "198.18.0.1", 22),
])  # fmt: skip
def test_a_row_that_differs_in_one_thing_is_normal(other: Row) -> None:
    assert find_leg(other, [leg()]) is None


def test_the_first_and_the_last_microsecond_belong_to_the_episode() -> None:
    assert find_leg(row(started=1000), [leg()]) and find_leg(row(started=2000), [leg()])


def test_the_latest_start_wins_when_two_legs_fit() -> None:
    early, late = leg(1000, 5000), leg(3000, 6000, episode_id="e2")
    assert find_leg(row(started=2500), [late, early]) == early
    assert find_leg(row(started=3500), [early, late]) == late


def test_a_prefix_stands_for_every_address_in_it() -> None:
    sweep = leg(victim="198.18.4.0/24", victim_port=None)
    assert find_leg(row(dst="198.18.4.77", dst_port=9), [sweep]) and not find_leg(
        row(dst="198.18.5.1", dst_port=9), [sweep]
    )
    assert not find_leg(row(dst="2001:db8::1", dst_port=9), [sweep])


def test_the_attackers_port_tells_a_tunnel_from_look_ups_beside_it() -> None:
    tunnel = leg(attacker_port=40000, victim_port=53, protocol=UDP)
    assert find_leg(row(src_port=40000, dst_port=53, protocol=UDP), [tunnel])
    assert not find_leg(row(src_port=40001, dst_port=53, protocol=UDP), [tunnel])


def test_labels_read_back_as_they_were_written(tmp_path: Path) -> None:
    legs = [
        leg(),
        leg(episode_id="e2", attempted=True, attacker_port=7, victim="2001:db8::/64", victim_port=None, protocol=58),
    ]
    labels.write_labels(tmp_path / "labels.csv", legs)
    assert labels.read_labels(tmp_path / "labels.csv") == legs
    assert (tmp_path / "labels.csv").read_text().splitlines()[0] == ",".join(labels.COLUMNS)


def test_the_readme_documents_every_column_of_the_labels() -> None:
    text = Path(__file__).with_name("README.md").read_text()
    assert all(f"`{column}`" in text for column in labels.COLUMNS)


# ---- captures ----------------------------------------------------------------------------------------------------------------


def ethernet(src: bytes, dst: bytes, at_us: int = 5, ports: tuple[int, int] = (5000, 22)) -> Packet:
    header = bytes([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0]) + src + dst
    return Packet(at_us, 54, bytes(12) + b"\x08\x00" + header + struct.pack(">HH", *ports) + bytes(16))


def test_a_packet_taken_on_a_port_is_kept_and_its_copy_on_the_bridge_is_not() -> None:
    def sll2(interface: int) -> bytes:
        return struct.pack(">HHIHBB", 0x0800, 0, interface, 1, 0, 6) + b"\x02\0\0\0\0\x05\0\0" + b"\x45" + bytes(30)

    packets = list(capture.to_ethernet([(1, 51, sll2(4)), (2, 51, sll2(9))], {4}))
    assert [p.at_us for p in packets] == [1]
    assert packets[0].wire_bytes == 51 - 20 + 14
    assert packets[0].data[6:15] == b"\x02\0\0\0\0\x05\x08\x00\x45"


def test_a_written_capture_reads_back(tmp_path: Path) -> None:
    packets = [ethernet(b"\xc6\x12\0\1", b"\xc6\x12\0\2", at) for at in (5, 1_700_000_000_000_001)]
    assert capture.write(tmp_path / "x.pcap", packets) == 2
    link, records = capture.read(tmp_path / "x.pcap")
    assert link == 1 and [Packet(*r) for r in records] == packets


def test_a_text_file_is_no_capture(tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_text("hello, this is no capture at all")
    with pytest.raises(LabError, match="is not a pcap"):
        capture.read(tmp_path / "x.pcap")


def test_a_leg_that_nobody_answered_is_marked_attempted(tmp_path: Path) -> None:
    there, back = b"\xc6\x12\0\1", b"\xc6\x12\0\2"
    capture.write(
        tmp_path / "x.pcap",
        [ethernet(there, back, 1500), ethernet(back, there, 1600, (22, 5000)), ethernet(there, back, 3500)],
    )
    marked, packets = labels.mark_attempted([leg(), leg(3000, 4000), leg(5000, 6000)], tmp_path / "x.pcap")
    assert [one.attempted for one in marked] == [False, True, True]
    assert packets == {0: 2, 1: 1, 2: 0}


# ---- wires -------------------------------------------------------------------------------------------------------------------


def test_a_wire_delays_keeps_order_and_loses_its_share() -> None:
    lane = Lane(0, 1, delay_s=0.01, jitter_s=0.02, loss=0.1, bytes_per_s=1e6, chance=Random(1))
    out = [lane.due(100, n * 0.001) for n in range(2000)]
    came = [t for t in out if t is not None]
    assert came == sorted(came) and all(t is None or t >= n * 0.001 + 0.01 for n, t in enumerate(out))
    assert 130 < out.count(None) < 280


def test_a_wire_drops_when_its_queue_is_full() -> None:
    lane = Lane(0, 1, 0.01, 0.0, 0.0, 1e6, Random(1), waiting=2000)
    assert lane.due(100, 0.0) is None


# ---- servers of our own ------------------------------------------------------------------------------------------------------


def test_the_time_server_gives_a_client_its_own_stamp_back_and_the_time() -> None:
    request = struct.pack(">BBbb36xQ", 0x23, 0, 6, -20, 0xABCDEF)
    reply = ntp_server.answer(request, now=1_700_000_000.5)
    assert reply is not None and len(reply) == 48 and reply[0] & 7 == 4
    origin, received = struct.unpack_from(">QQ", reply, 24)
    assert origin == 0xABCDEF and received == int((1_700_000_000.5 + 2_208_988_800) * 2**32)


@pytest.mark.parametrize("request_bytes", [b"", b"\x23" * 47, b"\x24" + bytes(47)])
def test_the_time_server_is_silent_to_what_is_no_clients_request(request_bytes: bytes) -> None:
    assert ntp_server.answer(request_bytes, now=0.0) is None


def test_the_web_applications_hole_gives_every_row() -> None:
    rows = webapp_server.make_database().execute("select name from items where id = 1 or 1=1").fetchall()
    assert len(rows) == 399


# ---- programs of our own -----------------------------------------------------------------------------------------------------


class Listener:
    """Takes connections and datagrams on loopback, answers each request or message, and counts."""

    def __init__(self) -> None:
        self.connections = self.messages = self.datagrams = 0
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        for act in (self._accept, self._datagrams):
            threading.Thread(target=act, daemon=True).start()

    def _accept(self) -> None:
        while True:
            sock, _ = self.tcp.accept()
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            in_http = False
            while data := sock.recv(65536):
                heads = data.count(b" HTTP/1.1\r\n")
                in_http = in_http or heads > 0
                count = heads if in_http else 1  # a body comes in a segment of its own
                self.messages += count
                sock.sendall(b"HTTP/1.1 401 no\r\nContent-Length: 2\r\n\r\nno" * count)
        except OSError:
            pass

    def _datagrams(self) -> None:
        while True:
            data, client = self.udp.recvfrom(4000)
            self.datagrams += 1
            self.udp.sendto(data[:12], client)


@pytest.mark.parametrize(("words", "counted", "most"), [
    ("keys form 127.0.0.1 PORT --count 9 --keep", "messages", 9),
    ("keys redis 127.0.0.1 PORT --count 9 --per-connection 3", "connections", 9),
    ("press get 127.0.0.1 PORT --count 9 --per-connection 100 --open 3", "messages", 9),
    ("press hold 127.0.0.1 PORT --count 9 --open 5", "connections", 9),
    ("press udp 127.0.0.1 PORT --count 40 --burst 10", "datagrams", 50),
    ("press slow-headers 127.0.0.1 PORT --open 4 --rate 50 --pause 0.3", "connections", 4),
    ("rattle 127.0.0.1 PORT --greet", "connections", 1),
    ("rummage both 127.0.0.1 PORT --count 9", "messages", 9),
    ("whisper web 127.0.0.1 PORT --count 3 --pause 0.1 --work 0", "messages", 3),
    ("whisper line 127.0.0.1 PORT --count 3 --pause 0.1 --keep", "messages", 3),
    ("whisper datagram 127.0.0.1 PORT --count 3 --pause 0.1", "datagrams", 3),
    ("whisper dns 127.0.0.1 PORT --count 9 --framing short --work 0", "datagrams", 9),
    ("whisper trickle 127.0.0.1 PORT --bytes 5000 --size 1000 --pause 0.01", "connections", 1),
])  # fmt: skip
def test_a_program_does_what_it_is_told_and_no_more(words: str, counted: str, most: int) -> None:
    listener = Listener()
    program, *arguments = words.replace("PORT", str(listener.port)).split()
    path = Path(__file__).parent / "programs" / f"{program}.py"
    command = [sys.executable, str(path), *arguments, "--seconds", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert 0 < getattr(listener, counted) <= most, vars(listener)


# ---- bad input ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["lab", "record", "--network", "nowhere", "--seed", "1", "-o", "OUT"], "lab: no network is called 'nowhere'; there are: arcade, campus, clinic, depot, farm, home, office, outpost, provider"),
    (["lab", "record", "--network", "office", "--seed", "1", "--seconds", "5", "-o", "OUT"], "lab: a recording takes 30 to 3600 seconds, not 5"),
    (["lab.cut", "OUT", "-o", "OUT/x", "--seconds", "3"], "capture.pcap: No such file or directory"),
])  # fmt: skip
def test_bad_input_gets_one_sentence_and_no_stack_trace(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    words = [word.replace("OUT", str(tmp_path)) for word in arguments]
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=Path(__file__).parent.parent, capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and sentence in done.stderr


def test_a_cut_keeps_the_packets_between_its_hosts_and_their_labels(tmp_path: Path) -> None:
    one, two, three = b"\xc6\x12\0\1", b"\xc6\x12\0\2", b"\xc6\x12\0\3"
    packets = [
        ethernet(one, two, 1_000_000),
        ethernet(one, three, 1_100_000),
        ethernet(two, one, 1_200_000),
        ethernet(one, two, 9_000_000),
    ]
    capture.write(tmp_path / "capture.pcap", packets)
    labels.write_labels(
        tmp_path / "labels.csv", [leg(0, 2_000_000), leg(0, 2_000_000, victim="198.18.0.3", episode_id="e2")]
    )
    arguments = argparse.Namespace(
        recording=tmp_path,
        out=tmp_path / "x",
        start=0.0,
        seconds=2.0,
        hosts="198.18.0.1,198.18.0.2",
        snaplen=64,
        most=9,
    )
    cut.cut(arguments)
    assert [p[0] for p in capture.read(tmp_path / "x.pcap")[1]] == [1_000_000, 1_200_000]
    assert [one.episode_id for one in labels.read_labels(tmp_path / "x.labels.csv")] == ["e1"]
