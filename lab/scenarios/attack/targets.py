# SPDX-License-Identifier: Apache-2.0
"""Whom attacks choose."""

from __future__ import annotations

from ipaddress import ip_network
from random import Random

from lab.scenarios.scenario import ICMP4, Leg, Scene
from lab.topology import Host


def ip_version(chance: Random) -> int:
    return 6 if chance.random() < 0.35 else 4


def any_victim(scene: Scene, chance: Random) -> Host:
    """Any host that is no attacker's; servers three times as likely."""
    net, own = scene.network, scene.network.address4(scene.host)
    hosts = [h for h in net.hosts if net.address4(h) != own and not h.attacker and net.seen(h) and not net.hidden(h)]
    return chance.choices(hosts, [3 if h.services else 1 for h in hosts])[0]


def victim_with(scene: Scene, chance: Random, service: str) -> Host | None:
    """A server that is no attacker's and offers a service."""
    hosts = [h for h in scene.others(service) if not h.attacker and scene.network.seen(h)]
    return chance.choice(hosts) if hosts else None


def far_end(scene: Scene, chance: Random, service: str) -> Host | None:
    """Where stolen data and calls home go: a host outside with a service, an attacker's or a rented one."""
    hosts = [h for h in scene.others(service) if h.segment == "out"]
    return chance.choice(hosts) if hosts else None


def attackers(scene: Scene, version: int, chance: Random) -> tuple[str, str]:
    """Whom the attack comes from (an address, or the prefix of a host with many), and the program's words for it."""
    aliases = scene.network.aliases6(scene.host) if version == 6 else scene.network.aliases4(scene.host)
    if scene.host.attacker and aliases and chance.random() < 0.4:
        bits = (128 if version == 6 else 32) - (scene.host.aliases + 1).bit_length() + 1
        net = ip_network(f"{aliases[0]}/{bits}", strict=False)
        chosen = chance.sample(aliases, chance.randint(2, len(aliases)))
        return str(net), f"--source {','.join(chosen)}"
    return scene.address(scene.host, version), ""


def gateways(scene: Scene, own: str) -> tuple[Leg, ...]:
    return tuple(Leg(own, str(s.gateway4.ip), ICMP4) for s in scene.network.routed())


def far_place(scene: Scene, chance: Random, service: str) -> tuple[str, int, tuple[str, str]] | None:
    """A far end: an address with few clients where the network has such, else a host outside; its IP version."""
    lairs = scene.lairs(service)
    version = 6 if chance.random() < 0.3 else 4
    if lairs and chance.random() < 0.85:
        place = chance.choice(lairs)
        return place.address(version), version, (place.address4, place.address6)
    hosts = [h for h in scene.others(service) if h.segment == "out"]
    if not hosts:
        return None
    host = chance.choice(hosts)
    return scene.address(host, version), version, (scene.network.address4(host), scene.network.address6(host))


def outward(scene: Scene, version: int, far: str, protocol: int, port: int | None) -> tuple[Leg, ...]:
    return (Leg(scene.address(scene.host, version), far, protocol, port),)
