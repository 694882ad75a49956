# SPDX-License-Identifier: Apache-2.0
"""A sensor before two machines only: a mail gateway and a small server that forwards for others, one resolver some milliseconds away,
and mostly DNS. What the resolver, the name servers and the world say to each other passes elsewhere."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface

from lab.networks.outside import LAIR, outsider
from lab.topology import Host, Network, Segment, Wire

NETWORK = Network(
    name="outpost",
    domain="outpost.test",
    prefer6=0.15,
    segments=(
        Segment("edge", IPv4Interface("198.18.240.1/28"), IPv6Interface("fd00:240::1/64")),
        Segment("near", IPv4Interface("198.18.241.1/27"), IPv6Interface("fd00:241::1/64")),
        Segment("out", IPv4Interface("198.19.240.1/20"), IPv6Interface("2001:db8:240::1/64")),
    ),
    hosts=(
        Host("gate", "edge", 4, persona="mail-gate", services=("misc", "nginx", "webapp", "sshd", "redis")),
        Host("relay", "edge", 5, persona="forwarder", services=("sshd", "vsftpd", "nginx", "webapp", "postgres")),
        Host("resolver", "near", 9, services=("unbound", "ntp"), wire=Wire(3.0, 2.0)),
        Host("staff", "near", 20, persona="remote", wire=Wire(6.0, 2.0)),
        Host("rounds", "near", 21, persona="watcher", wire=Wire(2.0, 0.5)),
        Host("roots", "out", 53, services=("nsd",), wire=Wire(12.0, 24.0, 0.002), aliases=40),
        Host(
            "world",
            "out",
            512,
            persona="sender",
            services=("nginx", "webapp", "misc", "sink", "sshd"),
            wire=Wire(22.0, 8.0, 0.002, 80.0),
            aliases=200,
        ),
        outsider("bad1", 2048, Wire(15.0, 2.0), aliases=31, services=LAIR),
        outsider("bad2", 2112, Wire(55.0, 8.0, 0.003, 40.0)),
    ),
    zones=40,
    watched=("edge",),
)
