# SPDX-License-Identifier: Apache-2.0
"""A small company: one LAN, a server room, and the outside 4 to 35 ms away."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface

from lab.networks.outside import LAIR, outsider
from lab.topology import Host, Network, Segment, Wire

NETWORK = Network(
    name="office",
    domain="office.test",
    segments=(
        Segment("lan", IPv4Interface("198.18.10.1/24"), IPv6Interface("2001:db8:10::1/64")),
        Segment("srv", IPv4Interface("198.18.20.1/24"), IPv6Interface("2001:db8:20::1/64")),
        Segment("out", IPv4Interface("198.19.0.1/20"), IPv6Interface("2001:db8:ffff::1/64")),
    ),
    hosts=(
        Host("web", "srv", 11, services=("nginx", "webapp", "sshd")),
        Host("files", "srv", 12, services=("sshd", "vsftpd")),
        Host("data", "srv", 13, services=("postgres", "redis", "sshd")),
        Host("infra", "srv", 14, services=("unbound", "mosquitto", "ntp")),
        Host("desk1", "lan", 101, persona="clerk"),
        Host("desk2", "lan", 102, persona="clerk"),
        Host("desk3", "lan", 103, persona="clerk", attacker=True),
        Host("dev1", "lan", 121, persona="developer", services=("sshd",)),
        Host("dev2", "lan", 122, persona="developer", attacker=True),
        Host("meter", "lan", 150, persona="device"),
        Host("camera", "lan", 151, persona="device"),
        Host("watch", "srv", 20, persona="monitor"),
        Host("roots", "out", 53, services=("nsd",), wire=Wire(11.0, 1.0)),
        Host("news", "out", 80, services=("nginx", "webapp"), wire=Wire(17.0, 2.5, 0.001, 60.0)),
        Host("shop", "out", 1080, services=("nginx", "webapp", "sink"), wire=Wire(34.0, 5.0, 0.003, 30.0)),
        Host("remote", "out", 2002, persona="remote", wire=Wire(22.0, 6.0, 0.002, 20.0)),
        outsider("rogue1", 2500, Wire(9.0, 1.0, 0.0, 80.0), services=LAIR),
        outsider("rogue2", 3001, Wire(4.0, 0.5)),
    ),
)
