# SPDX-License-Identifier: Apache-2.0
"""Who does what when, as data (planner.py draws it), and when two things could be taken for one another.

What always holds of a plan (test_lab.py checks it):
- an attacker's normal errands stay clear of what its own episodes touch, so that a label by address, port and time is exact;
- two episodes never share a leg within the guard times;
- every script has a limit, and ends before the recording does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from lab.scenarios.scenario import AttackDraft, Leg, Touch
from lab.topology import LabError

GUARD_BEFORE_S = 10
GUARD_AFTER_S = 15
GRACE_S = 5  # labels reach this far beyond the end of a tool
LONGEST_LIMIT_S = 150


@dataclass(frozen=True)
class Pace:
    """How a recording goes: normal only at first, then so many episodes a minute. `only`: names of attacks to draw from."""

    seconds: int
    quiet_s: int = 150
    episodes_per_minute: float = 6.0
    gentle: bool = False
    activity: float = 1.0  # scales the rate of every normal habit
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.seconds < 30 or self.seconds > 3600:
            raise LabError(f"a recording takes 30 to 3600 seconds, not {self.seconds}")


@dataclass(frozen=True)
class Errand:
    kind: str
    host: str
    start_s: float
    limit_s: int
    script: str
    touches: tuple[Touch, ...]


@dataclass(frozen=True)
class Episode:
    episode_id: str
    campaign_id: str
    name: str
    host: str
    start_s: float
    draft: AttackDraft

    @property
    def end_s(self) -> float:
        return self.start_s + self.draft.limit_s


@dataclass(frozen=True)
class Plan:
    errands: tuple[Errand, ...]
    episodes: tuple[Episode, ...]


def collides(own: str, touch: Touch, leg: Leg) -> bool:
    """Whether a flow that `own` opens to `touch` could be taken for one of the leg's."""
    if touch.protocol != leg.protocol or leg.port_of:
        return False
    port_fits = touch.port is None or leg.victim_port is None or touch.port == leg.victim_port
    forward = port_fits and within(own, leg.attacker) and within(touch.address, leg.victim)
    backward = leg.victim_port is None and within(own, leg.victim) and within(touch.address, leg.attacker)
    return forward or backward


def within(address: str, place: str) -> bool:
    """Whether an address is, or lies in, `place` (an address or a prefix)."""
    if "/" not in place:
        return address == place
    return overlap(address, place)


@cache
def _range(place: str) -> IPv4Network | IPv6Network:
    return ip_network(place)  # parsing is slow, and a plan names few places many times


def overlap(a: str, b: str) -> bool:
    if "/" not in a and "/" not in b:
        return a == b
    one, two = _range(a), _range(b)
    return one.version == two.version and one.overlaps(two)
