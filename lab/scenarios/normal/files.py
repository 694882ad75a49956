# SPDX-License-Identifier: Apache-2.0
"""FTP: listing, fetching, storing, and a password mistyped first."""

from __future__ import annotations

from random import Random

from lab.scenarios.normal.shell import person
from lab.scenarios.scenario import Draft, Habit, Scene

_CURL = "curl -s -o /dev/null --max-time 30"


def transfer(scene: Scene, chance: Random) -> Draft | None:
    servers = [h for h in scene.others("vsftpd") if not h.attacker]
    if not servers:
        return None
    server = chance.choice(servers)
    user, password = person(chance)
    base, login = f"ftp://{scene.name(server)}/", f"-u '{user}:{password}'"
    lines = [f"{_CURL} {login} {base}"]
    for _ in range(chance.randint(1, 4)):
        lines.append(f"sleep {chance.uniform(0.5, 5):.1f}")
        if chance.random() < 0.4:
            size = min(int(chance.lognormvariate(11.5, 1.5)), 300_000 if scene.gentle else 3_000_000)
            lines.append(f"head -c {size} /dev/urandom | {_CURL} {login} -T - {base}up{chance.randrange(9)}")
        else:
            lines.append(f"{_CURL} {login} {base}notes{chance.randrange(4)}.txt")
    return Draft("\n".join(lines), 70, scene.touch(server, None))


def mistyped(scene: Scene, chance: Random) -> Draft | None:
    servers = [h for h in scene.others("vsftpd") if not h.attacker]
    if not servers:
        return None
    server = chance.choice(servers)
    user, password = person(chance)
    base = f"ftp://{scene.name(server)}/"
    lines = [
        f"{_CURL} -u '{user}:{password[:-1]}' {base}; sleep {chance.uniform(1, 5):.1f}"
        for _ in range(chance.randint(1, 2))
    ]
    lines.append(f"{_CURL} -u '{user}:{password}' {base}notes0.txt")
    return Draft("\n".join(lines), 50, scene.touch(server, None))


HABITS = (Habit("ftp", transfer), Habit("mistyped-ftp", mistyped))
