# SPDX-License-Identifier: Apache-2.0
"""Horizontal scans: who is there (host sweep), and who has this one port open."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from random import Random

from lab.scenarios.scenario import ICMP4, TCP, UDP, Attack, AttackDraft, Leg, Scene


def _range(scene: Scene, chance: Random, bits: int) -> str:
    """A piece of a segment's IPv4 range that holds at least one host, and is not the attacker's own host's."""
    own = scene.network.address4(scene.host)
    host = chance.choice(
        [
            h
            for h in scene.network.hosts
            if h is not scene.host and not h.attacker and scene.network.seen(h) and not scene.network.hidden(h)
        ]
    )
    piece = ip_network(f"{scene.network.address4(host)}/{bits}", strict=False)
    while ip_address(own) in piece and bits < 31:
        bits += 1
        piece = ip_network(f"{scene.network.address4(host)}/{bits}", strict=False)
    return str(piece)


def _legs(scene: Scene, piece: str, protocols: tuple[int, ...], port: int | None = None) -> tuple[Leg, ...]:
    own = scene.network.address4(scene.host)
    gateway = str(scene.network.outer_segment(scene.host).gateway4.ip)  # says "host unreachable" for those not there
    legs = tuple(Leg(own, piece, protocol, port if protocol == TCP else None) for protocol in protocols)
    return (
        (*legs, Leg(own, piece, ICMP4), Leg(own, gateway, ICMP4))
        if ICMP4 not in protocols
        else (*legs, Leg(own, gateway, ICMP4))
    )


def hosts(scene: Scene, chance: Random) -> AttackDraft:
    piece = _range(scene, chance, chance.choice((26, 27, 28)))
    way, protocols = chance.choice(
        (
            ("-PE", (ICMP4,)),
            ("-PE -PS443 -PA80 -PP", (ICMP4, TCP)),
            ("-PS22,80,443", (TCP, ICMP4)),
            ("-PU53", (UDP, ICMP4)),
        )
    )
    speed = chance.choice(("-T4", "-T3 --max-rate 20", "-T3 --scan-delay 300ms"))
    return AttackDraft(
        "scan",
        "nmap",
        f"host sweep {way}; {speed}",
        f"nmap -n -sn --send-ip {way} {speed} {piece}",
        60,
        _legs(scene, piece, protocols),
    )


def one_port(scene: Scene, chance: Random) -> AttackDraft:
    piece = _range(scene, chance, chance.choice((26, 27)))
    port = chance.choice((scene.network.ssh_port, scene.network.web_port, 21, 445, 3389, 6379, 23))
    rate = chance.choice((5, 20, 100))
    shape = chance.choice(("-sS", "-sT"))
    command = f"nmap -n -Pn {shape} -p {port} --max-rate {rate} --max-retries 1 {piece}"
    return AttackDraft(
        "scan", "nmap", f"horizontal {shape}; port={port}; rate={rate}", command, 50, _legs(scene, piece, (TCP,), port)
    )


def by_nping(scene: Scene, chance: Random) -> AttackDraft:
    piece = _range(scene, chance, chance.choice((27, 28)))
    rate = chance.choice((2, 10, 50))
    port = chance.choice((22, 80, 445, scene.network.ssh_port))
    way, protocols = chance.choice((("--icmp", (ICMP4,)), (f"--tcp -p {port}", (TCP,))))
    return AttackDraft(
        "scan",
        "nping",
        f"sweep {way.split()[0]}; rate={rate}",
        f"nping {way} -c 1 --rate {rate} {piece}",
        40,
        _legs(scene, piece, protocols, port),
    )


ATTACKS = (
    Attack("nmap-sweep", hosts, weight=3),
    Attack("nmap-one-port", one_port, weight=3),
    Attack("nping-sweep", by_nping),
)
