# SPDX-License-Identifier: Apache-2.0
"""A larger, slower place: students on wires with jitter, servers on odd ports, the outside 25 to 70 ms away and lossy."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface

from lab.networks.outside import LAIR, outsider
from lab.topology import Host, Network, Segment, Wire

_WIFI = Wire(1.6, 1.2, 0.004, 40.0)

NETWORK = Network(
    name="campus",
    domain="campus.example",
    web_port=8000,
    tls_port=8443,
    app_port=9090,
    ssh_port=2222,
    segments=(
        Segment("halls", IPv4Interface("198.18.128.1/22"), IPv6Interface("fd5a:17:128::1/64"), mtu=1400),
        Segment("labs", IPv4Interface("198.18.140.1/25"), IPv6Interface("fd5a:17:140::1/64")),
        Segment("core", IPv4Interface("198.18.200.1/26"), IPv6Interface("fd5a:17:200::1/64")),
        Segment("out", IPv4Interface("198.19.128.1/18"), IPv6Interface("2001:db8:beef::1/64"), mtu=1420),
    ),
    hosts=(
        Host("portal", "core", 5, services=("nginx", "webapp"), wire=Wire(0.3, 0.1)),
        Host("shell", "core", 6, services=("sshd", "vsftpd")),
        Host("store", "core", 7, services=("redis", "sshd"), wire=Wire(0.4, 0.1)),
        Host("names", "core", 8, services=("unbound", "ntp")),
        Host("broker", "core", 9, services=("mosquitto", "nginx"), wire=Wire(0.2, 0.05)),
        Host("ada", "halls", 257, persona="clerk", wire=_WIFI),
        Host("bela", "halls", 300, persona="clerk", wire=Wire(3.0, 2.5, 0.01, 15.0), attacker=True),
        Host("carl", "halls", 411, persona="developer", wire=_WIFI),
        Host("dora", "halls", 512, persona="clerk", wire=_WIFI),
        Host("emil", "halls", 777, persona="clerk", wire=Wire(2.2, 2.0, 0.006, 25.0)),
        Host("fred", "halls", 901, persona="developer", wire=_WIFI, attacker=True),
        Host("bench1", "labs", 31, persona="developer", services=("sshd",)),
        Host("bench2", "labs", 32, persona="clerk"),
        Host("probe1", "labs", 71, persona="device"),
        Host("probe2", "labs", 72, persona="device"),
        Host("probe3", "labs", 73, persona="device"),
        Host("pulse", "core", 20, persona="monitor"),
        Host("roots", "out", 53, services=("nsd",), wire=Wire(25.0, 2.0, 0.001)),
        Host("mirror", "out", 700, services=("nginx", "webapp"), wire=Wire(41.0, 4.0, 0.004, 40.0)),
        Host("cloud", "out", 1900, services=("nginx", "webapp", "sink", "sshd"), wire=Wire(68.0, 9.0, 0.006, 25.0)),
        Host("commuter", "out", 5050, persona="remote", wire=Wire(48.0, 12.0, 0.008, 10.0)),
        outsider("grey1", 6001, Wire(33.0, 3.0, 0.002, 50.0), services=LAIR),
        outsider("grey2", 9119, Wire(57.0, 8.0, 0.004, 30.0)),
    ),
)
