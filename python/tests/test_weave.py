# SPDX-License-Identifier: Apache-2.0
"""Attacks made of numbers: whether their packets are those of whole conversations."""

import socket
import struct

import numpy as np
import pytest
from weir import compose, label, packets, weave, woven_attacks, woven_errands

START = 1_700_000_000_000_000


def frame(source, source_port, destination, port):
    if ":" in source:
        addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
        ip, kind = struct.pack(">IHBB", 0x60000000, 20, 6, 64) + addresses, b"\x86\xdd"
    else:
        addresses = socket.inet_aton(source) + socket.inet_aton(destination)
        ip, kind = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + addresses, b"\x08\0"
    return b"\2" * 12 + kind + ip + struct.pack(">HH", source_port, port) + bytes(16)


@pytest.fixture(scope="module")
def ground():
    """Four minutes in which three clients ask two servers, by both versions of IP."""
    frames, times = [], []
    for second in range(240):
        client, server = 10 + second % 3, 2 + second % 2
        for one, other in ((f"198.18.1.{client}", f"198.18.2.{server}"), (f"fd00:1::{client}", f"fd00:2::{server}")):
            frames += [frame(one, 30_000 + second, other, 443), frame(other, 443, one, 30_000 + second)]
            times += [START + second * 1_000_000, START + second * 1_000_000 + 900]
    data = np.frombuffer(b"".join(f.ljust(packets.HEAD, b"\0") for f in frames), np.uint8).reshape(-1, packets.HEAD)
    wire = np.asarray([len(f) for f in frames], np.int64)
    return compose.ground("r", "net", packets.parse(np.asarray(times, np.int64), wire, data))


@pytest.fixture(scope="module")
def episodes(ground):
    return weave.attacks(ground, np.random.default_rng(1), 8)


@pytest.fixture(scope="module")
def errands(ground):
    return weave.errands(ground, np.random.default_rng(1), 4)


def start_of(own, n):
    return 34 if own.version[n] == 4 else 54


def number(own, n, at, size=4):
    return int.from_bytes(own.data[n, at : at + size].tobytes())


def payload_of(own, n):
    start = start_of(own, n)
    below = number(own, n, 16, 2) - 20 if own.version[n] == 4 else number(own, n, 18, 2)
    return below - int(own.data[n, start + 12] >> 4) * 4


def test_every_class_has_its_share_and_fits_an_episode(episodes):
    labels = [e.label for e in episodes]
    assert {name: labels.count(name) for name in labels} == dict.fromkeys(woven_attacks.CLASSES, 8)
    for e in episodes:
        assert e.tool == weave.TOOL and e.label != label.NORMAL
        assert 2 <= len(e.packets) <= compose.MOST_PACKETS
        assert e.packets.at_us[0] == 0 and (np.diff(e.packets.at_us) >= 0).all()
        assert e.packets.at_us[-1] <= compose.LONGEST_S * 1_000_000
        assert not set(e.attackers) & set(e.victims)
        ends = set(e.packets.source.tolist()) | set(e.packets.destination.tolist())
        assert ends <= {*e.attackers, *e.victims}


def test_errands_are_normal_traffic_of_every_kind(errands):
    kinds = [e.episode_id.split("-")[1] for e in errands]
    assert {name: kinds.count(name) for name in kinds} == dict.fromkeys(woven_errands.KINDS, 4)
    for e in errands:
        assert (e.label, e.tool) == (label.NORMAL, weave.ERRAND)
        assert 2 <= len(e.packets) <= compose.MOST_PACKETS
        assert e.packets.at_us[-1] <= compose.LONGEST_S * 1_000_000


def test_the_same_seed_gives_the_same_packets(ground, episodes):
    again = weave.attacks(ground, np.random.default_rng(1), 8)
    for one, other in zip(episodes, again, strict=True):
        assert one.technique == other.technique
        assert (one.packets.data == other.packets.data).all() and (one.packets.at_us == other.packets.at_us).all()


def test_conversations_miss_and_repeat_nothing(episodes, errands):
    looked_at = 0
    for e in (*episodes, *errands):
        own = e.packets
        if e.label in ("scan", "flood"):
            continue
        expected: dict[tuple[bytes, int, bytes, int], int] = {}
        for n in np.flatnonzero(own.protocol == packets.TCP)[:2000]:
            start = start_of(own, n)
            side = (
                own.source[n].tobytes(),
                int(own.source_port[n]),
                own.destination[n].tobytes(),
                int(own.destination_port[n]),
            )
            flags = int(own.data[n, start + 13])
            sequence = number(own, n, start + 4)
            assert expected.get(side, sequence) == sequence, f"{e.label}: {e.technique}"
            expected[side] = (sequence + payload_of(own, n) + (flags & 1) + (flags >> 1 & 1)) % (1 << 32)
            looked_at += 1
    assert looked_at > 10_000


def test_what_is_acknowledged_was_sent(episodes):
    own = next(e for e in episodes if e.label == "exfiltration").packets
    first = own.take(own.flow_keys() == own.flow_keys()[0])
    start = start_of(first, 0)
    assert [int(first.data[n, start + 13]) for n in range(3)] == [2, 18, 16]
    assert number(first, 1, start + 8) == number(first, 0, start + 4) + 1
    assert number(first, 2, start + 8) == number(first, 1, start + 4) + 1


def test_an_icmp_error_quotes_what_it_is_about(ground):
    rng = np.random.default_rng(2)
    seen = set()
    for _ in range(6):
        for e in weave.attacks(ground, rng, 4):
            own = e.packets
            for version, protocol, at, quoted in ((4, packets.ICMP4, 34, 54), (6, packets.ICMP6, 54, 70)):
                kind = 3 if version == 4 else 1
                for n in np.flatnonzero(
                    (own.version == version) & (own.protocol == protocol) & (own.data[:, at] == kind)
                )[:5]:
                    size = 4 if version == 4 else 16
                    asked, answered = (
                        own.data[n, quoted : quoted + size].tobytes(),
                        own.data[n, quoted + size : quoted + 2 * size].tobytes(),
                    )
                    assert asked == own.destination[n].tobytes()[16 - size :]
                    assert answered == own.source[n].tobytes()[16 - size :]
                    seen.add(version)
    assert seen == {4, 6}
