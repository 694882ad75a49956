# SPDX-License-Identifier: Apache-2.0
"""A branch behind a thin, slow line with a tunnel's MTU: telephones, old file transfers, mail, a server room far away."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface

from lab.networks.outside import LAIR, outsider
from lab.topology import Host, Network, Segment, Wire

_FLOOR = Wire(0.4, 0.1)

NETWORK = Network(
    name="clinic",
    domain="clinic.test",
    web_port=8088,
    tls_port=4443,
    app_port=9191,
    ssh_port=22022,
    prefer6=0.15,
    segments=(
        Segment("ward", IPv4Interface("198.18.48.1/23"), IPv6Interface("fd00:48::1/64"), mtu=1380),
        Segment("hub", IPv4Interface("198.18.60.1/27"), IPv6Interface("fd00:60::1/64"), mtu=1380),
        Segment("out", IPv4Interface("198.19.48.1/20"), IPv6Interface("2001:db8:48::1/64"), mtu=1380),
    ),
    hosts=(
        Host("records", "hub", 10, services=("nginx", "webapp", "postgres", "sshd"), wire=Wire(38.0, 4.0, 0.003, 8.0)),
        Host("post", "hub", 11, services=("misc", "vsftpd", "sshd", "mosquitto"), wire=Wire(40.0, 4.0, 0.004, 8.0)),
        Host("names", "hub", 12, services=("unbound", "ntp", "redis"), wire=Wire(38.0, 3.0, 0.002, 8.0)),
        Host("desk1", "ward", 21, persona="nurse", wire=_FLOOR),
        Host("desk2", "ward", 22, persona="nurse", wire=_FLOOR, attacker=True),
        Host("desk3", "ward", 23, persona="nurse", wire=_FLOOR),
        Host("desk4", "ward", 324, persona="nurse", wire=Wire(3.0, 3.0, 0.01, 10.0)),
        Host("scanner", "ward", 90, persona="device", wire=_FLOOR),
        Host("pump", "ward", 91, persona="thing", wire=_FLOOR),
        Host("watch", "hub", 20, persona="watcher", wire=Wire(38.0, 3.0)),
        Host("branch", "ward", 200, persona="developer", services=("sshd",)),
        Host("roots", "out", 53, services=("nsd",), wire=Wire(30.0, 3.0), aliases=20),
        Host(
            "world",
            "out",
            768,
            services=("nginx", "webapp", "misc", "sink", "sshd"),
            wire=Wire(34.0, 6.0, 0.006, 6.0),
            aliases=120,
        ),
        outsider("bad1", 2048, Wire(18.0, 3.0), aliases=31, services=LAIR),
        outsider("bad2", 2112, Wire(25.0, 6.0, 0.01, 4.0)),
    ),
    zones=20,
)
