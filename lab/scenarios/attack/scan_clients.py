# SPDX-License-Identifier: Apache-2.0
"""Scans and sweeps by nc, bash, ping and the program `rattle`: of one host or a range, full of addresses or sparse."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from random import Random
from shlex import quote

from lab.scenarios.attack.targets import any_victim, attackers, gateways, ip_version
from lab.scenarios.scenario import ICMP4, ICMP6, TCP, UDP, Attack, AttackDraft, Leg, Scene
from lab.topology import Host

_PORTS = (
    "21 22 23 25 53 80 110 143 443 445 993 1433 3306 3389 5432 5900 6379 8000 8080 8443 9200 27017",
    "$(seq 1 {last})",
    "$(shuf -i 1-9999 -n {last})",
)


def _piece(scene: Scene, chance: Random, bits: int) -> str:
    """A piece of an address range: full of addresses (a host with many) or sparse; without the attacker's own."""
    own = scene.network.address4(scene.host)
    hosts = [
        h
        for h in scene.network.hosts
        if h is not scene.host and not h.attacker and scene.network.seen(h) and not scene.network.hidden(h)
    ]
    crowded = [h for h in hosts if h.aliases]
    host = chance.choice(crowded) if crowded and chance.random() < 0.4 else chance.choice(hosts)
    at = chance.choice(scene.network.aliases4(host)) if host.aliases else scene.network.address4(host)
    piece = ip_network(f"{at}/{bits}", strict=False)
    while ip_address(own) in piece and bits < 31:
        bits += 1
        piece = ip_network(f"{at}/{bits}", strict=False)
    return str(piece)


def _host_legs(scene: Scene, victim: Host, version: int, protocol: int) -> tuple[Leg, ...]:
    return scene.leg(victim, version, protocol), scene.icmp_leg(victim, version)


def shell_scan(scene: Scene, chance: Random) -> AttackDraft:
    """Ports of one host by nc or by bash alone, one after the other or some at once."""
    victim, version = any_victim(scene, chance), ip_version(chance)
    where, last = scene.address(victim, version), chance.choice((30, 80, 200, 400))
    ports = chance.choice(_PORTS).format(last=last)
    way, pause, width = (
        chance.choice(("nc", "nc-range", "bash")),
        chance.choice((0, 0, 0.1, 1, 4)),
        chance.choice((1, 5, 20)),
    )
    width = 1 if pause else width
    one = {
        "nc": f"nc -n -z -w 1 {where} $0",
        "nc-range": f"nc -n -z -w 1 {where} $0-$(($0 + 4))",
        "bash": f"timeout 1 bash -c '</dev/tcp/{where}/'$0",
    }[way]
    script = f"for p in {ports}; do echo $p; done | xargs -P {width} -n 1 bash -c {quote(f'{one}; sleep {pause}')}"
    return AttackDraft(
        "scan",
        "bash" if way == "bash" else "nc",
        f"{way}; pause={pause}; at once={width}",
        script,
        60,
        _host_legs(scene, victim, version, TCP),
    )


def rattle_scan(scene: Scene, chance: Random) -> AttackDraft:
    victim, version = any_victim(scene, chance), ip_version(chance)
    own, source = attackers(scene, version, chance)
    udp, seconds = chance.random() < 0.25, chance.randint(15, 100)
    batch, pause = chance.choice(((100, 0.3), (30, 0.0), (10, 0.5), (3, 1.0), (1, 0.0), (1, 2.5)))
    ports = chance.choice(
        (
            "1-1024",
            "1-120",
            "20-25,53,80,110,139,143,389,443,445,993,1433,3306,3389,5432,5900,6379,8080,8443",
            f"{(first := chance.randint(2, 60) * 1000)}-{first + 150}",
        )
    )
    words = (
        f"{scene.address(victim, version)} {ports} {source} --batch {batch} --pause {pause} --jitter {chance.choice((0, 0.5))} --retries {chance.choice((0, 0, 1, 2))} "
        f"--timeout {chance.choice((0.3, 0.8, 2))} --order {chance.choice(('random', 'ports', 'down'))} {'--udp' if udp else chance.choice(('', '--one-port', '--greet'))} --seconds {seconds}"
    )
    address = scene.address(victim, version)
    legs = (Leg(own, address, UDP if udp else TCP), Leg(own, address, ICMP6 if version == 6 else ICMP4))
    return AttackDraft(
        "scan",
        "rattle",
        f"{'udp' if udp else 'connect'}; ports={ports[:12]}; batch={batch}; pause={pause}",
        scene.program("rattle", chance, words),
        seconds + 4,
        legs,
    )


def rattle_sweep(scene: Scene, chance: Random) -> AttackDraft:
    piece = _piece(scene, chance, chance.choice((25, 26, 27)))
    own, source = attackers(scene, 4, chance)
    batch, pause, seconds = *chance.choice(((64, 0.5), (16, 0.2), (4, 1.0), (1, 0.3), (1, 2.0))), chance.randint(20, 90)
    ports = chance.choice(
        ("22", "445", "80,443", "3389", "23,2323", str(scene.network.ssh_port), str(scene.network.web_port))
    )
    words = f"{piece} {ports} {source} --batch {batch} --pause {pause} --jitter 0.3 --retries {chance.choice((0, 1))} --timeout {chance.choice((0.4, 1))} --order {chance.choice(('random', 'hosts', 'ports'))} --seconds {seconds}"
    legs = (Leg(own, piece, TCP), Leg(own, piece, ICMP4), *gateways(scene, own))
    return AttackDraft(
        "scan",
        "rattle",
        f"sweep; ports={ports}; batch={batch}; pause={pause}",
        scene.program("rattle", chance, words),
        seconds + 4,
        legs,
    )


def ping_sweep(scene: Scene, chance: Random) -> AttackDraft:
    """Each address of a range pinged by ping, or tried by nc on one port."""
    piece = _piece(scene, chance, chance.choice((26, 27)))
    places = " ".join(str(a) for a in ip_network(piece))
    width, pause = chance.choice(((30, 0), (5, 0), (1, 0), (1, 0.5)))
    port = chance.choice((22, 80, 443, 445, scene.network.ssh_port))
    way = chance.choice(("ping", "nc"))
    one = "ping -n -q -c 1 -W 1 $0" if way == "ping" else f"nc -n -z -w 1 $0 {port}"
    script = f"for a in {places}; do echo $a; done | {chance.choice(('cat', 'shuf'))} | xargs -P {width} -n 1 bash -c '{one}; sleep {pause}'"
    own = scene.network.address4(scene.host)
    legs = (Leg(own, piece, ICMP4), *gateways(scene, own), *((Leg(own, piece, TCP, port),) if way == "nc" else ()))
    return AttackDraft("scan", way, f"sweep; at once={width}; pause={pause}", script, 75, legs)


ATTACKS = (
    Attack("shell-scan", shell_scan, weight=3, group="scan"),
    Attack("rattle-scan", rattle_scan, weight=4, group="scan"),
    Attack("rattle-sweep", rattle_sweep, weight=4, group="scan"),
    Attack("ping-sweep", ping_sweep, weight=2, group="scan"),
)
