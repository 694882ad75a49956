# SPDX-License-Identifier: Apache-2.0
"""ssh as people use it: sessions with typing and pauses, many short commands, copies, rsync, passwords mistyped."""

from __future__ import annotations

from random import Random

from lab import accounts
from lab.scenarios.scenario import Draft, Habit, Scene
from lab.topology import Host

_COMMANDS = (
    "ls -la",
    "uptime",
    "ps ax",
    "df -h",
    "cat notes2.txt",
    "date",
    "cat notes3.txt",
    "wc -c notes*",
    "id",
    "ls -R /etc | head -300",
)


def person(chance: Random) -> tuple[str, str]:
    return chance.choice(accounts.PEOPLE[:4])


def _ssh(scene: Scene, password: str, options: str = "") -> str:
    return f"sshpass -p '{password}' ssh -p {scene.network.ssh_port} -o ServerAliveInterval=7 {options}"


def _server(scene: Scene, chance: Random) -> Host | None:
    """A server that this host may reach as a person: not the attackers' own."""
    servers = [h for h in scene.others("sshd") if not h.attacker]
    return chance.choice(servers) if servers else None


def session(scene: Scene, chance: Random) -> Draft | None:
    server = _server(scene, chance)
    if server is None:
        return None
    user, password = person(chance)
    typing, total = [], 0.0
    for _ in range(chance.randint(2, 9)):
        pause = min(chance.lognormvariate(1.0, 0.8), 20)
        total += pause
        for key in (word := chance.choice(_COMMANDS))[: chance.randint(0, 3)]:
            typing.append(f"printf '{key}'; sleep {chance.uniform(0.06, 0.3):.2f}; printf '\\b'")
        typing.append(f"echo '{word}'; sleep {pause:.2f}")
    lines = "; ".join(typing)
    return Draft(
        f"({lines}; echo exit; sleep 0.5) | {_ssh(scene, password, '-tt')} {user}@{scene.name(server)}",
        int(total) + 30,
        scene.touch(server, scene.network.ssh_port),
    )


def many(scene: Scene, chance: Random) -> Draft | None:
    """A deployment script: a row of logins, one command each."""
    server = _server(scene, chance)
    if server is None:
        return None
    user, password = person(chance)
    lines = [
        f"{_ssh(scene, password)} {user}@{scene.name(server)} '{chance.choice(_COMMANDS)}'; sleep {chance.uniform(0.05, 1.5):.2f}"
        for _ in range(chance.randint(3, 9))
    ]
    return Draft("\n".join(lines), 50, scene.touch(server, scene.network.ssh_port))


def copy(scene: Scene, chance: Random) -> Draft | None:
    server = _server(scene, chance)
    if server is None:
        return None
    user, password = person(chance)
    size = min(int(chance.lognormvariate(12.0, 1.5)), 300_000 if scene.gentle else 4_000_000)
    scp = f"sshpass -p '{password}' scp -q -P {scene.network.ssh_port}"
    there = f"{user}@{scene.name(server)}:"
    up = f"head -c {size} /dev/urandom > /tmp/up$$ && {scp} /tmp/up$$ {there}; rm -f /tmp/up$$"
    return Draft(
        up if chance.random() < 0.6 else f"{scp} {there}'notes*' /tmp/", 60, scene.touch(server, scene.network.ssh_port)
    )


def rsync(scene: Scene, chance: Random) -> Draft | None:
    server = _server(scene, chance)
    if server is None:
        return None
    user, password = person(chance)
    files, size = chance.randint(3, 20), chance.randint(2_000, 150_000)
    make = f"mkdir -p /tmp/tree && for n in $(seq {files}); do head -c {size} /dev/urandom > /tmp/tree/$n; done"
    return Draft(
        f"{make}; sshpass -p '{password}' rsync -a -e 'ssh -p {scene.network.ssh_port}' /tmp/tree {user}@{scene.name(server)}:",
        60,
        scene.touch(server, scene.network.ssh_port),
    )


def mistyped(scene: Scene, chance: Random) -> Draft | None:
    server = _server(scene, chance)
    if server is None:
        return None
    user, password = person(chance)
    wrong = password.swapcase()
    lines = [
        f"{_ssh(scene, wrong)} {user}@{scene.name(server)} true; sleep {chance.uniform(1.5, 6):.1f}"
        for _ in range(chance.randint(1, 3))
    ]
    lines.append(f"{_ssh(scene, password)} {user}@{scene.name(server)} 'uptime; sleep {chance.randint(0, 9)}'")
    return Draft("\n".join(lines), 60, scene.touch(server, scene.network.ssh_port))


HABITS = (
    Habit("ssh-session", session),
    Habit("ssh-many", many),
    Habit("ssh-copy", copy),
    Habit("rsync", rsync),
    Habit("mistyped-ssh", mistyped),
)
