# SPDX-License-Identifier: Apache-2.0
"""Sets attack episodes one by one onto normal traffic, packet by packet, before any feature is computed.

Recorded back to back, every episode inherits the host context that the one before it left at the victim, and a model is
flattered. So each episode is cut out of its recording and becomes a *scene* of its own: a minute of normal traffic, the
episode on top of normal traffic, a few seconds after. Each is a capture of its own, over which `weir extract` runs: context
is computed exactly as the sensor does.

A scene may change what must not matter: the attacker takes the address of a busy normal host (behind NAT, or compromised),
the normal traffic is another network's, the victim one of its servers, the episode runs faster or slower.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from weir import label, packets
from weir.packets import ICMP4, ICMP6, Packets
from weir.preprocess import Bools

BEFORE_S = 75  # longer than the longest context window
AFTER_S = 8
LONGEST_S = 110  # of an episode
MOST_PACKETS = 9000  # of an episode: enough of a flood
_FEWEST_SOURCES, _MOST_SOURCES = 6, 600  # of an attack that many hosts make together
_MADE_TOGETHER = ("scan", "brute_force", "flood", "slow_http", "web_attack")
_STRAGGLE_US = 60_000_000
_BEGIN_US = 1_000_000_000_000_000


@dataclass(frozen=True)
class Episode:
    """One run of one tool: its packets, from time 0 on."""

    recording: str
    network: str
    episode_id: str
    label: str
    tool: str
    technique: str
    packets: Packets
    attackers: Sequence[bytes]
    victims: Sequence[bytes]  # the most asked first
    port: int  # the victim's, where one is asked; else 0


@dataclass(frozen=True)
class Ground:
    """The normal traffic of a network, to set episodes on."""

    name: str
    network: str
    packets: Packets
    clients: dict[int, list[bytes]]  # IP version -> hosts that start most flows
    servers: dict[int, list[tuple[bytes, int]]]  # IP version -> most asked (address, port)


@dataclass(frozen=True)
class Scene:
    ground: str
    network: str  # of the ground
    episode: Episode | None
    variant: str  # separate | shared | moved | spread | woven | normal
    begin_us: int
    first_us: int  # of the episode; of the time that counts, for normal scenes
    end_us: int
    attack_keys: frozenset[int]
    hosts: frozenset[bytes]  # attackers and victims as they appear here


def split(whole: Packets, recording: str, network: str, label_file: Path | None) -> tuple[Packets, list[Episode]]:
    """The normal packets of a recording, and its episodes."""
    if label_file is None:
        return whole, []
    legs = label.read_legs(label_file)
    techniques = label.techniques(label_file)
    leg_of = _legs_of(whole, legs)
    ids = np.asarray([leg.episode_id for leg in legs] + [""], dtype=object)[leg_of]
    episodes = []
    for name in sorted(set(ids) - {""}):
        own = whole.take(ids == name)
        leg = next(item for item in legs if item.episode_id == name)
        episodes.append(_episode(own, recording, network, name, leg, techniques.get(name, "")))
    return whole.take(leg_of < 0), episodes


def _legs_of(whole: Packets, legs: Sequence[label.Leg]) -> packets.Ints:
    """For each packet the number of its leg, -1 for none. A conversation stays with the episode in which it began."""
    found = np.full(len(whole), -1, dtype=np.int64)
    source, destination = _Addresses(whole.source), _Addresses(whole.destination)
    for number, leg in sorted(enumerate(legs), key=lambda item: item[1].start_us):
        mask = (whole.protocol == leg.protocol) & (whole.at_us >= leg.start_us) & (whole.at_us <= leg.end_us)
        if not mask.any():
            continue
        forward = source.within(leg.attacker) & destination.within(leg.victim)
        backward = source.within(leg.victim) & destination.within(leg.attacker)
        for mine, theirs, way in (
            (whole.source_port, whole.destination_port, 0),
            (whole.destination_port, whole.source_port, 1),
        ):
            ports = np.ones(len(whole), np.bool_)
            if leg.attacker_port is not None:
                ports &= mine == leg.attacker_port
            if leg.victim_port is not None:
                ports &= theirs == leg.victim_port
            found[mask & ports & (backward if way else forward)] = number
    keys = whole.flow_keys()
    order = np.lexsort((whole.at_us, keys))
    last_key, last_leg, last_at = np.uint64(0), -1, 0
    for n in order:
        follows = keys[n] == last_key and last_leg >= 0 and whole.at_us[n] - last_at < _STRAGGLE_US
        if found[n] < 0 and follows and whole.protocol[n] not in (ICMP4, ICMP6):
            found[n] = last_leg
        last_key, last_leg, last_at = keys[n], found[n], whole.at_us[n]
    return found


class _Addresses:
    """A column of packed addresses; each distinct one is looked at once."""

    def __init__(self, column: npt.NDArray[np.void]) -> None:
        halves = column.view(np.uint64).reshape(-1, 2)
        mixed = halves[:, 0] * np.uint64(0x9E3779B97F4A7C15) + halves[:, 1]
        _, first, self._codes = np.unique(mixed, return_index=True, return_inverse=True)
        self.texts = [column[n].tobytes() for n in first]

    def within(self, network: label.Network) -> Bools:
        low, high = int(network.network_address), int(network.broadcast_address)
        four = network.version == 4
        inside = [(text[:12] == bytes(12)) == four and low <= int.from_bytes(text) <= high for text in self.texts]
        return np.asarray(inside, np.bool_)[self._codes]


def _episode(own: Packets, recording: str, network: str, name: str, leg: label.Leg, technique: str) -> Episode:
    first = int(own.at_us[0])
    keep = np.flatnonzero(own.at_us - first <= LONGEST_S * 1_000_000)[:MOST_PACKETS]
    own = own.take(keep).at(own.at_us[keep] - first)
    texts: Counter[bytes] = Counter(own.source.tolist()) + Counter(own.destination.tolist())
    low, high = int(leg.attacker.network_address), int(leg.attacker.broadcast_address)
    attackers = [t for t, _ in texts.most_common() if low <= int.from_bytes(t) <= high]
    victims = [t for t, _ in texts.most_common() if t not in attackers]
    return Episode(
        recording,
        network,
        f"{recording}/{name}",
        leg.label,
        leg.tool,
        technique,
        own,
        attackers,
        victims,
        leg.victim_port or 0,
    )


def ground(name: str, network: str, normal: Packets) -> Ground:
    keys = normal.flow_keys()
    _, first = np.unique(keys, return_index=True)
    clients: dict[int, list[bytes]] = {}
    servers: dict[int, list[tuple[bytes, int]]] = {}
    for version in (4, 6):
        chosen = first[(normal.version[first] == version) & np.isin(normal.protocol[first], (6, 17))]
        senders = Counter(normal.source[chosen].tolist())
        asked = Counter(zip(normal.destination[chosen].tolist(), normal.destination_port[chosen].tolist(), strict=True))
        clients[version] = [a for a, _ in senders.most_common(8)]
        servers[version] = [s for s, _ in asked.most_common(20) if s[0][12] < 224]
    return Ground(name, network, normal, clients, servers)


@dataclass(frozen=True)
class Composed:
    scene: Scene
    packets: Packets


def compose(base: Ground, episode: Episode, variant: str, rng: np.random.Generator, speed: float = 1.0) -> Composed:
    """Every choice comes from `rng`."""
    changes = _changes(base, episode, variant, rng)
    own = packets.readdress(episode.packets, changes)
    times = (own.at_us / speed).astype(np.int64)
    duration = min(int(times[-1]), LONGEST_S * 1_000_000)
    own, times = own.take(times <= duration), times[times <= duration]
    # Windows of context lie at multiples of their length: where a scene begins among them must not matter.
    begin = _BEGIN_US + int(rng.integers(0, 60_000_000))
    first = begin + BEFORE_S * 1_000_000 + int(rng.integers(0, 10_000_000))
    end = first + duration + AFTER_S * 1_000_000
    own = own.at(times + first)
    keys = frozenset(own.flow_keys().tolist())
    hosts = frozenset(changes.get(a, a) for a in (*episode.attackers, *episode.victims[:50]))
    scene = Scene(base.name, base.network, episode, variant, begin, first, end, keys, hosts)
    return Composed(scene, packets.merge([_window(base.packets, begin, end, rng), own]))


def can_spread(episode: Episode) -> bool:
    """Whether it is an attack that many hosts make together, with enough conversations for them."""
    if episode.label not in _MADE_TOGETHER or not episode.attackers:
        return False
    return len(np.unique(packets.port_of(episode.packets, episode.attackers))) >= 2 * _FEWEST_SOURCES


def from_many(base: Ground, episode: Episode, rng: np.random.Generator, speed: float = 1.0) -> Composed:
    """The same attack by many hosts, as a botnet makes it: each of its conversations comes from one of some hundred addresses."""
    count = int(log_uniform(rng, _FEWEST_SOURCES, _MOST_SOURCES))
    four = episode.attackers[0][:12] == bytes(12)
    stand_ins = [somewhere(four, rng) for _ in range(count)]
    ports = packets.port_of(episode.packets, episode.attackers)
    _, place = np.unique(ports, return_inverse=True)
    turn = rng.integers(0, count, int(place.max()) + 1)[place]
    own = packets.spread(episode.packets, episode.attackers, stand_ins, turn)
    return compose(base, replace(episode, packets=own, attackers=stand_ins), "spread", rng, speed)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def somewhere(four: bool, rng: np.random.Generator) -> bytes:
    """An address of ranges that no network of the lab has."""
    last = rng.integers(0, 256, 2, dtype=np.uint8).tobytes()
    return bytes(12) + bytes([100, 64]) + last if four else bytes([0x20, 1, 0xD, 0xB8, 0xFF]) + bytes(9) + last


def alone(base: Ground, most_s: float = 1e9) -> Composed:
    """The normal traffic alone, from its beginning."""
    times = base.packets.at_us - base.packets.at_us[0]
    kept = times <= most_s * 1e6
    begin, end = _BEGIN_US, _BEGIN_US + int(times[kept][-1])
    scene = Scene(base.name, base.network, None, "normal", begin, begin, end, frozenset(), frozenset())
    return Composed(scene, base.packets.take(kept).at(times[kept] + begin))


def bare(episode: Episode, rng: np.random.Generator) -> Composed:
    """The episode and nothing else, as captures of attacks often are."""
    begin = _BEGIN_US + int(rng.integers(0, 60_000_000))
    own = episode.packets.at(episode.packets.at_us + begin)
    hosts = frozenset((*episode.attackers, *episode.victims[:50]))
    scene = Scene(
        "none",
        episode.network,
        episode,
        "bare",
        begin,
        begin,
        int(own.at_us[-1]),
        frozenset(own.flow_keys().tolist()),
        hosts,
    )
    return Composed(scene, own)


def glimpse(base: Ground, rng: np.random.Generator, *hosts: bytes) -> Composed:
    """A piece of normal traffic that begins cold: half a minute to four; of one host, or of two with each other, where given."""
    normal = base.packets
    for host in hosts:
        mine = np.void(host)
        normal = normal.take((normal.source == mine) | (normal.destination == mine))
    start, stop = int(normal.at_us[0]), int(normal.at_us[-1])
    need = int(rng.uniform(30, 240) * 1e6)
    at = start + int(rng.integers(0, max(stop - start - need, 1)))
    low, high = np.searchsorted(normal.at_us, (at, at + need))
    high = max(high, low + 1)
    begin = _BEGIN_US + int(rng.integers(0, 60_000_000))
    piece = normal.take(np.arange(low, high)).at(normal.at_us[low:high] - at + begin)
    scene = Scene(
        f"{base.name}+glimpse", base.network, None, "normal", begin, begin, begin + need, frozenset(), frozenset()
    )
    return Composed(scene, piece)


def hosts_of(base: Ground, rng: np.random.Generator, count: int) -> list[bytes]:
    """Some hosts that start flows: the busiest, and others."""
    _, first = np.unique(base.packets.flow_keys(), return_index=True)
    senders = Counter(base.packets.source[first[base.packets.version[first] > 0]].tolist())
    named = [a for a, flows in senders.most_common() if flows >= 5]
    busiest, others = named[: count // 2], named[count // 2 :]
    rng.shuffle(others)
    return busiest + others[: count - len(busiest)]


def pairs_of(base: Ground, rng: np.random.Generator, count: int) -> list[tuple[bytes, bytes]]:
    """Some pairs of hosts that talk with each other; the busiest among them."""
    _, first = np.unique(base.packets.flow_keys(), return_index=True)
    first = first[(base.packets.version[first] > 0)]
    ends = zip(base.packets.source[first].tolist(), base.packets.destination[first].tolist(), strict=True)
    named = [pair for pair, flows in Counter(ends).most_common() if flows >= 4]
    busiest, others = named[: count // 2], named[count // 2 :]
    rng.shuffle(others)
    return busiest + [tuple(pair) for pair in others[: count - len(busiest)]]


def _changes(base: Ground, episode: Episode, variant: str, rng: np.random.Generator) -> dict[bytes, bytes]:
    changes: dict[bytes, bytes] = {}
    if not episode.attackers:
        return changes
    version = 4 if episode.attackers[0][:12] == bytes(12) else 6
    if variant == "moved" and len(episode.victims) <= 4 and rng.random() < 0.8:
        servers = base.servers[version]
        fitting = [a for a, port in servers if port == episode.port] or [a for a, _ in servers]
        if fitting:
            changes[episode.victims[0]] = fitting[int(rng.integers(len(fitting)))]
    share = variant == "shared" or (variant == "moved" and rng.random() < 0.5)
    busy = [a for a in base.clients[version] if a not in episode.victims and a not in changes.values()]
    if share and busy:
        stand_in = busy[int(rng.integers(min(len(busy), 5)))]
        changes |= dict.fromkeys(episode.attackers, stand_in)
    return changes


def _window(normal: Packets, begin: int, end: int, rng: np.random.Generator) -> Packets:
    """As many seconds of normal traffic as lie between the two times, from a random place on."""
    start, stop = int(normal.at_us[0]), int(normal.at_us[-1])
    need = end - begin
    at = start + int(rng.integers(0, max(stop - start - need, 1)))
    low, high = np.searchsorted(normal.at_us, (at, at + need))
    return normal.take(np.arange(low, high)).at(normal.at_us[low:high] - at + begin)


# ---- normal traffic that is told otherwise -----------------------------------------------------------------------------------


def behind_nat(base: Ground) -> Ground:
    """All busy clients behind one address of each IP version."""
    changes = {a: base.clients[v][0] for v in (4, 6) if base.clients[v] for a in base.clients[v]}
    return ground(f"{base.name}+nat", base.network, packets.readdress(base.packets, changes))


def crowd(base: Ground, rng: np.random.Generator) -> Ground:
    """Clients that come, ask for some seconds and are never seen again, as at a public site: an address for each such visit."""
    normal = base.packets
    keys = normal.flow_keys()
    _, first, flow = np.unique(keys, return_index=True, return_inverse=True)
    servers = {a for v in (4, 6) for a, _ in base.servers[v]}
    asks = packets.is_one_of(normal.destination[first], servers) & ~packets.is_one_of(normal.source[first], servers)
    asks &= normal.protocol[first] == packets.TCP
    length = log_uniform(rng, 2.0, 40.0) * 1e6
    sources = normal.source[first]
    visits: dict[tuple[bytes, int], int] = {}
    turns = np.zeros(len(first), np.int64)
    for n in np.flatnonzero(asks):
        visit = (sources[n].tobytes(), int(normal.at_us[first[n]] / length))
        turns[n] = visits.setdefault(visit, len(visits))
    changed = asks[flow]
    part = normal.take(changed)
    clients = sorted({sources[n].tobytes() for n in np.flatnonzero(asks)})
    stand_ins = [somewhere(four, rng) for four in (True, False) for _ in range(max(len(visits), 1))]
    told = packets.spread(part, clients, stand_ins, turns[flow][changed])
    return ground(f"{base.name}+crowd", base.network, packets.merge([normal.take(~changed), told]))


def twice(base: Ground, rng: np.random.Generator) -> Ground:
    """A busier network: the same traffic at another time on top, from other clients to the same servers."""
    normal = base.packets
    _, first = np.unique(normal.flow_keys(), return_index=True)
    senders = {normal.source[n].tobytes() for n in first}
    servers = {a for v in (4, 6) for a, _ in base.servers[v]}
    changes = {a: a[:-2] + bytes([a[-2] ^ 0x55, a[-1]]) for a in senders - servers}
    other = packets.readdress(normal, changes)
    span = int(normal.at_us[-1] - normal.at_us[0])
    turn = int(rng.integers(span // 4, span // 2))
    times = (other.at_us - normal.at_us[0] + turn) % span + normal.at_us[0]
    order = np.argsort(times, kind="stable")
    return ground(f"{base.name}+twice", base.network, packets.merge([normal, other.take(order).at(times[order])]))


def faster(base: Ground, speed: float) -> Ground:
    times = base.packets.at_us
    scaled = times[0] + ((times - times[0]) / speed).astype(np.int64)
    return ground(f"{base.name}+x{speed:g}", base.network, base.packets.at(scaled))
