# SPDX-License-Identifier: Apache-2.0
"""A haulier's head office and its yard, which hangs on a VXLAN over a rented line: what the yard says and hears crosses the line in
the tunnel, where the sensor takes it. People use Chromium, a mail server, a file share and telephones."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface

from lab.networks.outside import LAIR, outsider
from lab.topology import Host, Network, Segment, Wire

NETWORK = Network(
    name="depot",
    domain="depot.test",
    web_port=8180,
    ssh_port=2022,
    prefer6=0.4,
    segments=(
        Segment("office", IPv4Interface("198.18.84.1/24"), IPv6Interface("fd00:84::1/64")),
        Segment("srv", IPv4Interface("198.18.85.1/26"), IPv6Interface("fd00:85::1/64")),
        Segment("line", IPv4Interface("198.18.86.1/28"), IPv6Interface("fd00:86::1/64")),
        Segment("yard", IPv4Interface("198.18.88.1/23"), IPv6Interface("fd00:88::1/64"), 1450, tunnel="edge", vni=7301),
        Segment("out", IPv4Interface("198.19.96.1/20"), IPv6Interface("2001:db8:960::1/64")),
    ),
    hosts=(
        Host("portal", "srv", 5, services=("nginx", "pages", "webapp", "sshd", "snmpd")),
        Host("share", "srv", 6, services=("samba", "vsftpd", "sshd", "snmpd")),
        Host("post", "srv", 7, services=("mail", "snmpd"), wire=Wire(0.3, 0.1)),
        Host("books", "srv", 8, services=("postgres", "redis", "mosquitto", "snmpd")),
        Host("names", "srv", 9, services=("unbound", "ntp", "sip")),
        Host("watch", "srv", 20, persona="rounds"),
        Host("desk1", "office", 31, persona="desk"),
        Host("desk2", "office", 32, persona="desk", attacker=True),
        Host("dev", "office", 33, persona="developer"),
        Host("edge", "line", 2, wire=Wire(9.0, 1.5, 0.001, 30.0)),
        Host("gate1", "yard", 41, persona="desk"),
        Host("gate2", "yard", 42, persona="desk"),
        Host("hall", "yard", 300, persona="clerk", attacker=True),
        Host("scale", "yard", 310, persona="device"),
        Host("till", "yard", 311, services=("nginx", "webapp", "sshd", "vsftpd")),
        Host("roots", "out", 53, services=("nsd",), wire=Wire(13.0, 2.0), aliases=30),
        Host(
            "world",
            "out",
            512,
            persona="letters",
            services=("nginx", "pages", "webapp", "misc", "sink", "sshd"),
            wire=Wire(21.0, 5.0, 0.001, 100.0),
            aliases=120,
        ),
        outsider("bad1", 2048, Wire(28.0, 3.0), aliases=31, services=LAIR),
        outsider("bad2", 2112, Wire(54.0, 7.0, 0.003, 40.0)),
    ),
    zones=30,
)
