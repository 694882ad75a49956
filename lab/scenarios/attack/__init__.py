# SPDX-License-Identifier: Apache-2.0
"""Attacks. A new one: a module with ATTACKS, and a line in ALL. Tools run only inside the lab's namespaces, and are bounded."""

from __future__ import annotations

from lab.scenarios.attack import (
    beacon,
    brute_force,
    dns_tunnel,
    exfiltration,
    flood,
    own,
    scan,
    slow_http,
    sweep,
    web_attack,
)
from lab.scenarios.scenario import Attack

ALL: dict[str, Attack] = {
    attack.name: attack
    for module in (scan, sweep, flood, brute_force, slow_http, web_attack, dns_tunnel, beacon, exfiltration, own)
    for attack in module.ATTACKS
}
CLASSES = ("scan", "brute_force", "flood", "slow_http", "web_attack", "tunnel", "beacon", "exfiltration")
