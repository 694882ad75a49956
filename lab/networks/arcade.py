# SPDX-License-Identifier: Apache-2.0
"""A row of shops and a café, each behind a box that hides its machines behind one address (NAT, both IP versions); the sensor stands
outside of the boxes, so that good and bad clients share addresses."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface

from lab.networks.outside import LAIR, outsider
from lab.topology import Host, Network, Segment, Wire

_AIR = Wire(2.0, 2.0, 0.004, 40.0)

NETWORK = Network(
    name="arcade",
    domain="arcade.example",
    tls_port=8443,
    segments=(
        Segment("street", IPv4Interface("198.18.244.1/26"), IPv6Interface("2001:db8:244::1/64"), mtu=1492),
        Segment("shop", IPv4Interface("198.18.245.1/26"), IPv6Interface("fd00:245::1/64"), mtu=1492, behind="box1"),
        Segment("cafe", IPv4Interface("198.18.246.1/25"), IPv6Interface("fd00:246::1/64"), mtu=1492, behind="box2"),
        Segment("hub", IPv4Interface("198.18.247.1/27"), IPv6Interface("2001:db8:247::1/64")),
        Segment("out", IPv4Interface("198.19.224.1/20"), IPv6Interface("2001:db8:2240::1/64")),
    ),
    hosts=(
        Host("box1", "street", 11, wire=Wire(7.0, 1.5, 0.001, 50.0)),
        Host("box2", "street", 12, wire=Wire(11.0, 4.0, 0.003, 30.0)),
        Host("till1", "shop", 21, persona="clerk"),
        Host("till2", "shop", 22, persona="clerk"),
        Host("back", "shop", 23, persona="developer"),
        Host("camera", "shop", 40, persona="device"),
        Host("guest1", "cafe", 31, persona="resident", wire=_AIR),
        Host("guest2", "cafe", 32, persona="resident", wire=_AIR, attacker=True),
        Host("guest3", "cafe", 33, persona="resident", wire=Wire(5.0, 4.0, 0.01, 15.0)),
        Host("speaker", "cafe", 50, persona="thing", wire=_AIR),
        Host("kiosk", "street", 30, persona="nurse"),
        Host("site", "hub", 5, services=("nginx", "webapp", "sshd", "vsftpd", "redis")),
        Host("books", "hub", 6, services=("postgres", "misc", "mosquitto", "sshd")),
        Host("names", "hub", 9, services=("unbound", "ntp")),
        Host("watch", "hub", 20, persona="monitor"),
        Host("roots", "out", 53, services=("nsd",), wire=Wire(16.0, 4.0), aliases=30),
        Host(
            "world",
            "out",
            512,
            services=("nginx", "webapp", "misc", "sink", "sshd"),
            wire=Wire(26.0, 7.0, 0.002, 80.0),
            aliases=180,
        ),
        outsider("bad1", 2048, Wire(20.0, 2.0), aliases=31, services=LAIR),
        outsider("bad2", 2112, Wire(48.0, 6.0, 0.003, 40.0)),
    ),
    zones=30,
)
