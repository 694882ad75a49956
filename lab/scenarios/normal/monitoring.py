# SPDX-License-Identifier: Apache-2.0
"""The monitoring host: it probes every service, which looks like a slow scan, and takes backups, which look like exfiltration."""

from __future__ import annotations

from random import Random

from lab import accounts, services
from lab.scenarios.scenario import ICMP4, ICMP6, Draft, Habit, Scene, Touch


def port_probe(scene: Scene, chance: Random) -> Draft:
    lines, touches = [], scene.touch_resolver()
    for host in (h for h in scene.network.hosts if h is not scene.host and h.services and not h.attacker):
        for service in host.services:
            for port in services.ALL[service].ports(scene.network, host):
                lines.append(f"nc -z -w 2 {chance.choice(('-4', '-6'))} {scene.name(host)} {port}")
                touches += scene.touch(host, port)
    chance.shuffle(lines)
    return Draft("\n".join(lines[: chance.randint(3, 12)]), 40, touches)


def ping_all(scene: Scene, chance: Random) -> Draft:
    hosts = [h for h in scene.network.hosts if h is not scene.host and not h.attacker]
    chance.shuffle(hosts)
    version = chance.choice((4, 6))
    lines = [f"ping -{version} -c 1 -W 2 {scene.address(h, version)}" for h in hosts]
    touches = tuple(Touch(scene.address(h, version), ICMP6 if version == 6 else ICMP4) for h in hosts)
    return Draft("\n".join(lines), 40, touches)


def web_probe(scene: Scene, chance: Random) -> Draft:
    lines: list[str] = []
    touches: tuple[Touch, ...] = ()
    for host in scene.others("nginx"):
        tls = chance.random() < 0.5
        lines.append(f"curl -k -s -o /dev/null --max-time 8 {scene.url(host, tls, '/p/0.html')}")
        touches += scene.touch(host, scene.network.tls_port if tls else scene.network.web_port)
    return Draft("\n".join(lines), 40, touches)


def dns_probe(scene: Scene, chance: Random) -> Draft:
    return Draft(
        f"dig +short +tries=1 +time=2 {scene.name(chance.choice(scene.network.hosts))}", 10, scene.touch_resolver()
    )


def backup(scene: Scene, chance: Random) -> Draft | None:
    servers = [h for h in scene.others("sshd") if not h.attacker]
    if not servers:
        return None
    server = chance.choice(servers)
    user, password = chance.choice(accounts.PEOPLE[:4])
    source = f"head -c {chance.randint(500_000, 5_000_000) // (8 if scene.gentle else 1)} /dev/urandom"
    return Draft(
        f"{source} | sshpass -p '{password}' ssh -p {scene.network.ssh_port} {user}@{scene.name(server)} 'cat > backup.tar'",
        60,
        scene.touch(server, scene.network.ssh_port),
    )


HABITS = (
    Habit("port-probe", port_probe),
    Habit("ping-all", ping_all),
    Habit("web-probe", web_probe),
    Habit("dns-probe", dns_probe),
    Habit("backup", backup),
)
