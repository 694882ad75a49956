# SPDX-License-Identifier: Apache-2.0
"""Normal traffic that a lab of few programs lacks, and that looks odd to who never met it: kinds from which weave.py draws."""

from collections.abc import Callable

import numpy as np

from weir.compose import MOST_PACKETS, log_uniform
from weir.conversations import (
    ACK,
    PSH,
    Ends,
    Lines,
    Made,
    Where,
    at_rate,
    chance,
    client_ports,
    dialogue,
    join,
    latency,
    opening,
    play,
    written,
)
from weir.packets import TCP, UDP


def _names(where: Where, rng: np.random.Generator) -> Made:
    """A busy resolver, or a host that asks one: short questions, some never answered."""
    asker = where.client(rng)
    servers = [
        where.outside(rng) if chance(rng, 0.6) else where.server(rng)[0] for _ in range(int(log_uniform(rng, 1, 60)))
    ]
    rate, rtt, lost = log_uniform(rng, 0.1, 60), latency(rng), rng.uniform(0, 0.45) if chance(rng, 0.5) else 0.02
    starts = at_rate(rng, MOST_PACKETS // 2, rate)
    own = client_ports(rng, len(starts))
    if chance(rng, 0.3):  # always from the same port
        own = own[:1] * len(own)
    asked = rng.integers(0, len(servers), len(starts))
    keys: dict[tuple[int, int], int] = {}
    flow = np.asarray([keys.setdefault((port, int(n)), len(keys)) for port, n in zip(own, asked, strict=True)])
    ends = [Ends(asker, servers[n], port, 53, UDP) for port, n in keys]
    question = int(log_uniform(rng, 22, 50))
    sizes = rng.integers(question, question + int(log_uniform(rng, 2, 25)), len(starts))
    answers = sizes + np.exp(rng.uniform(np.log(8), np.log(log_uniform(rng, 20, 700)), len(starts))).astype(np.int64)
    nothing, there = np.zeros(len(starts), np.int64), rng.random(len(starts)) > lost
    lines = Lines(starts, flow, np.ones(len(starts), np.bool_), sizes, nothing)
    later = starts + rtt * np.exp(rng.normal(0, 0.8, len(starts)))
    back = Lines(later[there], flow[there], np.zeros(int(there.sum()), np.bool_), answers[there], nothing[there])
    return join([lines, back]), ends, [asker], f"names; {len(servers)} servers; {rate:.3g}/s"


def _quic(where: Where, rng: np.random.Generator) -> Made:
    """Web pages and films over UDP: long first packets, then mostly from the server."""
    asker = where.client(rng)
    parts: list[Lines] = []
    ends: list[Ends] = []
    rtt, count = log_uniform(rng, 2e-3, 0.12), int(log_uniform(rng, 1, 40))
    starts = at_rate(rng, count, log_uniform(rng, 0.05, 4))
    for n, (start, own) in enumerate(zip(starts, client_ports(rng, len(starts)), strict=True)):
        ends.append(Ends(asker, where.outside(rng), own, 443, UDP))
        steps = [
            (0.0, True, 1200, 0),
            (rtt, False, 1200, 0),
            (1e-4, False, int(log_uniform(rng, 200, 1200)), 0),
            (2e-3, True, int(log_uniform(rng, 40, 200)), 0),
        ]
        for _ in range(int(log_uniform(rng, 1, 12))):
            steps.append((log_uniform(rng, 0.01, 4), True, int(log_uniform(rng, 40, 900)), 0))
            for piece in range(int(log_uniform(rng, 1, 60))):
                steps.append((rtt if piece == 0 else 3e-4, False, 1250, 0))
                if piece % 4 == 3:
                    steps.append((1e-4, True, int(rng.integers(28, 45)), 0))
        parts.append(play(written(steps), np.asarray([start]), n, rng, 0.3))
    return join(parts), ends, [asker], f"quic; {len(ends)} connections"


def _call(where: Where, rng: np.random.Generator) -> Made:
    """Voice, pictures or a game: datagrams by the clock, one way or both."""
    asker, other = where.client(rng), where.outside(rng) if chance(rng, 0.6) else where.client(rng)
    port = int(rng.choice([3478, 5004, 8801, int(rng.integers(10000, 65000)), int(rng.integers(10000, 65000))]))
    streams = int(rng.integers(1, 4))
    parts: list[Lines] = []
    ends: list[Ends] = []
    for n, own in enumerate(client_ports(rng, streams)):
        rate, size = log_uniform(rng, 8, 250), int(log_uniform(rng, 40, 1150))
        length = log_uniform(rng, 4, 100)
        ends.append(Ends(asker, other, own, port + 2 * n, UDP))
        for forward in (True, False) if chance(rng, 0.7) else (chance(rng, 0.5),):
            count = int(min(length * rate, MOST_PACKETS / streams / 2)) + 2
            at = np.arange(count) / rate + rng.uniform(0, 0.1 / rate, count) + (0 if forward else 0.05)
            sizes = np.maximum(20, size * np.exp(rng.normal(0, rng.uniform(0, 0.5), count))).astype(np.int64)
            parts.append(
                Lines(
                    at, np.full(count, n), np.full(count, forward), np.minimum(sizes, 1400), np.zeros(count, np.int64)
                )
            )
    return join(parts), ends, [asker], f"call; {streams} streams"


def _poll(where: Where, rng: np.random.Generator) -> Made:
    """A monitor that asks known hosts in turn (SNMP, NTP, STUN, telemetry by UDP): all the same, and all answered but for a few."""
    asker = where.client(rng)
    port = int(rng.choice([123, 161, 137, 623, 3478, 5683, 8125, 514]))
    hosts = [host for host in where.hosts if host != asker][: int(log_uniform(rng, 1, 60))] or [where.outside(rng)]
    every, rtt, silent = log_uniform(rng, 2, 60), latency(rng), port in (8125, 514)
    starts = at_rate(rng, 2000, max(len(hosts) / every, 0.1))
    sizes = [(int(log_uniform(rng, 30, 120)), int(log_uniform(rng, 40, 400)))] * int(log_uniform(rng, 1, 8))
    steps = []
    for sent, size in sizes:
        steps.append((1e-3, True, sent, 0))
        if not silent:
            steps.append((rtt, False, size, 0))
    own = client_ports(rng, len(starts))
    ends = [Ends(asker, hosts[n % len(hosts)], port_of, port, UDP) for n, port_of in enumerate(own)]
    return (
        play(written(steps), starts, 0, rng, 0.2, 0.05),
        ends,
        [asker],
        f"poll {port}; {len(hosts)} hosts; every {every:.0f} s",
    )


def _browsing(where: Where, rng: np.random.Generator) -> Made:
    """Pages: some connections to some servers at once, much back, and a while of reading."""
    asker, rtt = where.client(rng), log_uniform(rng, 2e-3, 0.12)
    parts: list[Lines] = []
    ends: list[Ends] = []
    at = 0.0
    while at < 100 and len(ends) < 200:
        for _ in range(int(log_uniform(rng, 2, 14))):
            turns = [(int(rng.integers(300, 700)), int(rng.integers(1500, 5000)), 1e-3), (90, 250, 1e-3)]
            turns += [
                (int(log_uniform(rng, 80, 900)), int(log_uniform(rng, 200, 60000)), log_uniform(rng, 1e-3, 3))
                for _ in range(int(log_uniform(rng, 1, 8)))
            ]
            script = dialogue(
                turns, rtt, log_uniform(rng, 1e-3, 0.2), str(rng.choice(["fin", "server", "rst", "open"]))
            )
            parts.append(play(script, np.asarray([at + rng.uniform(0, 1.5)]), len(ends), rng, 0.3, 0.1))
            ends.append(Ends(asker, where.outside(rng), client_ports(rng, 1)[0], 443, TCP))
        at += log_uniform(rng, 3, 45)
    return join(parts), ends, [asker], f"browsing; {len(ends)} connections"


def _held(where: Where, rng: np.random.Generator) -> Made:
    """Connections that are kept for news: mail that waits, push, chat. The server speaks when there is something, and now and then
    one side asks whether the other is there."""
    asker, rtt = where.client(rng), log_uniform(rng, 2e-3, 0.12)
    count = int(log_uniform(rng, 1, 12))
    parts: list[Lines] = []
    ends: list[Ends] = []
    for n, own in enumerate(client_ports(rng, count)):
        turns = [
            (int(rng.integers(300, 700)), int(rng.integers(1500, 5000)), 0.01),
            (int(log_uniform(rng, 60, 900)), int(log_uniform(rng, 100, 3000)), 0.0),
        ]
        left = 105.0
        while left > 0:
            pause = log_uniform(rng, 22, 90) if chance(rng, 0.6) else log_uniform(rng, 0.5, 40)
            turns.append(
                (0, int(log_uniform(rng, 40, 4000)), pause)
                if chance(rng, 0.6)
                else (int(log_uniform(rng, 30, 80)), 0, pause)
            )
            left -= pause
        where_to = where.outside(rng) if chance(rng, 0.7) else where.server(rng)[0]
        ends.append(Ends(asker, where_to, own, int(rng.choice([443, 993, 5222, 5223, 5228, 8883, 1883])), TCP))
        parts.append(play(dialogue(turns, rtt, 1e-3, "open"), np.asarray([rng.uniform(0, 8)]), n, rng, 0.3))
    return join(parts), ends, [asker], f"held; {count} connections"


def _fetching(where: Where, rng: np.random.Generator) -> Made:
    """Downloads and updates: one connection or a few, and nearly all of it comes in."""
    asker, rtt = where.client(rng), log_uniform(rng, 1e-3, 0.12)
    count = int(log_uniform(rng, 1, 8))
    each = int(log_uniform(rng, 2e5, 7e6) / count)
    server, port = where.outside(rng), int(rng.choice([80, 443, 443, 21, 873, 8080]))
    gap = 1400 / log_uniform(rng, 1e5, 5e7)
    steps = [*opening(rtt, rtt / 20 + 1e-5), (1e-3, True, int(log_uniform(rng, 80, 600)), ACK | PSH)]
    for n in range(min(each // 1400 + 1, MOST_PACKETS // (2 * count))):
        steps.append((rtt if n == 0 else gap, False, 1400, ACK))
        if n % 2 == 1:
            steps.append((2e-5, True, 0, ACK))
    starts = at_rate(rng, count, log_uniform(rng, 0.1, 10))
    ends = [Ends(asker, server, own, port, TCP) for own in client_ports(rng, len(starts))]
    return play(written(steps), starts, 0, rng, 0.2), ends, [asker], f"fetching; {count} connections"


KINDS: dict[str, Callable[[Where, np.random.Generator], Made]] = {
    "names": _names,
    "quic": _quic,
    "call": _call,
    "poll": _poll,
    "browsing": _browsing,
    "held": _held,
    "fetching": _fetching,
}
