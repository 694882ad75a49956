# SPDX-License-Identifier: Apache-2.0
"""Port scans of one host: nmap in its several ways, hping3 and nping, fast and slow, both IP versions."""

from __future__ import annotations

from random import Random

from lab.scenarios.attack.targets import any_victim, ip_version
from lab.scenarios.scenario import TCP, UDP, Attack, AttackDraft, DrawAttack, Scene

_SHAPES = {"syn": "-sS", "connect": "-sT", "fin": "-sF", "null": "-sN", "xmas": "-sX", "ack": "-sA"}
_MOST_PORTS = 1000


def _speed(chance: Random, ports: int) -> tuple[str, int]:
    """nmap's pace and the seconds that this many ports may take at most."""
    if chance.random() < 0.25:
        delay_ms = chance.choice((100, 250, 600, 1500))
        ports_in_time = 40_000 // delay_ms
        return f"-T3 --scan-delay {delay_ms}ms --max-retries 0", min(
            60, 15 + min(ports, ports_in_time) * delay_ms // 1000
        )
    if chance.random() < 0.5:
        return f"-T{chance.choice((3, 4))} --max-rate {chance.choice((20, 50, 150, 400, 1000))} --max-retries 1", 60
    return f"-T{chance.choice((2, 3, 4, 5))} --max-retries 1", 50


def _ports(chance: Random) -> tuple[str, int]:
    """nmap's port argument and how many ports it holds."""
    most = chance.choice((20, 60, 100, 250, _MOST_PORTS))
    if chance.random() < 0.4:
        return f"--top-ports {most}", most
    first = chance.choice((1, 1, 20, chance.randint(1, 9000)))
    return f"-p {first}-{first + most - 1}", most


def _nmap(shape: str) -> DrawAttack:
    def draw(scene: Scene, chance: Random) -> AttackDraft:
        victim, version = any_victim(scene, chance), ip_version(chance)
        ports, count = _ports(chance)
        speed, limit = _speed(chance, count)
        order = chance.choice(("", "", "-r"))
        six = "-6" if version == 6 else ""
        command = f"nmap -n -Pn {_SHAPES[shape]} {six} {ports} {speed} {order} {scene.address(victim, version)}"
        return AttackDraft(
            "scan",
            "nmap",
            f"{shape} scan; {ports}; {speed}",
            command,
            limit,
            (scene.leg(victim, version, TCP), scene.icmp_leg(victim, version)),
        )

    return draw


def _nmap_udp(scene: Scene, chance: Random) -> AttackDraft:
    victim, version = any_victim(scene, chance), ip_version(chance)
    count = chance.choice((10, 20, 40, 80))
    speed = f"-T4 --max-retries {chance.choice((0, 1))} --max-rate {chance.choice((10, 40, 100))}"
    six = "-6" if version == 6 else ""
    command = f"nmap -n -Pn -sU {six} --top-ports {count} {speed} {scene.address(victim, version)}"
    return AttackDraft(
        "scan",
        "nmap",
        f"udp scan; top {count}; {speed}",
        command,
        60,
        (scene.leg(victim, version, UDP), scene.icmp_leg(victim, version)),
    )


def _nmap_versions(scene: Scene, chance: Random) -> AttackDraft:
    victim, version = any_victim(scene, chance), ip_version(chance)
    network = scene.network
    own = {network.ssh_port, network.web_port, network.tls_port, network.app_port}
    ports = ",".join(map(str, sorted(own | {21, 22, 25, 53, 80, 443, 1883, 5432, 6379})))
    six = "-6" if version == 6 else ""
    extra = chance.choice(("", "-sC", "-O"))
    command = f"nmap -n -Pn -sS -sV {extra} --version-intensity {chance.randint(0, 5)} {six} -p {ports} {scene.address(victim, version)}"
    legs = (scene.leg(victim, version, TCP), scene.leg(victim, version, UDP), scene.icmp_leg(victim, version))
    return AttackDraft("scan", "nmap", f"service versions {extra}", command, 60, legs)


def _hping(scene: Scene, chance: Random) -> AttackDraft:
    victim = any_victim(scene, chance)
    last = chance.choice((50, 200, 600))
    flag = chance.choice(("-S", "-S", "-F", "-A"))
    command = f"hping3 --scan 1-{last} {flag} -i u{chance.choice((1000, 5000, 20000))} {scene.address(victim, 4)}"
    return AttackDraft(
        "scan",
        "hping3",
        f"scan {flag}; ports=1-{last}",
        command,
        40,
        (scene.leg(victim, 4, TCP), scene.icmp_leg(victim, 4)),
    )


def _nping(scene: Scene, chance: Random) -> AttackDraft:
    victim, version = any_victim(scene, chance), ip_version(chance)
    ports = sorted(chance.sample(range(1, 10_000), chance.choice((15, 40, 120))))
    rate = chance.choice((2, 5, 20, 100))
    way = chance.choice(("--tcp --flags syn", "--tcp-connect", "--udp"))
    version = 4 if "--udp" in way else version  # nping sends no UDP over IPv6
    six = "-6" if version == 6 else ""
    # nping's own ping replies and unreachables come back as ICMP.
    command = f"nping {six} {way} -c 1 --rate {rate} -p {','.join(map(str, ports))} {scene.address(victim, version)}"
    legs = (scene.leg(victim, version, UDP if "udp" in way else TCP), scene.icmp_leg(victim, version))
    return AttackDraft(
        "scan",
        "nping",
        f"{way}; {len(ports)} random ports; rate={rate}",
        command,
        10 + min(len(ports) // rate, 50),
        legs,
    )


ATTACKS = (
    *(Attack(f"nmap-{shape}", _nmap(shape), weight=4 if shape in ("syn", "connect") else 1) for shape in _SHAPES),
    Attack("nmap-udp", _nmap_udp, weight=2),
    Attack("nmap-versions", _nmap_versions, weight=2),
    Attack("hping3-scan", _hping),
    Attack("nping-scan", _nping, weight=2),
)
