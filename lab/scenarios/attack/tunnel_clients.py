# SPDX-License-Identifier: Apache-2.0
"""Tunnels through DNS by dig and the program `whisper`, through echoes by ping and `whisper`: other framing, sizes and rests than iodine."""

from __future__ import annotations

from random import Random

from lab.scenarios.attack.targets import far_place
from lab.scenarios.scenario import ICMP4, UDP, Attack, AttackDraft, Leg, Scene


def _name_server(scene: Scene, chance: Random) -> tuple[str, str, str] | None:
    """Where questions go (the network's resolver, or straight to a far name server), a zone, and words for it."""
    net = scene.network
    resolvers, ends = net.serving("unbound"), net.serving("nsd")
    if not resolvers or not ends or scene.host in (*ends, *resolvers):
        return None
    top = net.domain.rsplit(".", 1)[1]
    zone = f"z{chance.randrange(net.zones)}.{top}" if net.zones else net.domain
    straight = chance.random() < 0.35
    aliases = net.aliases4(ends[0]) if net.zones else []
    far = chance.choice(aliases) if aliases and chance.random() < 0.6 else net.address4(ends[0])
    return (far if straight else net.address4(resolvers[0])), zone, "straight" if straight else "through resolver"


def _name_legs(scene: Scene, where: str) -> tuple[Leg, ...]:
    own = scene.network.address4(scene.host)
    return Leg(own, where, UDP, 53), Leg(own, where, ICMP4)


def tunnel_dig(scene: Scene, chance: Random) -> AttackDraft | None:
    """dig in a loop: a process for each question, or one that asks a whole list."""
    place = _name_server(scene, chance)
    if place is None:
        return None
    where, zone, how = place
    kind, width, labels = (
        chance.choice(("TXT", "NULL", "CNAME", "A", "MX")),
        chance.choice((12, 24, 40, 60)),
        chance.randint(1, 3),
    )
    seconds, pause = chance.randint(35, 90), chance.choice((0, 0.05, 0.3, 1.5, 4))
    label = f"$(head -c {width // 2} /dev/urandom | od -An -tx1 | tr -d ' \\n')"
    name = ".".join([label] * labels + [zone])
    if chance.random() < 0.4:
        count = chance.randint(20, 60)
        one = f'for n in $(seq {count}); do echo "{name} {kind}"; done > /tmp/names$$; dig +short +tries=1 +time=2 @{where} -f /tmp/names$$'
    else:
        one = f'dig +short +tries=1 +time=2 @{where} "{name}" {kind}'
    script = f"end=$(($(date +%s) + {seconds}))\nwhile [ $(date +%s) -lt $end ]; do {one}; sleep {pause}; done"
    return AttackDraft(
        "tunnel",
        "dig",
        f"dns {kind}; {how}; label={width}x{labels}; pause={pause}",
        script,
        seconds + 8,
        _name_legs(scene, where),
    )


def tunnel_whisper(scene: Scene, chance: Random) -> AttackDraft | None:
    place = _name_server(scene, chance)
    if place is None:
        return None
    where, zone, how = place
    framing, seconds = chance.choice(("hex", "hex", "short", "counter")), chance.choice((40, 60, 90, 100))
    words = (
        f"dns {where} 53 --zone {zone} --type {chance.choice(('TXT', 'NULL', 'CNAME', 'A', 'AAAA', 'MX', 'SRV'))} --framing {framing} "
        f"--label {chance.choice((32, 40, 48, 60))} --labels {chance.randint(1, 3)} --size {chance.choice((10, 30, 90))} --window {chance.choice((1, 1, 3, 10))} "
        f"{chance.choice(('', '--fresh'))} --gap {chance.choice((0.002, 0.02, 0.1))} --pause {chance.choice((0.3, 1, 3, 6))} --jitter {chance.choice((0.1, 0.5))} "
        f"--work {chance.choice((0.02, 0.1, 0.4, 1))} --count {chance.randint(80, 2500)} --seconds {seconds}"
    )
    return AttackDraft(
        "tunnel",
        "whisper",
        f"dns {framing}; {how}",
        scene.program("whisper", chance, words),
        seconds + 6,
        _name_legs(scene, where),
    )


def tunnel_echo(scene: Scene, chance: Random) -> AttackDraft | None:
    """By ping with a pattern as data, or by whisper with data as long as it happens to be."""
    far = far_place(scene, chance, "misc")
    if far is None:
        return None
    where = far[2][0]
    legs = (Leg(scene.network.address4(scene.host), where, ICMP4),)
    if chance.random() < 0.5:
        seconds = chance.randint(40, 90)
        words = (
            f"icmp {where} 0 --size {chance.choice((64, 300, 1000))} --work {chance.choice((0.05, 0.3, 1))} --pause {chance.choice((0.2, 1, 3))} "
            f"--jitter 0.5 --count {chance.randint(80, 2500)} --seconds {seconds}"
        )
        return AttackDraft("tunnel", "whisper", "icmp", scene.program("whisper", chance, words), seconds + 6, legs)
    lines = [
        f"ping -n -q -c {chance.randint(1, 30)} -i {chance.choice((0.01, 0.05, 0.2))} -p {chance.randbytes(8).hex()} -s {chance.randint(40, 1200)} -W 1 {where}\nsleep {chance.uniform(0, 2):.1f}"
        for _ in range(chance.randint(5, 25))
    ]
    return AttackDraft("tunnel", "ping", f"icmp patterns; runs={len(lines)}", "\n".join(lines), 90, legs)


ATTACKS = (
    Attack("dig-tunnel", tunnel_dig, inside=True, weight=5, group="dns_tunnel"),
    Attack("whisper-tunnel", tunnel_whisper, inside=True, weight=6, group="dns_tunnel"),
    Attack("echo-tunnel", tunnel_echo, inside=True, weight=4, group="dns_tunnel"),
)
