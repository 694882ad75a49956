# SPDX-License-Identifier: Apache-2.0
"""Attacks. A new one: a module with ATTACKS, and a line in ALL. Tools run only inside the lab's namespaces, and are bounded."""

from __future__ import annotations

from lab.scenarios.attack import (
    beacon,
    beacon_clients,
    brute_force,
    dns_tunnel,
    exfiltration,
    exfiltration_clients,
    flood,
    flood_clients,
    guess_clients,
    own,
    scan,
    scan_clients,
    slow_http,
    sweep,
    tunnel_clients,
    web_attack,
    web_clients,
)
from lab.scenarios.scenario import Attack

ALL: dict[str, Attack] = {
    attack.name: attack
    for module in (
        scan,
        sweep,
        flood,
        brute_force,
        slow_http,
        web_attack,
        dns_tunnel,
        beacon,
        exfiltration,
        own,
        scan_clients,
        flood_clients,
        guess_clients,
        web_clients,
        beacon_clients,
        tunnel_clients,
        exfiltration_clients,
    )
    for attack in module.ATTACKS
}
CLASSES = ("scan", "brute_force", "flood", "slow_http", "web_attack", "tunnel", "beacon", "exfiltration")
