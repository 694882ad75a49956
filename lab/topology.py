# SPDX-License-Identifier: Apache-2.0
"""What a network of the lab is made of: segments, hosts, wires. Plain data, checked when made.

A network is one router namespace with a bridge per segment; every host hangs on a port of a bridge,
by a veth (no delay) or by a wire (a TAP pair that a small program joins, with delay, loss and rate).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_address, ip_network

VXLAN_PORT = 4789
VXLAN_BYTES = 50  # that a tunnel adds to a frame's packet: Ethernet 14, IPv4 20, UDP 8, VXLAN 8
ALLOWED = tuple(ip_network(net) for net in ("198.18.0.0/15", "2001:db8::/32", "fd00::/8"))


class LabError(Exception):
    """The world, or the user, failed the lab: one sentence that says what and what to do."""


def is_allowed(address: str) -> bool:
    """Whether an address or a prefix lies wholly inside the ranges that no real network uses."""
    net = ip_network(address, strict=False)
    return any(net.version == a.version and net.subnet_of(a) for a in ALLOWED)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Wire:
    """One way of a link with qualities: times in ms, loss as a share, rate in Mbit/s."""

    delay_ms: float
    jitter_ms: float = 0.0
    loss: float = 0.0
    rate_mbit: float = 100.0


@dataclass(frozen=True)
class Segment:
    """Where machines hang, and how the rest of the network reaches them: through the router, unless one of these is named.

    `behind`: the host that hides this segment's machines behind its own address, and is their gateway (NAT).
    `tunnel`: the host at the far end of a VXLAN: the machines hang on it, and the router is their gateway through the tunnel.
    """

    name: str
    gateway4: IPv4Interface
    gateway6: IPv6Interface
    mtu: int = 1500
    behind: str = ""
    tunnel: str = ""
    vni: int = 0  # of the tunnel


@dataclass(frozen=True)
class Host:
    """A machine: where it hangs, what it serves, how it behaves.

    `persona` names the habits of its normal life (scenarios/normal), "" for a machine that only serves.
    `attacker` says that episodes may start here. `aliases`: so many more addresses, number + 1 and on: one namespace stands for
    many servers of the world, each with few clients, for a crowd of clients, or for an attacker with many addresses.
    """

    name: str
    segment: str
    number: int  # host part of both its addresses
    services: tuple[str, ...] = ()
    persona: str = ""
    attacker: bool = False
    wire: Wire | None = None
    aliases: int = 0


@dataclass(frozen=True)
class Network:
    name: str
    segments: tuple[Segment, ...]
    hosts: tuple[Host, ...]
    domain: str  # zone that the lab's own DNS serves for this network
    web_port: int = 80
    tls_port: int = 443
    app_port: int = 8080
    ssh_port: int = 22
    prefer6: float = 0.35  # how often things happen over IPv6
    zones: int = 0  # zones z0, z1, ... beside the network's own, each on an alias of the name server
    watched: tuple[str, ...] = ()  # segments whose traffic the sensor sees; none named: all

    def __post_init__(self) -> None:
        names = [h.name for h in self.hosts]
        if len(set(names)) != len(names):
            raise LabError(f"network {self.name}: two hosts share a name")
        for segment in self.segments:
            for gateway in (segment.gateway4, segment.gateway6):
                if not is_allowed(str(gateway.network)):
                    raise LabError(f"network {self.name}: {gateway} is outside the lab's address ranges")
            if segment.tunnel:
                line = self.segment(self.host(segment.tunnel).segment)
                if segment.mtu + VXLAN_BYTES > line.mtu:
                    raise LabError(f"network {self.name}: packets of {segment.name} do not fit through its tunnel")
        for host in self.hosts:
            for address in (
                self.inner4(host),
                self.inner6(host),
                *self.aliases4(host)[-1:],
                *self.aliases6(host)[-1:],
            ):
                if ip_address(address) not in self._network_of(host, address):
                    raise LabError(f"network {self.name}: host {host.name} does not fit its segment")

    def _network_of(self, host: Host, address: str) -> IPv4Network | IPv6Network:
        segment = self.segment(host.segment)
        return (segment.gateway6 if ":" in address else segment.gateway4).network

    def segment(self, name: str) -> Segment:
        return next(s for s in self.segments if s.name == name)

    def host(self, name: str) -> Host:
        return next(h for h in self.hosts if h.name == name)

    def address4(self, host: Host | str) -> str:
        """The address by which others know it: that of the host behind which it hides, if any."""
        return self.inner4(self._outermost(host))

    def address6(self, host: Host | str) -> str:
        return self.inner6(self._outermost(host))

    def _outermost(self, host: Host | str) -> Host:
        host = self.host(host) if isinstance(host, str) else host
        behind = self.segment(host.segment).behind
        return self.host(behind) if behind else host

    def inner4(self, host: Host) -> str:
        """The address on its own device."""
        return str(self.segment(host.segment).gateway4.network.network_address + host.number)

    def inner6(self, host: Host) -> str:
        return str(self.segment(host.segment).gateway6.network.network_address + host.number)

    def aliases4(self, host: Host) -> list[str]:
        base = self.segment(host.segment).gateway4.network.network_address + host.number
        return [str(base + n) for n in range(1, host.aliases + 1)]

    def aliases6(self, host: Host) -> list[str]:
        base = self.segment(host.segment).gateway6.network.network_address + host.number
        return [str(base + n) for n in range(1, host.aliases + 1)]

    def dead4(self, segment: str, number: int = 0) -> str:
        """An address of a segment where nobody is."""
        network = self.segment(segment).gateway4.network
        return str(network.network_address + network.num_addresses - 3 - number)

    def hidden(self, host: Host) -> bool:
        return bool(self.segment(host.segment).behind)

    def outer_segment(self, host: Host) -> Segment:
        """The segment in which others meet it."""
        return self.segment(self._outermost(host).segment)

    def routed(self) -> list[Segment]:
        """The segments that the router knows of."""
        return [s for s in self.segments if not s.behind]

    def tunnelled(self) -> list[Segment]:
        """The segments that hang on the far end of a tunnel."""
        return [s for s in self.segments if s.tunnel]

    def seen(self, host: Host) -> bool:
        return not self.watched or host.segment in self.watched

    def serving(self, service: str) -> list[Host]:
        return [h for h in self.hosts if service in h.services]

    def attackers(self) -> list[Host]:
        return [h for h in self.hosts if h.attacker]
