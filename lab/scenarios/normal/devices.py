# SPDX-License-Identifier: Apache-2.0
"""Things that report: HTTP posts and MQTT with a period and jitter (which looks like a beacon), snapshots, the time."""

from __future__ import annotations

from random import Random

from lab.scenarios.scenario import UDP, Draft, Habit, Scene
from lab.services import mosquitto, ntp
from lab.services.service import PYTHON


def over_http(scene: Scene, chance: Random) -> Draft | None:
    servers = scene.others("webapp")
    if not servers:
        return None
    server, tls = servers[0], chance.random() < 0.5
    period = chance.choice((2.0, 5.0, 8.0))
    url = scene.url(server, tls, "/app/api/telemetry")
    body = "x" * chance.randint(40, 600)
    lines = [
        f"curl -k -s -o /dev/null --max-time 10 -d '{body}' {url}; sleep {period + chance.uniform(-0.2, 0.2):.2f}"
        for _ in range(chance.randint(3, 8))
    ]
    return Draft("\n".join(lines), 90, scene.touch(server, scene.network.tls_port if tls else scene.network.web_port))


def over_mqtt(scene: Scene, chance: Random) -> Draft | None:
    servers = scene.others("mosquitto")
    if not servers:
        return None
    server = chance.choice(servers)
    period = chance.choice((3.0, 6.0, 10.0))
    lines = [
        f"mosquitto_pub -h {scene.name(server)} -t {scene.host.name}/value -m '{chance.random()}'; sleep {period}"
        for _ in range(chance.randint(2, 6))
    ]
    return Draft("\n".join(lines), 80, scene.touch(server, mosquitto.PORT))


def listen(scene: Scene, chance: Random) -> Draft | None:
    servers = scene.others("mosquitto")
    if not servers:
        return None
    server = chance.choice(servers)
    command = (
        f"mosquitto_sub -h {scene.name(server)} -t '#' -k {chance.choice((6, 10, 20))} -W {chance.randint(30, 140)}"
    )
    return Draft(command, 150, scene.touch(server, mosquitto.PORT))


def snapshot(scene: Scene, chance: Random) -> Draft | None:
    """A camera that stores a row of pictures."""
    servers = scene.others("webapp")
    if not servers:
        return None
    server = servers[0]
    url = scene.url(server, False, "/app/upload")
    lines = [
        f"head -c {chance.randint(15_000, 90_000)} /dev/urandom | curl -s -o /dev/null --max-time 10 -T - {url}; sleep {chance.uniform(0.5, 3):.1f}"
        for _ in range(chance.randint(2, 8))
    ]
    return Draft("\n".join(lines), 60, scene.touch(server, scene.network.web_port))


def clock(scene: Scene, chance: Random) -> Draft | None:
    servers = scene.others("ntp")
    if not servers:
        return None
    server = chance.choice(servers)
    ask = f"{PYTHON} -c '{ntp.CLIENT}' {scene.name(server)} {ntp.PORT} {chance.randint(1, 4)}"
    return Draft(ask, 25, scene.touch(server, ntp.PORT, UDP))


HABITS = (
    Habit("telemetry-http", over_http),
    Habit("telemetry-mqtt", over_mqtt),
    Habit("mqtt-listen", listen),
    Habit("snapshot", snapshot),
    Habit("time", clock),
)
