# SPDX-License-Identifier: Apache-2.0
"""A desk's day by the programs that people use: pages in Chromium, a mailbox, a file share, the telephone; and a monitor that reads
every server by SNMP. Mail and share see passwords mistyped."""

from __future__ import annotations

from random import Random

from lab.scenarios.normal.shell import person
from lab.scenarios.scenario import TCP, UDP, Draft, Habit, Scene, Touch, bracketed
from lab.services import mail, pages, samba, sip, snmpd
from lab.topology import Host

# Up time and octets of an interface; the system's, the interfaces' and IP's subtrees. Numbers: Debian has no MIB files.
_VALUES = ".1.3.6.1.2.1.1.3.0 .1.3.6.1.2.1.2.2.1.10.1"
_TREES = (".1.3.6.1.2.1.1", ".1.3.6.1.2.1.2", ".1.3.6.1.2.1.4")
_CURL = "curl -k -s -o /dev/null --max-time 25"


def _inside(scene: Scene, service: str, chance: Random) -> Host | None:
    servers = [h for h in scene.others(service) if not h.attacker]
    return chance.choice(servers) if servers else None


def in_chromium(scene: Scene, chance: Random) -> Draft | None:
    """A session of some pages. Their scripts and pictures come from partner sites too, always over TLS."""
    net = scene.network
    hosts = [h for h in scene.others("pages") if not h.attacker]
    if not hosts:
        return None
    world = [p.name for p in scene.places("pages")]
    tls = chance.random() < 0.8
    port = net.tls_port if tls else net.web_port
    # By address for IPv6: without a default route the browser takes the world for IPv4 only.
    known = [scene.name(h) for h in hosts] + [bracketed(net.address6(h)) for h in hosts]
    chosen = [chance.choice(world if world and chance.random() < 0.65 else known) for _ in range(chance.randint(1, 3))]
    sites = list(dict.fromkeys(chosen))
    seconds = chance.randint(30, 100)
    words = (
        f"--count {chance.randint(2, 8)} --pause {chance.choice((1, 3, 8))} --seconds {seconds} --domain {net.domain}",
        ",".join(f"http{'s' if tls else ''}://{name}:{port}" for name in sites),
    )
    touched, ports = {*sites, *pages.partners(net)}, sorted({port, net.tls_port})
    touches = [t for h in hosts for p in ports for t in scene.touch(h, p)]
    for place in scene.places("pages"):
        if place.name in touched:
            touches += [t for p in ports for t in scene.touch_place(place, p)]
    # The browser's own resolver falls back to TCP when an answer does not fit.
    touches += [Touch(t.address, TCP, 53) for t in scene.touch_resolver()]
    return Draft(scene.program("chromium", chance, *words), seconds + 10, tuple(touches))


def _letter(sender: str, size: int, chance: Random) -> str:
    head = f"From: {sender}\\r\\nSubject: {chance.randrange(999)}\\r\\n\\r\\n"
    return f"(printf '{head}'; head -c {size} /dev/urandom | base64)"


def mailbox(scene: Scene, chance: Random) -> Draft | None:
    """A mail client: it logs in, looks, reads some letters, sends one, and stays to be told of the next."""
    server = _inside(scene, "mail", chance)
    if server is None:
        return None
    user, password = person(chance)
    name = scene.name(server)
    box, login = f"imaps://{name}/INBOX", f"-u '{user}:{password}'"
    lines = []
    if chance.random() < 0.12:
        lines += [f"{_CURL} -u '{user}:{password.lower()}' {box}; sleep 2"] * chance.randint(1, 3)
    for _ in range(chance.randint(1, 3)):
        lines.append(f"{_CURL} {login} -X 'STATUS INBOX (MESSAGES UNSEEN)' {box}")
        lines += [f"{_CURL} {login} '{box};MAILINDEX={n + 1}'" for n in range(chance.randint(0, 4))]
        lines.append(f"sleep {chance.uniform(1, 12):.1f}")
    if chance.random() < 0.6:
        to = person(chance)[0]
        size = min(int(chance.lognormvariate(9.5, 1.6)) + 200, 2_000_000)
        letter = _letter(f"{user}@{scene.network.domain}", size, chance)
        lines.append(
            f"{letter} | {_CURL} --ssl-reqd {login} --mail-from {user}@{scene.network.domain} "
            f"--mail-rcpt {to}@{scene.network.domain} -T - smtp://{name}:{mail.SUBMISSION}"
        )
    if chance.random() < 0.5:
        wait = chance.randint(15, 70)
        talk = f"(sleep 0.5; echo 'a login {user} {password}'; sleep 0.5; echo 'b select inbox'; sleep 0.5; echo 'c idle'; sleep {wait}; echo done; echo 'd logout'; sleep 0.5)"
        lines.append(f"{talk} | timeout 90 openssl s_client -quiet -crlf -connect {name}:{mail.IMAPS} > /dev/null")
    touches = [t for port in (mail.SUBMISSION, mail.IMAPS) for t in scene.touch(server, port)]
    return Draft("\n".join(lines), 145, tuple(touches))


def letters_in(scene: Scene, chance: Random) -> Draft | None:
    """Mail that arrives from outside, one connection a letter, some for people whom nobody knows."""
    server = _inside(scene, "mail", chance)
    if server is None:
        return None
    lines = []
    for _ in range(chance.randint(1, 10)):
        tls = "--ssl" if chance.random() < 0.7 else ""
        sender = f"a{chance.randrange(99)}@far.{scene.network.domain}"
        to = person(chance)[0] if chance.random() < 0.8 else f"nobody{chance.randrange(50)}"
        size = min(int(chance.lognormvariate(9.0, 1.5)) + 200, 1_000_000)
        lines.append(
            f"{_letter(sender, size, chance)} | {_CURL} {tls} --mail-from {sender} "
            f"--mail-rcpt {to}@{scene.network.domain} -T - smtp://{scene.name(server)}:{mail.SMTP}"
        )
        lines.append(f"sleep {chance.choice((0, 0.5, 3)) * chance.random():.2f}")
    return Draft("\n".join(lines), 70, scene.touch(server, mail.SMTP))


def share(scene: Scene, chance: Random) -> Draft | None:
    """Files listed, fetched and put on the team's share in one session; now and then after a wrong password."""
    server = _inside(scene, "samba", chance)
    if server is None:
        return None
    user, password = person(chance)
    client = f"smbclient //{scene.name(server)}/{samba.SHARE} -m SMB3 --socket-options=TCP_NODELAY"
    lines = []
    if chance.random() < 0.15:
        lines += [f"{client} -U '{user}%{password[::-1]}' -c ls; sleep 1.5"] * chance.randint(1, 3)
    acts = []
    for _ in range(chance.randint(1, 7)):
        act = chance.choice(("ls", f"get plan{chance.randint(1, 12)}.dat /tmp/plan", "put /tmp/mine$$ mine$$.dat"))
        acts.append(f'echo "{act}"; sleep {min(chance.lognormvariate(0.8, 0.9), 15):.1f}')
    size = min(int(chance.lognormvariate(11.5, 1.6)), 200_000 if scene.gentle else 4_000_000)
    lines.append(f"head -c {size} /dev/urandom > /tmp/mine$$")
    lines.append(f"({'; '.join(acts)}) | {client} -U '{user}%{password}'; rm -f /tmp/mine$$")
    return Draft("\n".join(lines), 120, scene.touch(server, samba.PORT))


def phone(scene: Scene, chance: Random) -> Draft | None:
    """Calls one after the other: SIP, then eight seconds of voice each way."""
    server = _inside(scene, "sip", chance)
    if server is None:
        return None
    own, there = scene.network.inner4(scene.host), scene.network.address4(server)
    calls, port = chance.randint(1, 4), 20000 + 10 * chance.randrange(2000)
    # The built-in scenario looks for the voice in pcap/.
    script = (
        f"mkdir -p /tmp/sip && ln -sfn /usr/share/sip-tester /tmp/sip/pcap && cd /tmp/sip && sipp {there}:{sip.PORT} -sn uac_pcap "
        f"-i {own} -mi {own} -mp {port} -m {calls} -r 1 -rp {chance.randint(9, 20) * 1000} -l 1 -nostdin -skip_rlimit -timeout 110"
    )
    return Draft(script, 115, scene.touch(server, None, UDP))


def agents(scene: Scene, chance: Random) -> Draft | None:
    """Every server's agent asked for a few values each few seconds, or walked through from end to end."""
    servers = [h for h in scene.others("snmpd") if not h.attacker]
    if not servers:
        return None
    version = 6 if chance.random() < scene.network.prefer6 else 4
    lines = []
    for _ in range(chance.randint(1, 6)):
        for server in servers:
            address = scene.address(server, version)
            where = f"udp6:[{address}]" if version == 6 else address
            ask = chance.choice(("snmpget", "snmpget", "snmpbulkwalk"))
            what = _VALUES if ask == "snmpget" else chance.choice(_TREES)
            lines.append(f"timeout 20 {ask} -v 2c -c {snmpd.COMMUNITY} -t 2 -r 1 {where} {what}")
        lines.append(f"sleep {chance.choice((1, 5, 10))}")
    return Draft("\n".join(lines), 100, tuple(t for h in servers for t in scene.touch(h, snmpd.PORT, UDP)))


HABITS = (
    Habit("chromium", in_chromium),
    Habit("mailbox", mailbox),
    Habit("letters-in", letters_in),
    Habit("share", share),
    Habit("phone", phone),
    Habit("agents", agents),
)
