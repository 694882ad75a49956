# SPDX-License-Identifier: Apache-2.0
"""Conversations whose packets are computed: who talks with whom, what is said, and the packets of it.

They are whole: sequence numbers, acknowledgements, segments, ends, ICMP errors that quote. Features are computed by
`weir extract` from these packets as from any others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from weir import compose, packets
from weir.compose import LONGEST_S, Ground, log_uniform
from weir.packets import ICMP4, ICMP6, TCP, UDP, Ints, Packets
from weir.preprocess import Bools, Doubles

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ERROR = -1  # in place of TCP's flags: an ICMP error about the conversation's first packet
SEGMENT = 1400

Step = tuple[float, bool, int, int]  # gap in seconds, forward, payload, flags


@dataclass(frozen=True)
class Ends:
    client: bytes
    server: bytes
    client_port: int
    server_port: int
    protocol: int


@dataclass(frozen=True)
class Lines:
    """Packets to be, one a place; `conversation` counts into the ends."""

    at_s: Doubles
    conversation: Ints
    forward: Bools
    payload: Ints
    flags: Ints


@dataclass(frozen=True)
class Script:
    """What is said in one conversation: a step's gap after the one before, way, payload and flags."""

    gap_s: Doubles
    forward: Bools
    payload: Ints
    flags: Ints


# ---- whom and what ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Where:
    """A network, for whom an attack may be by and against."""

    version: int
    hosts: Sequence[bytes]
    clients: Sequence[bytes]
    servers: Sequence[tuple[bytes, int]]

    @staticmethod
    def of(base: Ground, version: int, rng: np.random.Generator) -> "Where":
        mine = base.packets.version == version
        sample = rng.choice(np.flatnonzero(mine), min(int(mine.sum()), 4000), replace=False)
        seen = sorted({base.packets.source[n].tobytes() for n in sample})
        return Where(version, seen, base.clients[version], base.servers[version])

    def outside(self, rng: np.random.Generator) -> bytes:
        return compose.somewhere(self.version == 4, rng)

    def attacker(self, rng: np.random.Generator) -> bytes:
        return self.outside(rng) if rng.random() < 0.5 else self.client(rng)

    def client(self, rng: np.random.Generator) -> bytes:
        served = {address for address, _ in self.servers}
        others = [host for host in self.hosts if host not in served] or list(self.clients)
        return others[int(rng.integers(len(others)))]

    def server(self, rng: np.random.Generator) -> tuple[bytes, int]:
        return self.servers[int(rng.integers(len(self.servers)))]

    def targets(self, count: int, attacker: bytes, rng: np.random.Generator) -> list[bytes]:
        """Neighbours of a known host, those that exist first."""
        middle = self.hosts[int(rng.integers(len(self.hosts)))]
        near = [host for host in self.hosts if host[:-1] == middle[:-1]]
        numbers = (int.from_bytes(middle[-2:]) + np.arange(1, 2 * count)) % 65536
        made = sorted(middle[:-2] + int(n).to_bytes(2) for n in numbers)
        return [host for host in dict.fromkeys([*near, *made]) if host != attacker][:count]

    @property
    def icmp(self) -> int:
        return ICMP4 if self.version == 4 else ICMP6


Made = tuple[Lines, list[Ends], list[bytes], str]


def chance(rng: np.random.Generator, share: float) -> bool:
    return bool(rng.random() < share)


def at_rate(rng: np.random.Generator, count: int, rate: float) -> Doubles:
    """At a rate, by the clock, with jitter, at random or in volleys; within the time that an episode may take."""
    count = max(min(count, int(rate * LONGEST_S * 0.9)), 2)
    manner = int(rng.integers(4))
    if manner == 0:
        gaps = np.full(count, 1 / rate)
    elif manner == 1:
        gaps = (1 + rng.uniform(-0.5, 0.5) * rng.uniform(-1, 1, count)) / rate
    elif manner == 2:
        gaps = rng.exponential(1 / rate, count)
    else:
        volley = int(log_uniform(rng, 2, 64))
        gaps = np.where(np.arange(count) % volley == 0, volley / rate, 1e-4)
    return np.cumsum(np.maximum(gaps, 2e-6))


def written(steps: Sequence[Step]) -> Script:
    gaps, forward, payload, flags = zip(*steps, strict=True)
    return Script(
        np.asarray(gaps, np.float64),
        np.asarray(forward, np.bool_),
        np.asarray(payload, np.int64),
        np.asarray(flags, np.int64),
    )


def message(forward: bool, size: int, gap: float) -> list[Step]:
    """A message in segments, and the other side's acknowledgements of every second."""
    steps: list[Step] = []
    for n, begin in enumerate(range(0, size, SEGMENT)):
        part = min(SEGMENT, size - begin)
        steps.append((gap if n == 0 else 2e-5, forward, part, ACK | (PSH if begin + part == size else 0)))
        if n % 2 == 1:
            steps.append((2e-5, not forward, 0, ACK))
    return steps


def opening(rtt: float, think_s: float) -> list[Step]:
    return [(0.0, True, 0, SYN), (rtt, False, 0, SYN | ACK), (think_s, True, 0, ACK)]


def dialogue(turns: Sequence[tuple[int, int, float]], rtt: float, serve: float, end: str) -> Script:
    """A TCP conversation: each turn sends so many bytes, is answered by so many, and then waits."""
    steps = opening(rtt, rtt / 20 + 1e-5)
    wait = 1e-4
    for sent, answered, pause in turns:
        if sent:
            steps += message(True, sent, wait)
        if answered:
            steps += message(False, answered, rtt + serve + (0 if sent else wait))
            steps.append((1e-5, True, 0, ACK))
        elif sent:
            steps.append((rtt, False, 0, ACK))
        wait = pause + 1e-4
    if end == "fin":
        steps += [(wait, True, 0, FIN | ACK), (rtt, False, 0, FIN | ACK), (1e-5, True, 0, ACK)]
    elif end == "server":
        steps += [(rtt, False, 0, FIN | ACK), (1e-5, True, 0, FIN | ACK), (rtt, False, 0, ACK)]
    elif end == "rst":
        steps += [(wait, True, 0, RST | ACK)]
    return written(steps)


def play(
    script: Script, starts: Doubles, first: int, rng: np.random.Generator, loose: float = 0.1, sizes: float = 0.0
) -> Lines:
    """The script once for each start, `first` being the first one's conversation: gaps vary by `loose`, sizes by `sizes`."""
    count, steps = len(starts), len(script.gap_s)
    gaps = script.gap_s * np.exp(rng.normal(0, loose, (count, steps)))
    at = starts[:, None] + np.cumsum(gaps, axis=1)
    payload = np.tile(script.payload, (count, 1))
    if sizes:
        varied = np.maximum(1, payload * np.exp(rng.normal(0, sizes, (count, steps)))).astype(np.int64)
        payload = np.where(payload > 0, np.minimum(varied, SEGMENT + 48), 0)
    numbers = np.repeat(first + np.arange(count), steps)
    return Lines(at.ravel(), numbers, np.tile(script.forward, count), payload.ravel(), np.tile(script.flags, count))


def take(lines: Lines, kept: Ints | Bools) -> Lines:
    return Lines(
        lines.at_s[kept], lines.conversation[kept], lines.forward[kept], lines.payload[kept], lines.flags[kept]
    )


def join(parts: Sequence[Lines]) -> Lines:
    return Lines(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("at_s", "conversation", "forward", "payload", "flags")
        )
    )


def latency(rng: np.random.Generator) -> float:
    return log_uniform(rng, 2e-4, 0.12)


def thread_count(rng: np.random.Generator) -> int:
    return int(log_uniform(rng, 1, 64))


def length_s(script: Script) -> float:
    return float(script.gap_s.sum())


def client_ports(rng: np.random.Generator, count: int) -> list[int]:
    """Of the asking side: one after the other, or at random; each once."""
    first = int(rng.integers(64512))
    chosen = (first + np.arange(count)) % 64512 if chance(rng, 0.5) else rng.permutation(64512)[:count]
    return [int(port) + 1024 for port in chosen]


# ---- packets ----------------------------------------------------------------------------------------------------------------


def assemble(lines: Lines, ends: Sequence[Ends], rng: np.random.Generator) -> Packets:
    """The packets themselves, from time 0 on, of lines in time order; TCP's numbers count what was sent before."""
    count = len(lines.at_s)
    at_us = np.round((lines.at_s - lines.at_s[0]) * 1e6).astype(np.int64)
    four = ends[0].client[:12] == bytes(12)
    protocol = np.asarray([e.protocol for e in ends])[lines.conversation]
    error = lines.flags == ERROR
    sequence, acknowledged = _numbers(lines, protocol == TCP, rng)

    table = np.frombuffer(b"".join(e.client + e.server for e in ends), np.uint8).reshape(-1, 2, 16)
    ports = np.asarray([(e.client_port, e.server_port) for e in ends])
    way = np.where(lines.forward, 0, 1)
    source, destination = table[lines.conversation, way], table[lines.conversation, 1 - way]
    source_port, destination_port = ports[lines.conversation, way], ports[lines.conversation, 1 - way]
    options = 12 if rng.random() < 0.7 else 0

    data = np.zeros((count, packets.HEAD), np.uint8)
    data[:, 0:12] = rng.integers(0, 256, 12, dtype=np.uint8) & 0xFE
    start = 34 if four else 54
    header = np.where(error, 8 + (28 if four else 48), np.where(protocol == TCP, 20 + options, 8))
    below = header + lines.payload
    carried = np.where(error, ICMP4 if four else ICMP6, protocol)
    if four:
        data[:, 12], data[:, 14], data[:, 22] = 8, 0x45, 64
        _put(data, 16, 20 + below, 2)
        data[:, 23], data[:, 26:30], data[:, 30:34] = carried, source[:, 12:], destination[:, 12:]
    else:
        data[:, 12], data[:, 13], data[:, 14], data[:, 21] = 0x86, 0xDD, 0x60, 64
        _put(data, 18, below, 2)
        data[:, 20], data[:, 22:38], data[:, 38:54] = carried, source, destination
    tcp, udp = (protocol == TCP) & ~error, (protocol == UDP) & ~error
    echo = ~tcp & ~udp & ~error
    for mask in (tcp, udp):
        _put(data, start, source_port, 2, mask)
        _put(data, start + 2, destination_port, 2, mask)
    _put(data, start + 4, sequence, 4, tcp)
    _put(data, start + 8, np.where((lines.flags & ACK) != 0, acknowledged, 0), 4, tcp)
    data[tcp, start + 12], data[tcp, start + 13] = (20 + options) // 4 << 4, (lines.flags & 0xFF)[tcp]
    _put(data, start + 14, np.full(count, int(rng.choice([1024, 8192, 29200, 64240, 65535]))), 2, tcp)
    if options:
        data[np.ix_(tcp, range(start + 20, start + 32))] = np.asarray([1, 1, 8, 10, *[0] * 8], np.uint8)
    _put(data, start + 4, below, 2, udp)
    data[echo, start] = np.where(lines.forward, 8 if four else 128, 0 if four else 129)[echo]
    _put(data, start + 4, lines.conversation + 1, 2, echo)
    _quote(data, error, four, start, destination, source, destination_port, source_port, protocol)
    wire = np.maximum(start + below, 60)
    return packets.parse(at_us, wire.astype(np.int64), data)


def _numbers(lines: Lines, tcp: Bools, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Sequence and acknowledgement numbers, in the order of the lines, which is that of time."""
    uses = np.where(tcp, lines.payload + ((lines.flags & SYN) != 0) + ((lines.flags & FIN) != 0), 0)
    order = np.argsort(lines.conversation, kind="stable")
    conversation = lines.conversation[order]
    first = np.flatnonzero(np.r_[True, conversation[1:] != conversation[:-1]])
    lengths = np.diff(np.r_[first, len(order)])

    def before(of: Bools) -> Ints:
        spent = np.where(of, uses, 0)[order]
        total = np.cumsum(spent) - spent
        result = np.empty(len(order), np.int64)
        result[order] = total - np.repeat(total[first], lengths)
        return result

    mine, theirs = before(lines.forward), before(~lines.forward)
    start = int(rng.integers(1, 1 << 31))
    return (
        (start + np.where(lines.forward, mine, theirs)) % (1 << 32),
        (start + np.where(lines.forward, theirs, mine)) % (1 << 32),
    )


def _put(
    data: npt.NDArray[np.uint8], at: int, values: npt.NDArray[np.integer], size: int, mask: Bools | None = None
) -> None:
    """Numbers in network order."""
    whole = np.ascontiguousarray(values.astype(">u4" if size == 4 else ">u2")).view(np.uint8).reshape(-1, size)
    if mask is None:
        data[:, at : at + size] = whole
    else:
        data[mask, at : at + size] = whole[mask]


def _quote(
    data: npt.NDArray[np.uint8],
    error: Bools,
    four: bool,
    start: int,
    source: npt.NDArray[np.uint8],
    destination: npt.NDArray[np.uint8],
    source_port: Ints,
    destination_port: Ints,
    protocol: Ints,
) -> None:
    """Port unreachable, with the headers that it is about. `source` and the others are those of the quoted packet."""
    if not error.any():
        return
    data[error, start], data[error, start + 1] = (3, 3) if four else (1, 4)
    inner = start + 8
    if four:
        data[error, inner], data[error, inner + 8] = 0x45, 64
        _put(data, inner + 2, np.full(len(data), 28), 2, error)
        data[error, inner + 9] = protocol[error]
        data[error, inner + 12 : inner + 16], data[error, inner + 16 : inner + 20] = (
            source[error][:, 12:],
            destination[error][:, 12:],
        )
    else:
        data[error, inner], data[error, inner + 7] = 0x60, 64
        _put(data, inner + 4, np.full(len(data), 8), 2, error)
        data[error, inner + 6] = protocol[error]
        data[error, inner + 8 : inner + 24], data[error, inner + 24 : inner + 40] = source[error], destination[error]
    after = inner + (20 if four else 40)
    _put(data, after, source_port, 2, error)
    _put(data, after + 2, destination_port, 2, error)
    _put(data, after + 4, np.full(len(data), 8), 2, error)
