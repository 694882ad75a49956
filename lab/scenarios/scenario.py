# SPDX-License-Identifier: Apache-2.0
"""What a scenario hands over: a shell script that one host runs for a bounded time, and what the script touches.

Drawing is pure: the same network, host and random source give the same draft, so that a seed gives the same plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from lab.topology import Host, Network

PYTHON = "/usr/bin/python3"  # not sys.executable: that may live in a home folder, which hosts of the lab do not see
TCP, UDP, ICMP4, ICMP6 = 6, 17, 1, 58


@dataclass(frozen=True)
class Touch:
    """Where a normal script opens flows to; port None: any."""

    address: str
    protocol: int
    port: int | None = None


@dataclass(frozen=True)
class Draft:
    """A normal errand before it has a time."""

    script: str
    limit_s: int
    touches: tuple[Touch, ...]


@dataclass(frozen=True)
class Leg:
    """Flows that an attack causes: see README.md. `port_of`: the attacker's port is that of this program, read while it runs."""

    attacker: str
    victim: str
    protocol: int
    victim_port: int | None = None
    port_of: str = ""


@dataclass(frozen=True)
class AttackDraft:
    """An attack before it has a time."""

    attack_class: str
    tool: str
    technique: str
    script: str
    limit_s: int
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Place:
    """One of the addresses of a host that stands for many."""

    host: Host
    name: str
    address4: str
    address6: str

    def address(self, version: int) -> str:
        return self.address6 if version == 6 else self.address4


@dataclass(frozen=True)
class Scene:
    """One host on one network, in the words that scripts need. `gentle`: floods and lists stay small."""

    network: Network
    host: Host
    gentle: bool = False

    def name(self, host: Host) -> str:
        return f"{host.name}.{self.network.domain}"

    def others(self, service: str) -> list[Host]:
        return [h for h in self.network.serving(service) if h is not self.host]

    def program(self, name: str, chance: Random, *words: object) -> str:
        """The command line of one of the lab's own programs."""
        return " ".join([PYTHON, f"/srv/programs/{name}.py", f"--seed {chance.randrange(10**6)}", *map(str, words)])

    def places(self, service: str) -> list[Place]:
        """The many servers that hosts with aliases stand for; the last quarter of them belongs to attacks."""
        return [place for host in self.others(service) for place in self._aliases(host)[: host.aliases * 3 // 4]]

    def lairs(self, service: str) -> list[Place]:
        """Far ends of attacks: no normal errand ever goes there."""
        return [place for host in self.others(service) for place in self._aliases(host)[host.aliases * 3 // 4 :]]

    def _aliases(self, host: Host) -> list[Place]:
        pairs = zip(self.network.aliases4(host), self.network.aliases6(host), strict=True)
        return [Place(host, f"{host.name}{n}.{self.network.domain}", *pair) for n, pair in enumerate(pairs, 1)]

    def touch_place(self, place: Place, port: int | None, protocol: int = TCP) -> tuple[Touch, ...]:
        return tuple(Touch(a, protocol, port) for a in (place.address4, place.address6)) + self.touch_resolver()

    def address(self, host: Host, version: int) -> str:
        return self.network.address6(host) if version == 6 else self.network.address4(host)

    def touch(self, host: Host, port: int | None, protocol: int = TCP) -> tuple[Touch, ...]:
        """Touching a host by name: over either IP version, after asking the resolver."""
        ends = tuple(Touch(self.address(host, v), protocol, port) for v in (4, 6))
        return ends + self.touch_resolver()

    def touch_resolver(self) -> tuple[Touch, ...]:
        return tuple(Touch(self.network.address4(h), UDP, 53) for h in self.network.serving("unbound"))

    def url(self, host: Host, tls: bool, path: str, version: int = 0) -> str:
        """A URL by name, or by address for a given IP version."""
        port = self.network.tls_port if tls else self.network.web_port
        where = self.name(host) if not version else bracketed(self.address(host, version))
        return f"http{'s' if tls else ''}://{where}:{port}{path}"

    def leg(self, victim: Host, version: int, protocol: int, port: int | None = None) -> Leg:
        return Leg(self.address(self.host, version), self.address(victim, version), protocol, port)

    def icmp_leg(self, victim: Host, version: int) -> Leg:
        """What comes back as, or goes out as, ICMP between the two."""
        return self.leg(victim, version, ICMP6 if version == 6 else ICMP4)


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


DrawAttack = Callable[["Scene", Random], AttackDraft | None]


@dataclass(frozen=True)
class Habit:
    """Something that people or machines normally do. draw() gives None where the network has nothing to do it with."""

    kind: str
    draw: Callable[[Scene, Random], Draft | None]


@dataclass(frozen=True)
class Attack:
    """A way to attack. `inside`: an ordinarily normal client does it (a compromised one). `weight`: how often it is drawn.
    `group`: the module beside which it is drawn, where that is not its own."""

    name: str
    draw: DrawAttack
    inside: bool = False
    weight: int = 1
    group: str = ""
