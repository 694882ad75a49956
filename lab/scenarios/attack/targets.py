# SPDX-License-Identifier: Apache-2.0
"""Whom attacks choose."""

from __future__ import annotations

from random import Random

from lab.scenarios.scenario import Scene
from lab.topology import Host


def ip_version(chance: Random) -> int:
    return 6 if chance.random() < 0.35 else 4


def any_victim(scene: Scene, chance: Random) -> Host:
    """Any host that is no attacker's; servers three times as likely."""
    hosts = [h for h in scene.network.hosts if h is not scene.host and not h.attacker]
    return chance.choices(hosts, [3 if h.services else 1 for h in hosts])[0]


def victim_with(scene: Scene, chance: Random, service: str) -> Host | None:
    """A server that is no attacker's and offers a service."""
    hosts = [h for h in scene.others(service) if not h.attacker]
    return chance.choice(hosts) if hosts else None


def far_end(scene: Scene, chance: Random, service: str) -> Host | None:
    """Where stolen data and calls home go: a host outside with a service, an attacker's or a rented one."""
    hosts = [h for h in scene.others(service) if h.segment == "out"]
    return chance.choice(hosts) if hosts else None
