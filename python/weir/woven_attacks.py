# SPDX-License-Identifier: Apache-2.0
"""The classes of attack from which weave.py draws: what makes each of its class is fixed, all else is not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from weir.compose import MOST_PACKETS, log_uniform
from weir.conversations import (
    ACK,
    ERROR,
    FIN,
    PSH,
    RST,
    SEGMENT,
    SYN,
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
    length_s,
    message,
    opening,
    play,
    thread_count,
    written,
)
from weir.packets import TCP, UDP

_SERVICES = (21, 22, 23, 25, 80, 110, 143, 389, 443, 445, 993, 1433, 1883, 3306, 3389, 5432, 5900, 6379, 8080, 8443)
_UDP_SERVICES = (53, 69, 123, 137, 161, 389, 443, 500, 514, 1194, 1900, 3478, 5060, 5353, 11211)


def _scan(where: Where, rng: np.random.Generator) -> Made:
    """Hosts, ports or both, once each; most say nothing, refuse or are not there."""
    attacker, rate = where.attacker(rng), log_uniform(rng, 0.4, 3000)
    hosts = 1 if chance(rng, 0.45) else int(log_uniform(rng, 3, 400))
    ports = int(log_uniform(rng, 8, 3000)) if hosts == 1 else int(log_uniform(rng, 1, 20))
    kind = str(rng.choice(["syn", "connect", "udp", "icmp", "odd"], p=[0.35, 0.25, 0.18, 0.12, 0.1]))
    low = int(rng.integers(1, 2000))
    asked = low + np.arange(ports) if chance(rng, 0.4) else rng.choice(10000, ports, replace=False) + 1
    pairs = [(host, int(port)) for host in where.targets(hosts, attacker, rng) for port in asked]
    if kind == "icmp":
        pairs = [(host, 0) for host in where.targets(max(hosts, 8), attacker, rng)]
    if chance(rng, 0.6):
        rng.shuffle(pairs)
    starts = at_rate(rng, len(pairs), rate)
    pairs, starts = pairs[: len(starts)], starts[: len(pairs)]
    rtt, own = latency(rng), client_ports(rng, len(pairs))
    # How the targets take it: silence, refusal or a reply.
    outcome = rng.choice(3, len(pairs), p=rng.dirichlet([1.2, 1.5, 0.35]))
    if chance(rng, 0.4):
        own = own[:1] * len(own)
    protocol = {"udp": UDP, "icmp": where.icmp}.get(kind, TCP)
    ends = [
        Ends(attacker, host, 0 if protocol == where.icmp else mine, port, protocol)
        for (host, port), mine in zip(pairs, own, strict=True)
    ]
    parts = []
    odd = int(rng.choice([FIN, 0, FIN | PSH | 32, ACK, FIN | ACK]))
    size = int(rng.choice([0, 8, 30, 60, 120]))
    retries = int(rng.integers(0, 3))
    for result in range(3):
        chosen = np.flatnonzero(outcome == result)
        if not len(chosen):
            continue
        if kind in ("udp", "icmp"):
            steps = [(0.0, True, size, 0)]
            if result == 2 or (kind == "icmp" and result == 1):
                steps.append((rtt, False, max(size, 8), 0))
            elif result == 1:
                steps.append((rtt, False, 0, ERROR))
            elif retries:
                steps += [(1.0, True, size, 0)] * retries
        elif kind == "odd":
            steps = [(0.0, True, 0, odd)] + ([(rtt, False, 0, RST | ACK)] if result else [])
        elif result == 0:
            steps = [(0.0, True, 0, SYN)] + [(1.0 + n, True, 0, SYN) for n in range(retries)]
        elif result == 1:
            steps = [(0.0, True, 0, SYN), (rtt, False, 0, RST | ACK)]
        else:
            steps = [(0.0, True, 0, SYN), (rtt, False, 0, SYN | ACK)]
            if kind == "connect":
                steps += [(1e-5, True, 0, ACK)]
                if chance(rng, 0.3):
                    steps += [(rtt, False, int(log_uniform(rng, 10, 120)), PSH | ACK), (1e-5, True, 0, ACK)]
                steps += [(1e-4, True, 0, int(rng.choice([FIN | ACK, RST | ACK]))), (rtt, False, 0, FIN | ACK)]
            else:
                steps += [(1e-5, True, 0, RST)]
        lines = play(written(steps), starts[chosen], 0, rng)
        parts.append(replace(lines, conversation=chosen[lines.conversation]))
    return join(parts), ends, [attacker], f"{kind}; hosts={hosts}; ports={ports}; {rate:.3g}/s"


def _service(where: Where, rng: np.random.Generator) -> tuple[bytes, int]:
    address, port = where.server(rng)
    return (address, port) if chance(rng, 0.6) else (address, int(rng.choice(_SERVICES)))


def _perhaps_secure(rng: np.random.Generator) -> list[tuple[int, int, float]]:
    """The turns of a TLS handshake, or none."""
    if not chance(rng, 0.5):
        return []
    return [(int(rng.integers(200, 600)), int(rng.integers(900, 4000)), 1e-3), (80, 60, 1e-3)]


def _brute_force(where: Where, rng: np.random.Generator) -> Made:
    """The same short talk over and over, but for a word or two."""
    attacker = where.attacker(rng)
    victims = [_service(where, rng) for _ in range(1 if chance(rng, 0.7) else int(rng.integers(2, 7)))]
    rtt, serve = latency(rng), log_uniform(rng, 1e-3, 1.5)
    greeted = chance(rng, 0.5)
    talk = [
        (
            0 if n == 0 and greeted else int(log_uniform(rng, 6, 700)),
            int(log_uniform(rng, 6, 1800)),
            log_uniform(rng, 1e-4, 0.05),
        )
        for n in range(int(rng.integers(1, 12)))
    ]
    tries = 1 if chance(rng, 0.6) else int(rng.integers(2, 12))
    talk = talk[:-1] + [(max(talk[-1][0], 8), talk[-1][1], log_uniform(rng, 1e-3, 2))] * tries
    script = dialogue(talk, rtt, serve, str(rng.choice(["fin", "server", "rst"])))
    rate = min(log_uniform(rng, 0.25, 60), thread_count(rng) / length_s(script))
    starts = at_rate(rng, int(log_uniform(rng, 8, 1500)), rate)
    asked = [victims[n % len(victims)] for n in range(len(starts))]
    own = client_ports(rng, len(asked))
    ends = [Ends(attacker, address, mine, port, TCP) for (address, port), mine in zip(asked, own, strict=True)]
    lines = play(script, starts, 0, rng, rng.uniform(0.02, 0.4), float(rng.choice([0.0, 0.02, 0.1])))
    return lines, ends, [attacker], f"{victims[0][1]}; hosts={len(victims)}; tries={tries}; {rate:.3g}/s"


def _flood(where: Where, rng: np.random.Generator) -> Made:
    """More than can be meant: packets that nobody asked for, or requests without end."""
    attacker, (victim, port) = where.attacker(rng), _service(where, rng)
    kind = str(
        rng.choice(
            ["syn", "udp", "icmp", "junk", "reflected", "http", "hold"], p=[0.2, 0.2, 0.12, 0.1, 0.14, 0.16, 0.08]
        )
    )
    rate, rtt = log_uniform(rng, 20, 6000), latency(rng)
    answered = chance(rng, 0.4)
    if kind in ("http", "hold"):
        rate = log_uniform(rng, 12, 400)
        sent, size = int(log_uniform(rng, 60, 600)), int(log_uniform(rng, 100, 12000))
        turns = [(sent, size, 0.001)] * (1 if chance(rng, 0.7) else int(rng.integers(2, 30)))
        script = dialogue(turns, rtt, log_uniform(rng, 1e-4, 0.1), str(rng.choice(["fin", "server", "rst"])))
        if kind == "hold":
            script = dialogue([], rtt, 0.0, "open")
        starts = at_rate(rng, MOST_PACKETS // len(script.gap_s), rate)
        ends = [Ends(attacker, victim, own, port, TCP) for own in client_ports(rng, len(starts))]
        return play(script, starts, 0, rng, 0.2, 0.02), ends, [attacker], f"{kind}; {rate:.3g}/s"
    starts = at_rate(rng, MOST_PACKETS // 2 if answered else MOST_PACKETS, rate)
    size = int(rng.choice([0, 1, 16, 120, 512, 1024, 1400]))
    if kind == "reflected":
        reflectors = sorted({where.outside(rng) for _ in range(int(log_uniform(rng, 1, 300)))})
        served, own = int(rng.choice(_UDP_SERVICES)), client_ports(rng, len(reflectors))
        if chance(rng, 0.8):
            own = own[:1] * len(own)
        ends = [Ends(r, victim, served, p, UDP) for r, p in zip(reflectors, own, strict=True)]
        which = rng.integers(0, len(ends), len(starts))
        sizes = rng.integers(90, 1400) if chance(rng, 0.5) else np.asarray(rng.integers(90, 1400, len(starts)))
        lines = Lines(
            starts,
            which,
            np.ones(len(starts), np.bool_),
            np.broadcast_to(sizes, len(starts)).astype(np.int64),
            np.zeros(len(starts), np.int64),
        )
        if answered:
            errors = rng.random(len(starts)) < 0.3
            back = Lines(
                starts[errors] + rtt / 9,
                which[errors],
                np.zeros(errors.sum(), np.bool_),
                np.zeros(errors.sum(), np.int64),
                np.full(errors.sum(), ERROR),
            )
            lines = join([lines, back])
        return lines, ends, reflectors, f"reflected by {len(reflectors)}; {rate:.3g}/s"
    protocol = {"udp": UDP, "icmp": where.icmp}.get(kind, TCP)
    flows = 1 if kind == "icmp" or chance(rng, 0.35) else len(starts)
    ends = [
        Ends(attacker, victim, 0 if kind == "icmp" else own, 0 if kind == "icmp" else port, protocol)
        for own in client_ports(rng, flows)
    ]
    if kind == "udp" and chance(rng, 0.3):
        ends = [Ends(e.client, e.server, e.client_port, int(rng.integers(1, 65536)), UDP) for e in ends]
    flags = {"syn": SYN, "junk": int(rng.choice([ACK, PSH | ACK, RST, FIN | ACK]))}.get(kind, 0)
    payload = 0 if kind == "syn" else size
    steps = [(0.0, True, payload, flags)]
    if answered:
        reply = {
            "syn": (rtt, False, 0, int(rng.choice([SYN | ACK, RST | ACK]))),
            "icmp": (rtt, False, size, 0),
            "junk": (rtt, False, 0, RST),
            "udp": (rtt, False, 0, ERROR),
        }
        steps.append(
            reply[kind] if kind != "udp" or chance(rng, 0.5) else (rtt, False, int(log_uniform(rng, 20, 600)), 0)
        )
    lines = play(written(steps), starts, 0, rng)
    return (
        replace(lines, conversation=lines.conversation % flows),
        ends,
        [attacker],
        f"{kind}; {size} B; {rate:.3g}/s",
    )


def _slow_http(where: Where, rng: np.random.Generator) -> Made:
    """Many connections that never come to an end."""
    attacker, (victim, _) = where.attacker(rng), where.server(rng)
    port = int(rng.choice([80, 443, 8000, 8080, 8443]))
    every, rtt = log_uniform(rng, 0.8, 20), latency(rng)
    reads = chance(rng, 0.25)
    first = (int(log_uniform(rng, 60, 500)), int(log_uniform(rng, 400, 4000)) if reads else 0, every)
    turns = [first] + [
        (0 if reads else int(log_uniform(rng, 1, 60)), int(log_uniform(rng, 1, 200)) if reads else 0, every)
    ] * int(90 / every)
    starts = at_rate(rng, int(log_uniform(rng, 12, 400)), log_uniform(rng, 2, 200))
    ends = [Ends(attacker, victim, own, port, TCP) for own in client_ports(rng, len(starts))]
    lines = play(dialogue(turns, rtt, 0.0, str(rng.choice(["open", "server"]))), starts, 0, rng, rng.uniform(0.02, 0.3))
    return lines, ends, [attacker], f"{'read' if reads else 'write'}; {len(starts)}; every {every:.1f} s"


def _web_attack(where: Where, rng: np.random.Generator) -> Made:
    """Requests that guess: for what is there, or for what the program does with them."""
    attacker, (victim, _) = where.attacker(rng), where.server(rng)
    port, rtt, rate = int(rng.choice([80, 443, 8000, 8080, 8180, 8443])), latency(rng), log_uniform(rng, 0.6, 80)
    guesses = chance(rng, 0.5)
    sent = int(log_uniform(rng, 80, 400)) if guesses else int(log_uniform(rng, 250, 4000))
    size = int(log_uniform(rng, 150, 900)) if guesses else int(log_uniform(rng, 200, 9000))
    secure = _perhaps_secure(rng)
    kept = 1 if chance(rng, 0.45) else int(log_uniform(rng, 2, 200))
    turns = [
        (
            max(20, int(sent * np.exp(rng.normal(0, 0.05 if guesses else 0.25)))),
            max(60, int(size * np.exp(rng.normal(0, 0.1)))),
            log_uniform(rng, 1e-4, 0.2),
        )
        for _ in range(kept)
    ]
    script = dialogue([*secure, *turns], rtt, log_uniform(rng, 5e-4, 0.3), str(rng.choice(["fin", "server", "rst"])))
    each = max(min(rate / kept, thread_count(rng) / length_s(script)), 0.03)
    starts = at_rate(rng, max(int(log_uniform(rng, 25, 1500) / kept), 1), each)
    ends = [Ends(attacker, victim, own, port, TCP) for own in client_ports(rng, len(starts))]
    lines = play(script, starts, 0, rng, 0.25, 0.05 if guesses else 0.25)
    return lines, ends, [attacker], f"{'guesses' if guesses else 'parameters'}; a connection {kept}; {rate:.3g}/s"


def _tunnel(where: Where, rng: np.random.Generator) -> Made:
    """Something else inside of names, echoes or a connection that is never done."""
    inside, outside = where.client(rng), where.outside(rng)
    kind, rtt, rate = (
        str(rng.choice(["dns", "icmp", "tcp"], p=[0.45, 0.25, 0.3])),
        log_uniform(rng, 2e-3, 0.12),
        log_uniform(rng, 0.5, 60),
    )
    starts = at_rate(rng, MOST_PACKETS // 2, rate)
    if chance(rng, 0.4):  # it rests
        period, share = log_uniform(rng, 4, 30), rng.uniform(0.3, 0.9)
        starts = starts[(starts % period) < share * period]
    count = len(starts)
    up, down = int(log_uniform(rng, 80, 230)), int(log_uniform(rng, 70, 1200))
    if kind == "dns":
        to, port = (outside, 53) if chance(rng, 0.5) else (where.server(rng)[0], 53)
        flows = 1 if chance(rng, 0.4) else count
        ends = [Ends(inside, to, own, port, UDP) for own in client_ports(rng, max(flows, 1))]
    elif kind == "icmp":
        ends, (up, down) = (
            [Ends(inside, outside, 0, 0, where.icmp)],
            (int(log_uniform(rng, 40, 1400)), int(log_uniform(rng, 40, 1400))),
        )
    else:
        ends = [
            Ends(
                inside,
                outside,
                client_ports(rng, 1)[0],
                int(rng.choice([22, 53, 80, 443, 993, 1194, 8443, 9001])),
                TCP,
            )
        ]
        up, down = int(log_uniform(rng, 40, 1300)), int(log_uniform(rng, 40, 1300))
    bulk = rng.random(count) < rng.uniform(0, 0.6)
    least = 0.75 if kind == "dns" else 0.2  # an ordinary question is shorter
    sizes = [np.where(bulk, full, np.maximum(8, full * rng.uniform(least, 1))).astype(np.int64) for full in (up, down)]
    flags = PSH | ACK if kind == "tcp" else 0
    number = np.arange(count) % len(ends)
    ask = Lines(starts, number, np.ones(count, np.bool_), sizes[0], np.full(count, flags))
    say = Lines(
        starts + rtt * np.exp(rng.normal(0, 0.2, count)),
        number,
        np.zeros(count, np.bool_),
        sizes[1],
        np.full(count, flags),
    )
    parts = [ask, say]
    if kind == "tcp":
        parts.insert(0, play(dialogue([], rtt, 0.0, "open"), np.asarray([starts[0] - 3 * rtt - 0.01]), 0, rng, 0.0))
    return join(parts), ends, [inside], f"{kind}; {up}/{down} B; {rate:.3g}/s"


def _beacon(where: Where, rng: np.random.Generator) -> Made:
    """A few bytes out and back, again and again, to one place outside."""
    inside, outside = where.client(rng), where.outside(rng)
    period, jitter, rtt = (
        log_uniform(rng, 0.8, 20),
        float(rng.choice([0.0, 0.05, 0.1, 0.3, 0.5])),
        log_uniform(rng, 2e-3, 0.15),
    )
    count = max(int(rng.uniform(40, 105) / period), 5)
    starts = np.cumsum(period * (1 + jitter * rng.uniform(-1, 1, count)))
    kept = chance(rng, 0.5)
    port = int(rng.choice([80, 443, 443, 8080, 4444, 1883, 6667, 8443]))
    sent, size = int(log_uniform(rng, 16, 500)), int(log_uniform(rng, 8, 900))
    if kept:
        ends = [Ends(inside, outside, client_ports(rng, 1)[0], port, TCP)]
        pauses = np.diff(starts, append=starts[-1] + period)
        turns = [(sent, size, float(p)) for p in pauses]
        return (
            play(dialogue(turns, rtt, 1e-3, "open"), starts[:1], 0, rng, 0.02, 0.02),
            ends,
            [inside],
            f"kept; every {period:.1f} s",
        )
    ends = [Ends(inside, outside, own, port, TCP) for own in client_ports(rng, len(starts))]
    secure = _perhaps_secure(rng)
    script = dialogue([*secure, (sent, size, 1e-3)], rtt, 2e-3, "fin")
    return (
        play(script, starts, 0, rng, 0.1, float(rng.choice([0.0, 0.02, 0.2]))),
        ends,
        [inside],
        f"new; every {period:.1f} s",
    )


def _exfiltration(where: Where, rng: np.random.Generator) -> Made:
    """Much out, little back, to where nothing went before."""
    inside = where.client(rng)
    to = where.outside(rng) if chance(rng, 0.75) else where.server(rng)[0]
    port, rtt = (
        int(rng.choice([20, 21, 22, 80, 443, 443, 445, 873, 2022, 8080, 8443, 9000])),
        log_uniform(rng, 1e-3, 0.12),
    )
    total, pieces = log_uniform(rng, 2e5, 8e6), int(log_uniform(rng, 1, 20))
    rate = log_uniform(rng, 5e4, 2e7)
    each = max(int(total / pieces), 1000)
    gap = SEGMENT / rate
    steps = opening(rtt, 1e-5)
    sent, size = int(log_uniform(rng, 30, 600)), int(log_uniform(rng, 30, 3000))
    for _ in range(int(rng.integers(0, 6))):
        steps += [*message(True, sent, 1e-3), *message(False, size, rtt), (1e-5, True, 0, ACK)]
    for n in range(min(each // SEGMENT + 1, MOST_PACKETS // 2)):
        steps.append((gap, True, min(SEGMENT, max(each - n * SEGMENT, 1)), ACK | (PSH if n % 8 == 7 else 0)))
        if n % 2 == 1:
            steps.append((rtt / 50, False, 0, ACK))
    if chance(rng, 0.7):
        steps += [
            *message(False, int(log_uniform(rng, 10, 400)), rtt),
            (1e-4, True, 0, FIN | ACK),
            (rtt, False, 0, FIN | ACK),
            (1e-5, True, 0, ACK),
        ]
    took = sum(step[0] for step in steps)
    starts = np.cumsum(np.full(pieces, took + log_uniform(rng, 0.05, 8)))
    ends = [Ends(inside, to, own, port, TCP) for own in client_ports(rng, len(starts))]
    return (
        play(written(steps), starts, 0, rng, 0.2),
        ends,
        [inside],
        f"bytes={int(total)}; pieces={pieces}; {rate:.3g} B/s",
    )


CLASSES: dict[str, Callable[[Where, np.random.Generator], Made]] = {
    "scan": _scan,
    "brute_force": _brute_force,
    "flood": _flood,
    "slow_http": _slow_http,
    "web_attack": _web_attack,
    "tunnel": _tunnel,
    "beacon": _beacon,
    "exfiltration": _exfiltration,
}
