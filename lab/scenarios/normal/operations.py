# SPDX-License-Identifier: Apache-2.0
"""What machines do to machines on purpose: checks by a balancer, pings by a monitor, ssh by key over many hosts, builds, retries
to a service that is gone. Much like scans, floods and brute force."""

from __future__ import annotations

from random import Random

from lab.scenarios.normal.uplinks import rich_pages
from lab.scenarios.scenario import ICMP4, ICMP6, TCP, Draft, Habit, Scene, Touch


def balancer(scene: Scene, chance: Random) -> Draft | None:
    """A connection opened and closed each second to each of several backends, one of which may be down."""
    net = scene.network
    version = 6 if chance.random() < net.prefer6 else 4
    backends = [h for h in scene.others("nginx") if not h.attacker and h.segment != "out"] or [
        h for h in scene.others("nginx") if not h.attacker
    ]
    if not backends:
        return None
    places = [
        (scene.address(h, version), port)
        for h in backends
        for port in (net.web_port, net.tls_port)[: chance.randint(1, 2)]
    ]
    if chance.random() < 0.4:
        places.append((places[0][0], chance.choice((8009, 7001))))  # up, but does not listen
    seconds, period = chance.randint(60, 145), chance.choice((0.5, 1, 1, 2, 5))
    listed = ",".join(f"[{a}]:{p}" for a, p in places)
    words = f"tcp {listed} --pause {period / len(places):.3f} --jitter {chance.choice((0, 0.03))} --count 2000 --seconds {seconds}"
    return Draft(scene.program("poller", chance, words), seconds + 5, tuple(Touch(a, TCP, p) for a, p in places))


def ping_watch(scene: Scene, chance: Random) -> Draft:
    """Every host pinged each few seconds for minutes, one or two of them gone."""
    version, net = chance.choice((4, 4, 6)), scene.network
    hosts = [h for h in net.hosts if h is not scene.host and not h.attacker]
    places = [scene.address(h, version) for h in chance.sample(hosts, min(len(hosts), chance.randint(3, 12)))]
    gone = [net.dead4(chance.choice(net.segments).name, n) for n in range(chance.randint(0, 2))] if version == 4 else []
    period, seconds = chance.choice((1, 2, 5, 10)), chance.randint(40, 120)
    script = (
        "\n".join(
            f"ping -n -q -i {period} -w {seconds} -s {chance.choice((56, 56, 24, 500))} {a} &" for a in (*places, *gone)
        )
        + "\nwait"
    )
    protocol = ICMP6 if version == 6 else ICMP4
    gateways = tuple(Touch(str(s.gateway4.ip), ICMP4) for s in net.segments)
    return Draft(script, seconds + 5, (*(Touch(a, protocol) for a in (*places, *gone)), *gateways))


def ssh_fleet(scene: Scene, chance: Random) -> Draft | None:
    """A deployment or a puller: by key to many hosts, several connections to each, side by side."""
    servers = [h for h in scene.others("sshd") if not h.attacker]
    if not servers:
        return None
    hosts = " ".join(scene.name(h) for h in servers)
    rounds, width, each = chance.randint(1, 5), chance.choice((1, 2, 5)), chance.randint(1, 6)
    command = chance.choice(("true", "uptime", "cat notes3.txt", "head -c 200000 /dev/zero", "cat > /dev/null"))
    one = f"for n in $(seq {each}); do head -c {chance.choice((0, 500, 60000))} /dev/zero | ssh -p {scene.network.ssh_port} -i /root/.ssh/fleet -o BatchMode=yes jonas@$0 '{command}' > /dev/null; done"
    script = f"for r in $(seq {rounds}); do for h in {hosts}; do echo $h; done; done | xargs -P {width} -n 1 bash -c \"$(cat <<'END'\n{one}\nEND\n)\""
    return Draft(script, 70, tuple(t for h in servers for t in scene.touch(h, scene.network.ssh_port)))


def build_job(scene: Scene, chance: Random) -> Draft | None:
    """A build: sources by ssh, many packages at once, then the result stored."""
    fetch, pages = ssh_fleet(scene, chance), rich_pages(scene, chance)
    if fetch is None:
        return None
    more, touches = (pages.script, pages.touches) if pages else ("true", ())
    servers = [h for h in scene.others("webapp") if not h.attacker]
    store = "true"
    if servers:
        server = chance.choice(servers)
        store = f"head -c {chance.randint(100_000, 4_000_000)} /dev/urandom | curl -k -s -o /dev/null --max-time 40 -T - {scene.url(server, True, '/app/upload')}"
        touches = (*touches, *scene.touch(server, scene.network.tls_port))
    return Draft(f"timeout 25 bash -c 'true'; {fetch.script}\n{more}\n{store}", 140, (*fetch.touches, *touches))


def retries(scene: Scene, chance: Random) -> Draft:
    """A client set up wrongly: it tries a port that refuses, or a host that is silent, for minutes."""
    net, silent = scene.network, chance.random() < 0.5
    host = chance.choice([h for h in net.hosts if h is not scene.host and not h.attacker])
    where = net.dead4(chance.choice(net.segments).name, chance.randrange(3)) if silent else net.address4(host)
    port, pause = chance.choice((389, 3306, 8086, 9092, 27017, 5672)), chance.choice((0.2, 1, 1, 3, 10))
    seconds, others = chance.randint(50, 140), chance.choice((1, 1, 3))
    one = (
        f"nc -n -z -w {chance.choice((1, 2, 5))} {where} {port}"
        if chance.random() < 0.6
        else f"curl -s -o /dev/null --connect-timeout 2 http://{where}:{port}/"
    )
    script = f"end=$(($(date +%s) + {seconds}))\nwhile [ $(date +%s) -lt $end ]; do for n in $(seq {others}); do {one} & done; wait; sleep {pause}; done"
    gateways = tuple(Touch(str(s.gateway4.ip), ICMP4) for s in net.segments)
    return Draft(script, seconds + 8, (Touch(where, TCP, port), *gateways))


HABITS = (
    Habit("balancer", balancer),
    Habit("ping-watch", ping_watch),
    Habit("ssh-fleet", ssh_fleet),
    Habit("build-job", build_job),
    Habit("retries", retries),
)
