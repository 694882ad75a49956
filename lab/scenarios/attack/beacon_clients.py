# SPDX-License-Identifier: Apache-2.0
"""Calls home by curl, openssl, nc and the program `whisper`: fresh connections and held ones, 2 to 30 s apart, with jitter."""

from __future__ import annotations

from random import Random

from lab.scenarios.attack.targets import far_place, outward
from lab.scenarios.scenario import TCP, UDP, Attack, AttackDraft, Scene, bracketed


def _beat(chance: Random) -> tuple[int, str, float, float]:
    """Seconds in all, a shell loop's end (its pause), the period and the jitter."""
    period, jitter = (
        chance.uniform(2, 12) if chance.random() < 0.75 else chance.uniform(12, 30),
        chance.choice((0, 0.1, 0.25, 0.5)),
    )
    seconds = int(min(130, max(60, period * 7)))
    pause = f"sleep $(awk -v n=$RANDOM 'BEGIN {{srand(n); printf \"%.2f\", {period:.2f} * (1 + {jitter} * (2 * rand() - 1))}}')"
    return seconds, pause, period, jitter


def _loop(one: str, pause: str, seconds: int) -> str:
    return f"end=$(($(date +%s) + {seconds}))\nwhile [ $(date +%s) -lt $end ]; do {one}; {pause}; done"


def beacon_curl(scene: Scene, chance: Random) -> AttackDraft | None:
    far = far_place(scene, chance, "webapp")
    if far is None:
        return None
    where, version, _ = far
    tls, net = chance.random() < 0.7, scene.network
    port = net.tls_port if tls else net.web_port
    seconds, pause, period, jitter = _beat(chance)
    more = chance.choice(
        (
            "",
            f"-H 'Cookie: {'c' * chance.randint(40, 700)}'",
            f"-d {'b' * chance.randint(20, 900)}",
            "-A 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'",
        )
    )
    many = chance.choice((1, 1, 1, 2, 3))  # exchanges down the connection of one call
    url = f"http{'s' if tls else ''}://{bracketed(where)}:{port}/app/echo?size={chance.randint(10, 3000)}"
    urls = " ".join([f"-o /dev/null '{url}'"] * many)
    script = _loop(f"curl -g -k -s --max-time 6 {more} {urls}", pause, seconds)
    return AttackDraft(
        "beacon",
        "curl",
        f"http; period={period:.0f}s; jitter={jitter}",
        script,
        seconds + 12,
        outward(scene, version, where, TCP, port),
    )


def beacon_openssl(scene: Scene, chance: Random) -> AttackDraft | None:
    """TLS by openssl: a fresh handshake each time, or one that is held with a line now and then."""
    far = far_place(scene, chance, "webapp")
    if far is None:
        return None
    where, version, _ = far
    port, held = scene.network.tls_port, chance.random() < 0.4
    seconds, pause, period, jitter = _beat(chance)
    line = f"printf 'GET /app/task HTTP/1.1\\r\\nHost: x\\r\\nX: {'x' * chance.randint(0, 300)}\\r\\n\\r\\n'"
    client = f"openssl s_client -quiet -no_ign_eof -connect {bracketed(where)}:{port}"
    script = (
        f"({_loop(line, pause, seconds)}) | {client}"
        if held
        else _loop(f"({line}; sleep 0.6) | timeout 5 {client}", pause, seconds)
    )
    return AttackDraft(
        "beacon",
        "openssl",
        f"{'held' if held else 'fresh'}; period={period:.0f}s; jitter={jitter}",
        script,
        seconds + 12,
        outward(scene, version, where, TCP, port),
    )


def beacon_nc(scene: Scene, chance: Random) -> AttackDraft | None:
    """Plain TCP or UDP; one connection held, or a fresh one each time."""
    way = chance.choice(("fresh", "held", "udp"))
    far = far_place(scene, chance, "misc" if way == "udp" else "sink")
    if far is None:
        return None
    where, version, both = far
    where, version = (both[0], 4) if way == "udp" else (where, version)
    port = chance.choice((161, 3702)) if way == "udp" else chance.choice((4444, 9001))
    seconds, pause, period, jitter = _beat(chance)
    words = f"head -c {chance.randint(8, 400)} /dev/urandom"
    if way == "held":
        script = f"({_loop(words, pause, seconds)}) | nc {where} {port} > /dev/null"
    else:
        script = _loop(
            f"{words} | nc {'-u -w 1' if way == 'udp' else '-N -w 2'} {where} {port} > /dev/null", pause, seconds
        )
    return AttackDraft(
        "beacon",
        "nc",
        f"{way}; period={period:.0f}s; jitter={jitter}",
        script,
        seconds + 12,
        outward(scene, version, where, UDP if way == "udp" else TCP, port),
    )


def beacon_whisper(scene: Scene, chance: Random) -> AttackDraft | None:
    way = chance.choice(("web", "web", "web", "line", "line", "datagram"))
    tls = way == "web" and chance.random() < 0.65 or way == "line" and chance.random() < 0.4
    service = "webapp" if way == "web" or tls else {"line": "sink", "datagram": "misc"}[way]
    far = far_place(scene, chance, service)
    if far is None:
        return None
    where, version, both = far
    where, version = (both[0], 4) if way == "datagram" else (where, version)
    net = scene.network
    port = (
        (net.tls_port if tls else net.web_port)
        if service == "webapp"
        else chance.choice((161, 3702))
        if service == "misc"
        else chance.choice((4444, 9001))
    )
    seconds = chance.randint(60, 130)
    period = chance.choice((2, 3, 5, 8, 12, 20, 30)) * chance.uniform(0.8, 1.2)
    words = (
        f"{way} {where} {port} {'--tls' if tls else ''} {chance.choice(('', '--keep'))} {chance.choice(('', '--bell'))} --pause {min(period, seconds / 6):.2f} "
        f"--jitter {chance.choice((0, 0.1, 0.3, 0.5))} --work {chance.choice((0, 0.1, 0.25))} --size {chance.choice((0, 16, 60, 250, 900)) if way == 'web' else chance.choice((16, 60, 300))} "
        f"--head {chance.choice((16, 80, 400))} --answer {chance.choice((20, 300, 4000))} --count 300 --seconds {seconds}"
    )
    return AttackDraft(
        "beacon",
        "whisper",
        f"{way}; period={period:.0f}s",
        scene.program("whisper", chance, words),
        seconds + 8,
        outward(scene, version, where, UDP if way == "datagram" else TCP, port),
    )


ATTACKS = (
    Attack("curl-beacon", beacon_curl, inside=True, weight=5, group="beacon"),
    Attack("openssl-beacon", beacon_openssl, inside=True, weight=4, group="beacon"),
    Attack("nc-beacon", beacon_nc, inside=True, weight=4, group="beacon"),
    Attack("whisper-beacon", beacon_whisper, inside=True, weight=6, group="beacon"),
)
