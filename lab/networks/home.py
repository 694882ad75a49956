# SPDX-License-Identifier: Apache-2.0
"""A household: laptops, a screen, things that talk to everyone and to their makers' clouds; the world 18 to 80 ms away."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface

from lab.networks.outside import LAIR, outsider
from lab.topology import Host, Network, Segment, Wire

_AIR = Wire(2.5, 2.0, 0.004, 50.0)

NETWORK = Network(
    name="home",
    domain="home.test",
    segments=(
        Segment("flat", IPv4Interface("198.18.64.1/24"), IPv6Interface("fd00:64::1/64"), mtu=1492),
        Segment("out", IPv4Interface("198.19.64.1/20"), IPv6Interface("2001:db8:64::1/64"), mtu=1492),
    ),
    hosts=(
        Host("box", "flat", 2, services=("unbound", "ntp", "misc")),
        Host("store", "flat", 5, services=("nginx", "webapp", "sshd", "mosquitto"), wire=Wire(0.3, 0.1)),
        Host("laptop1", "flat", 31, persona="resident", wire=_AIR),
        Host("laptop2", "flat", 32, persona="resident", wire=_AIR, attacker=True),
        Host("phone", "flat", 40, persona="resident", wire=Wire(4.0, 4.0, 0.008, 20.0)),
        Host("screen", "flat", 50, persona="screen", wire=_AIR),
        Host("lamp", "flat", 61, persona="thing", wire=Wire(6.0, 6.0, 0.01, 4.0)),
        Host("plug", "flat", 62, persona="thing", wire=Wire(5.0, 3.0, 0.006, 4.0)),
        Host("speaker", "flat", 63, persona="thing", wire=_AIR),
        Host("doorbell", "flat", 64, persona="thing", wire=_AIR),
        Host("roots", "out", 53, services=("nsd",), wire=Wire(14.0, 1.5), aliases=40),
        Host("world", "out", 512, services=("nginx", "webapp", "misc"), wire=Wire(18.0, 3.0, 0.001, 80.0), aliases=220),
        Host(
            "clouds",
            "out",
            1024,
            services=("nginx", "webapp", "misc", "sink", "sshd"),
            wire=Wire(78.0, 8.0, 0.003, 40.0),
            aliases=60,
        ),
        outsider("bad1", 2048, Wire(30.0, 3.0), aliases=31, services=LAIR),
        outsider("bad2", 2112, Wire(62.0, 6.0, 0.003, 40.0)),
    ),
    zones=40,
)
