# SPDX-License-Identifier: Apache-2.0
"""A mail gateway's and a forwarder's look-ups through one resolver, by the program `asker`; and mail that the world delivers."""

from __future__ import annotations

from random import Random

from lab.scenarios.scenario import ICMP4, TCP, Draft, Habit, Scene, Touch
from lab.services import misc

# Subjects at once, seconds between two questions of a burst, seconds between bursts.
_STEADY = ((1, 0.003, 0.2), (1, 0.02, 0.5), (1, 0.05, 1.5), (3, 0.005, 1.0))
_BURSTS = ((20, 0.003, 2.0), (60, 0.003, 6.0), (10, 0.012, 1.0), (40, 0.006, 3.0))


def _asking(way: str, rhythms: tuple[tuple[int, float, float], ...], most: int = 3000):
    def draw(scene: Scene, chance: Random) -> Draft | None:
        resolvers = scene.network.serving("unbound")
        if not resolvers or not scene.network.zones or scene.host in resolvers:
            return None
        burst, gap, pause = chance.choice(rhythms)
        seconds = chance.randint(30, 145)
        words = (
            f"{way} {scene.network.address4(resolvers[0])} {scene.network.domain.rsplit('.', 1)[1]} --zones {scene.network.zones} --burst {burst} --gap {gap} "
            f"--pause {pause * chance.uniform(0.6, 1.6):.2f} --jitter 0.9 --fresh {chance.choice((0, 0.2, 1, 1))} --count {chance.randint(most // 8, most)} --seconds {seconds}"
        )
        touches = (*scene.touch_resolver(), *(Touch(t.address, ICMP4) for t in scene.touch_resolver()))
        return Draft(scene.program("asker", chance, words), seconds + 4, touches)

    return draw


def deliver(scene: Scene, chance: Random) -> Draft | None:
    """Mail from many of the world's servers to those inside."""
    servers = [h for h in scene.others("misc") if h.segment != "out" and not h.attacker]
    own = scene.network.aliases4(scene.host)[: scene.host.aliases * 3 // 4]  # the rest are attacks' far ends
    if not servers or not own:
        return None
    server, seconds = chance.choice(servers), chance.randint(20, 110)
    source = ",".join(chance.sample(own, min(len(own), chance.randint(1, 20))))
    address = scene.network.address4(server)
    words = f"smtp {address}:{misc.SMTP} --source {source} --count {chance.randint(1, 30)} --pause {chance.choice((0.3, 2, 8))} --jitter 0.9 --threads {chance.choice((1, 1, 3))} --seconds {seconds}"
    return Draft(scene.program("poller", chance, words), seconds + 5, (Touch(address, TCP, misc.SMTP),))


HABITS = (
    Habit("blocklists", _asking("blocklists", _STEADY)),
    Habit("blocklist-burst", _asking("blocklists", _BURSTS)),
    Habit("reputation", _asking("reputation", (*_STEADY, *_BURSTS))),
    Habit("mail-policy", _asking("policy", _STEADY)),
    Habit("mail-checks", _asking("message", (*_STEADY, (4, 0.004, 2.0)))),
    Habit("cdn-names", _asking("web", (*_STEADY, *_BURSTS), 1500)),
    Habit("forwarding", _asking("forward", (*_STEADY, (1, 0.01, 0.02)))),
    Habit("deliver", deliver),
)
