# SPDX-License-Identifier: Apache-2.0
"""Look-ups as a page or a mail client causes them: bursts, several types, some names that do not exist."""

from __future__ import annotations

from random import Random

from lab.scenarios.scenario import Draft, Habit, Scene


def burst(scene: Scene, chance: Random) -> Draft:
    lines = []
    for _ in range(chance.randint(1, 12)):
        label = chance.choice(
            (
                f"cdn{chance.randrange(40)}",
                chance.choice(scene.network.hosts).name,
                f"www.{chance.choice(scene.network.hosts).name}",
                f"typo{chance.randrange(500)}",
            )
        )
        kind = chance.choice(("A", "A", "AAAA", "AAAA", "TXT", "MX"))
        lines.append(f"dig +short +tries=1 +time=3 {label}.{scene.network.domain} {kind}")
        if chance.random() < 0.4:
            lines.append(f"sleep {chance.uniform(0.02, 2):.2f}")
    return Draft("\n".join(lines), 45, scene.touch_resolver())


HABITS = (Habit("dns-burst", burst),)
