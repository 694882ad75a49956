# SPDX-License-Identifier: Apache-2.0
"""Life among many servers, each with few clients: browsing, video, calls, push services, file sharing, things that talk to all,
machines that ask machines. By the lab's own programs (lab/programs), which vary what curl does in one way."""

from __future__ import annotations

from random import Random

from lab.scenarios.scenario import ICMP4, TCP, UDP, Draft, Habit, Scene, Touch
from lab.services import misc


def _sites(scene: Scene, chance: Random, most: int) -> list:
    """Some sites: a few known to everyone, the rest rare."""
    sites = scene.places("nginx")
    known = sites[:: max(1, len(sites) // 6)]
    chosen = [chance.choice(known if chance.random() < 0.4 else sites) for _ in range(chance.randint(1, most))]
    return list(
        dict.fromkeys(chosen)
    )  # not a set: its order would differ from one process to the next, and with it the plan


def _browser(count: int, pause: float, parties: float, objects: float, most: int, idle: float = 8, crawl: bool = False):
    def draw(scene: Scene, chance: Random) -> Draft | None:
        if not scene.places("nginx"):
            return None
        sites, tls = _sites(scene, chance, most), chance.random() < 0.8
        net = scene.network
        seconds = chance.randint(20, 110)
        words = (
            f"--count {chance.randint(1, count)} --pause {pause * chance.uniform(0.4, 1.6):.2f} --seconds {seconds}",
            f"--parties {parties} --objects {objects * chance.uniform(0.4, 1.8):.1f} --idle {idle * chance.uniform(0.2, 2):.1f}",
            f"--port {net.web_port} --tls-port {net.tls_port} {'--tls' if tls else ''}",
            ",".join(s.name for s in sites),
        )
        port = net.tls_port if tls else net.web_port
        touches = tuple(t for s in sites for t in scene.touch_place(s, port))
        return Draft(scene.program("browser", chance, *words), seconds + 5, touches)

    return draw


def video(scene: Scene, chance: Random) -> Draft | None:
    places = scene.places("nginx")
    if not places:
        return None
    place, tls, seconds = chance.choice(places), chance.random() < 0.8, chance.randint(30, 120)
    port = scene.network.tls_port if tls else scene.network.web_port
    words = f"video {place.name} {port} {'--tls' if tls else ''} --pause {chance.choice((2, 4, 6))} --seconds {seconds}"
    return Draft(scene.program("stream", chance, words), seconds + 5, scene.touch_place(place, port))


def call(scene: Scene, chance: Random) -> Draft | None:
    places = scene.places("misc")
    if not places:
        return None
    place, seconds, port = chance.choice(places), chance.randint(10, 60), chance.choice(misc.MEDIA)
    shape = chance.choice(("--size 172 --gap 0.02", "--size 80 --gap 0.06", "--size 1100 --gap 0.012 --video"))
    words = f"call {place.address4} {port} {shape} --seconds {seconds}"
    return Draft(scene.program("stream", chance, words), seconds + 5, scene.touch_place(place, port, UDP))


def bursts(scene: Scene, chance: Random) -> Draft | None:
    places = scene.places("misc")
    if not places:
        return None
    place, seconds = chance.choice(places), chance.randint(10, 70)
    words = f"{place.address4} {misc.BURSTS} --count {chance.randint(1, 15)} --pause {chance.choice((0.2, 1, 4))} --jitter 0.9 --seconds {seconds}"
    return Draft(scene.program("bursts", chance, words), seconds + 5, scene.touch_place(place, misc.BURSTS, UDP))


def push(scene: Scene, chance: Random) -> Draft | None:
    places = scene.places("misc")
    if not places:
        return None
    place, seconds = chance.choice(places), chance.randint(60, 145)
    words = (
        f"{place.address(chance.choice((4, 4, 6)))} {misc.PUSH} --pause {chance.choice((4, 10, 20, 30))} --jitter "
        f"{chance.choice((0, 0.1, 0.5))} --seconds {seconds} --size {chance.choice((20, 90, 400))}"
    )
    return Draft(scene.program("idle", chance, words), seconds + 5, scene.touch_place(place, misc.PUSH))


def pool(scene: Scene, chance: Random) -> Draft | None:
    """An application's pool: many connections to one server, opened together."""
    places = scene.places("misc")
    if not places:
        return None
    place, seconds = chance.choice(places), chance.randint(40, 120)
    words = (
        f"{place.address4} {misc.PUSH} --threads {chance.randint(5, 40)} --pause {chance.choice((0.5, 2, 5))} --jitter 0.8 "
        f"--burst {chance.randint(1, 6)} --size {chance.choice((80, 300, 900))} --seconds {seconds} --spread {chance.uniform(0.1, 8):.1f}"
    )
    return Draft(scene.program("idle", chance, words), seconds + 5, scene.touch_place(place, misc.PUSH))


def sharing(scene: Scene, chance: Random) -> Draft | None:
    places = scene.places("misc")
    if not places:
        return None
    peers = [p.address4 for p in chance.sample(places, min(len(places), chance.randint(8, 60)))]
    gone = [scene.network.dead4(places[0].host.segment, n) for n in range(chance.randint(1, 12))]
    seconds = chance.randint(30, 110)
    words = (
        f"{','.join(peers + gone)} --tcp {chance.choice((0, 0.1, 0.4))} --pause {chance.choice((0.05, 0.2, 0.6))} --jitter 0.9 "
        f"--threads {chance.randint(1, 6)} --count {chance.randint(60, 600)} --seconds {seconds}"
    )
    touches = tuple(Touch(a, proto, None) for a in (*peers, *gone) for proto in (TCP, UDP, ICMP4))
    gateways = tuple(Touch(str(s.gateway4.ip), ICMP4) for s in scene.network.segments)
    return Draft(scene.program("fanout", chance, words), seconds + 5, (*touches, *gateways))


def lookups(scene: Scene, chance: Random) -> Draft | None:
    """A crowd's look-ups; from all the addresses that this host has."""
    resolvers = scene.network.serving("unbound")
    if not resolvers or not scene.network.zones:
        return None
    resolver, seconds = chance.choice(resolvers), chance.randint(30, 120)
    own = scene.network.aliases4(scene.host)
    source = f"--source {','.join(chance.sample(own, min(len(own), chance.randint(3, 50))))}" if own else ""
    top = scene.network.domain.rsplit(".", 1)[1]
    words = (
        f"{scene.network.address4(resolver)} {top} {source} --zones {scene.network.zones} --pause {chance.choice((0.05, 0.2, 1.0))} "
        f"--fresh {chance.choice((0.3, 0.8, 1))} --count {chance.randint(30, 900)} --seconds {seconds}"
    )
    touches = (*scene.touch_resolver(), *(Touch(t.address, ICMP4) for t in scene.touch_resolver()))
    return Draft(scene.program("stub", chance, words), seconds + 5, touches)


def chatter(scene: Scene, chance: Random) -> Draft:
    segment = scene.network.segment(scene.host.segment)
    way, seconds = chance.choice(("mdns", "ssdp", "llmnr", "dhcp", "netbios")), chance.randint(10, 90)
    to = str(segment.gateway4.network.broadcast_address)
    words = (
        f"{way} --own {scene.network.address4(scene.host)} --to {to} --pause {chance.choice((0.3, 1, 5, 20))} --jitter 0.6 "
        f"--count {chance.randint(2, 40)} --seconds {seconds}"
    )
    return Draft(scene.program("chatter", chance, words), seconds + 5, (Touch(to, UDP),))


def report(scene: Scene, chance: Random) -> Draft | None:
    """Syslog, metrics, flow records: datagrams that nobody answers."""
    collectors = [h for h in scene.others("misc") if h.segment != "out"] or scene.others("misc")
    if not collectors:
        return None
    collector, port, seconds = chance.choice(collectors), chance.choice(misc.REPORTS), chance.randint(20, 140)
    words = (
        f"report --own {scene.network.address4(scene.host)} --to {scene.network.address4(collector)} --port {port} "
        f"--pause {chance.choice((0.02, 0.2, 1, 5, 10))} --jitter {chance.choice((0, 0.3, 1))} --count {chance.randint(5, 1500)} --seconds {seconds}"
    )
    return Draft(scene.program("chatter", chance, words), seconds + 5, scene.touch(collector, port, UDP))


def health(scene: Scene, chance: Random) -> Draft | None:
    """A monitor's or load balancer's checks: the same places again and again, a dead one among them."""
    net, places, touches = scene.network, [], list(scene.touch_resolver())
    version = 6 if chance.random() < net.prefer6 else 4
    way = chance.choice(("tcp", "http", "http"))
    for host in (h for h in net.hosts if h is not scene.host and "nginx" in h.services and not h.attacker):
        ports = (net.web_port,) if way == "http" else (net.web_port, net.tls_port, net.ssh_port)
        address = scene.address(host, version)
        places += [f"[{address}]:{port}" for port in ports]
        touches += [Touch(address, TCP, port) for port in ports]
    if not places:
        return None
    if chance.random() < 0.5:
        dead = net.dead4(chance.choice(net.segments).name, chance.randrange(3))
        places.append(f"{dead}:{net.web_port}")
        touches += [Touch(dead, TCP), *(Touch(str(s.gateway4.ip), ICMP4) for s in net.segments)]
    seconds = chance.randint(40, 145)
    words = (
        f"{way} {','.join(places)} --pause {chance.choice((0.2, 1, 5, 10))} --jitter {chance.choice((0, 0.05))} --threads "
        f"{chance.choice((1, 1, 3))} --count {chance.randint(10, 200)} --seconds {seconds} --per-connection {chance.choice((1, 1, 3))}"
    )
    return Draft(scene.program("poller", chance, words), seconds + 5, tuple(touches))


def service_calls(scene: Scene, chance: Random) -> Draft | None:
    """A program that asks a service's interface for each thing it needs: tens of short connections a second, or few that are kept."""
    servers = [h for h in scene.others("webapp") if not h.attacker]
    if not servers:
        return None
    server, seconds = chance.choice(servers), chance.randint(10, 80)
    version = 6 if chance.random() < scene.network.prefer6 else 4
    address, port = scene.address(server, version), scene.network.web_port
    words = (
        f"http [{address}]:{port} --path /app/api/telemetry --size {chance.choice((0, 60, 400, 4000))} --pause {chance.choice((0.03, 0.1, 0.5, 2))} "
        f"--jitter 0.9 --threads {chance.choice((1, 2, 8))} --per-connection {chance.choice((1, 1, 5, 40))} --count {chance.randint(10, 350)} --seconds {seconds}"
    )
    return Draft(scene.program("poller", chance, words), seconds + 5, (Touch(address, TCP, port),))


def snmp(scene: Scene, chance: Random) -> Draft | None:
    hosts = [h for h in scene.others("misc") if not h.attacker]
    if not hosts:
        return None
    places = [scene.network.address4(h) for h in hosts] + [
        p.address4 for p in scene.places("misc")[:: chance.randint(5, 30)]
    ]
    seconds = chance.randint(20, 120)
    words = (
        f"snmp {','.join(f'{a}:{misc.SNMP}' for a in places)} --pause {chance.choice((0.05, 0.5, 3))} "
        f"--count {chance.randint(10, 150)} --seconds {seconds}"
    )
    return Draft(scene.program("poller", chance, words), seconds + 5, tuple(Touch(a, UDP, misc.SNMP) for a in places))


def mail(scene: Scene, chance: Random) -> Draft | None:
    places = [p.address4 for p in scene.places("misc")] + [
        scene.network.address4(h) for h in scene.others("misc") if not h.attacker
    ]
    if not places:
        return None
    chosen = chance.sample(places, min(len(places), chance.randint(1, 6)))
    words = f"smtp {','.join(f'{a}:{misc.SMTP}' for a in chosen)} --count {chance.randint(1, 12)} --pause {chance.choice((0.2, 3))} --seconds 60"
    return Draft(scene.program("poller", chance, words), 65, tuple(Touch(a, TCP, misc.SMTP) for a in chosen))


def mail_check(scene: Scene, chance: Random) -> Draft | None:
    """A mail client that looks again every so often; now and then with a password that was changed yesterday."""
    servers = [h for h in scene.others("misc") if not h.attacker]
    if not servers:
        return None
    server = chance.choice(servers)
    user = "mira" if chance.random() < 0.75 else "old"
    count = chance.randint(1, 5) if user == "mira" else chance.randint(1, 2)
    words = f"imap {scene.address(server, 4)} {misc.IMAP} --user {user} --count {count} --pause {chance.choice((10, 20))} --seconds 80"
    return Draft(scene.program("guesser", chance, words), 85, scene.touch(server, misc.IMAP))


def cloud_backup(scene: Scene, chance: Random) -> Draft | None:
    """Pictures and documents that a program stores outside: much goes out, in pieces, over TLS."""
    servers = scene.places("webapp")
    if not servers:
        return None
    place, tls = chance.choice(servers), chance.random() < 0.85
    port = scene.network.tls_port if tls else scene.network.web_port
    words = (
        f"http {place.name} {port} {'--tls' if tls else ''} --bytes {int(chance.lognormvariate(12.5, 1.3))} "
        f"--piece {chance.choice((30_000, 200_000, 1_000_000))} --rate {chance.choice((6e4, 3e5, 2e6))} --seconds 60 --pause {chance.choice((0, 0.5, 3))}"
    )
    return Draft(scene.program("carrier", chance, words), 65, scene.touch_place(place, port))


def polling(scene: Scene, chance: Random) -> Draft | None:
    """A program that asks its server for news: with a period, as a beacon does; to a server that others use too, or kept open."""
    places = scene.places("webapp")
    if not places:
        return None
    place, tls = places[chance.randrange(min(5, len(places)))], chance.random() < 0.85
    port, seconds = scene.network.tls_port if tls else scene.network.web_port, chance.randint(40, 140)
    words = (
        f"{chance.choice(('kept', 'kept', 'http'))} {place.name} {port} {'--tls' if tls else ''} --size {chance.choice((0, 0, 200, 900))} --spread 0.8 "
        f"--pause {chance.choice((5, 10, 15, 30))} --jitter {chance.choice((0.02, 0.3, 0.9))} --seconds {seconds}"
    )
    return Draft(scene.program("caller", chance, words), seconds + 5, scene.touch_place(place, port))


HABITS = (
    Habit("surf", _browser(6, 7.0, 4, 5, 10)),
    Habit("crowd-surf", _browser(10, 2.0, 1.2, 3, 4, 3)),
    Habit("crawl", _browser(40, 0.0, 1, 4, 8, 0.2)),
    Habit("build", _browser(3, 0.5, 1.2, 60, 3, 1)),
    Habit("video", video),
    Habit("call", call),
    Habit("bursts", bursts),
    Habit("push", push),
    Habit("pool", pool),
    Habit("sharing", sharing),
    Habit("lookups", lookups),
    Habit("chatter", chatter),
    Habit("report", report),
    Habit("health", health),
    Habit("service-calls", service_calls),
    Habit("snmp", snmp),
    Habit("mail", mail),
    Habit("mail-check", mail_check),
    Habit("cloud-backup", cloud_backup),
    Habit("polling", polling),
)
