# SPDX-License-Identifier: Apache-2.0
"""A server farm: applications that call each other over IPv6, balancers that check health, a crowd of clients outside, 0.1 ms inside."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface

from lab.networks.outside import LAIR, outsider
from lab.topology import Host, Network, Segment, Wire

NETWORK = Network(
    name="farm",
    domain="farm.example",
    app_port=8081,
    prefer6=0.65,
    segments=(
        Segment("front", IPv4Interface("198.18.32.1/26"), IPv6Interface("2001:db8:32::1/64"), mtu=9000),
        Segment("back", IPv4Interface("198.18.33.1/24"), IPv6Interface("fd00:33::1/64"), mtu=9000),
        Segment("out", IPv4Interface("198.19.32.1/20"), IPv6Interface("2001:db8:3333::1/64")),
    ),
    hosts=(
        Host("web1", "front", 10, services=("nginx", "webapp", "sshd")),
        Host("web2", "front", 11, services=("nginx", "webapp", "sshd")),
        Host("balance", "front", 20, persona="watcher"),
        Host("app1", "back", 31, persona="application", services=("sshd",)),
        Host("app2", "back", 32, persona="application", services=("sshd",), attacker=True),
        Host("jobs", "back", 33, persona="application"),
        Host("data", "back", 50, services=("postgres", "redis", "sshd")),
        Host("queue", "back", 51, services=("mosquitto", "misc", "vsftpd")),
        Host("names", "back", 53, services=("unbound", "ntp")),
        Host("watch", "back", 60, persona="watcher"),
        Host("keeper", "back", 70, persona="developer"),
        Host("roots", "out", 53, services=("nsd",), wire=Wire(6.0, 0.5), aliases=30),
        Host("crowd", "out", 256, persona="crowd", wire=Wire(24.0, 9.0, 0.003, 100.0), aliases=120),
        Host("crowd2", "out", 512, persona="crowd", wire=Wire(70.0, 20.0, 0.006, 40.0), aliases=120),
        Host(
            "vendors",
            "out",
            1024,
            services=("nginx", "webapp", "misc", "sink", "sshd"),
            wire=Wire(11.0, 1.0),
            aliases=90,
        ),
        outsider("bad1", 2048, Wire(2.0, 0.2), aliases=31, services=LAIR),
        outsider("bad2", 2112, Wire(45.0, 4.0, 0.002, 60.0), aliases=15),
    ),
    zones=30,
)
