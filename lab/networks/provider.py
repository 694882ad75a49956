# SPDX-License-Identifier: Apache-2.0
"""A small provider: crowds of clients, a busy recursive resolver, name servers all over the world, file sharing, crawlers."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface

from lab.networks.outside import LAIR, outsider
from lab.topology import Host, Network, Segment, Wire

NETWORK = Network(
    name="provider",
    domain="isp.test",
    ssh_port=2200,
    prefer6=0.45,
    segments=(
        Segment("users", IPv4Interface("198.18.96.1/21"), IPv6Interface("2001:db8:96::1/64"), mtu=1480),
        Segment("core", IPv4Interface("198.18.104.1/25"), IPv6Interface("2001:db8:104::1/64")),
        Segment("out", IPv4Interface("198.19.192.1/19"), IPv6Interface("2001:db8:1040::1/64")),
    ),
    hosts=(
        Host("resolver", "core", 9, services=("unbound", "ntp"), wire=Wire(0.2, 0.05)),
        Host("mail", "core", 25, services=("misc", "nginx", "webapp", "sshd")),
        Host("noc", "core", 60, persona="watcher"),
        Host("street1", "users", 64, persona="crowd", wire=Wire(9.0, 3.0, 0.002, 50.0), aliases=120),
        Host("street2", "users", 256, persona="crowd", wire=Wire(22.0, 12.0, 0.006, 20.0), aliases=120),
        Host("street3", "users", 512, persona="crowd", wire=Wire(5.0, 1.0, 0.0, 80.0), aliases=120),
        Host("flat1", "users", 901, persona="resident", wire=Wire(12.0, 4.0, 0.003, 30.0), attacker=True),
        Host("flat2", "users", 902, persona="resident", wire=Wire(8.0, 2.0, 0.001, 60.0)),
        Host("flat3", "users", 903, persona="resident", wire=Wire(15.0, 5.0, 0.005, 16.0)),
        Host("meter", "users", 950, persona="thing", wire=Wire(40.0, 30.0, 0.01, 1.0)),
        Host("roots", "out", 64, services=("nsd",), wire=Wire(28.0, 9.0, 0.003), aliases=60),
        Host(
            "world",
            "out",
            1024,
            services=("nginx", "webapp", "misc", "sink", "sshd"),
            wire=Wire(36.0, 14.0, 0.003, 100.0),
            aliases=250,
        ),
        outsider("bad1", 4096, Wire(50.0, 5.0), aliases=63, services=LAIR),
        outsider("bad2", 4224, Wire(80.0, 10.0, 0.006, 30.0)),
    ),
    zones=90,
)
