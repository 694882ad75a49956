# SPDX-License-Identifier: Apache-2.0
"""Browsing with objects and think time, the dynamic application, downloads, uploads, updates."""

from __future__ import annotations

from random import Random

from lab.scenarios.scenario import Draft, Habit, Scene, Touch
from lab.services.nginx import DOWNLOADS_KB, OBJECTS, PAGES
from lab.topology import Host

_QUIET = "-k -s -S -o /dev/null --max-time 40"


def _site(scene: Scene, chance: Random) -> tuple[Host, bool, str]:
    """A site, whether over TLS, and the IP version's flag."""
    host = chance.choice(scene.others("nginx"))
    return host, chance.random() < 0.65, chance.choice(("", "", "-4", "-6"))


def _touches(scene: Scene, host: Host, tls: bool) -> tuple[Touch, ...]:
    return scene.touch(host, scene.network.tls_port if tls else scene.network.web_port)


def _discard(urls: list[str]) -> str:
    """curl's arguments for many URLs: every one needs its own -o."""
    return " ".join(f"-o /dev/null '{url}'" for url in urls)


def browse(scene: Scene, chance: Random) -> Draft:
    host, tls, version = _site(scene, chance)
    lines = []
    for _ in range(min(1 + int(chance.expovariate(0.5)), 6)):
        page = scene.url(host, tls, f"/p/{chance.randrange(PAGES)}.html")
        objects = [scene.url(host, tls, f"/o/{chance.randrange(OBJECTS)}.bin") for _ in range(chance.randint(0, 18))]
        lines.append(f"curl {_QUIET} {version} '{page}'")
        if objects:
            many = f"-Z --parallel-max {chance.choice((2, 4, 6))}" if chance.random() < 0.7 else ""
            lines.append(f"curl -k -s --max-time 40 {version} {many} {_discard(objects)}")
        lines.append(f"sleep {min(chance.lognormvariate(0.7, 0.9), 15):.2f}")
    return Draft("\n".join(lines), 90, _touches(scene, host, tls))


def web_app(scene: Scene, chance: Random) -> Draft | None:
    sites = scene.others("webapp")
    if not sites:
        return None
    host, tls = chance.choice(sites), chance.random() < 0.6
    lines = []
    for _ in range(chance.randint(1, 8)):
        path = chance.choice(
            (f"/app/item?id={chance.randint(1, 400)}", f"/app/search?q={chance.randint(1, 99)}", "/app/login")
        )
        lines += [f"curl {_QUIET} '{scene.url(host, tls, path)}'", f"sleep {chance.uniform(0.3, 4):.2f}"]
    if chance.random() < 0.5:
        secret = "dragon" if chance.random() < 0.7 else "drgaon"
        lines.append(f"curl {_QUIET} -d 'user=mira&password={secret}' '{scene.url(host, tls, '/app/login')}'")
    return Draft("\n".join(lines), 60, _touches(scene, host, tls))


def download(scene: Scene, chance: Random) -> Draft:
    host, tls, version = _site(scene, chance)
    rate = f"--limit-rate {chance.randint(100, 3000)}k" if chance.random() < 0.6 else ""
    url = scene.url(host, tls, f"/d/{chance.choice(DOWNLOADS_KB[:1] if scene.gentle else DOWNLOADS_KB)}.iso")
    return Draft(f"curl {_QUIET} {version} {rate} '{url}'", 60, _touches(scene, host, tls))


def upload(scene: Scene, chance: Random) -> Draft | None:
    sites = scene.others("webapp")
    if not sites:
        return None
    host, tls, size = (
        chance.choice(sites),
        chance.random() < 0.7,
        min(int(chance.lognormvariate(11.5, 1.3)), 300_000 if scene.gentle else 3_000_000),
    )
    url = scene.url(host, tls, "/app/upload")
    return Draft(f"head -c {size} /dev/urandom | curl {_QUIET} -T - '{url}'", 60, _touches(scene, host, tls))


def long_page(scene: Scene, chance: Random) -> Draft:
    """One connection kept open, used again and again: curl reads URLs, slowed down, from a pipe of its own."""
    host, tls, version = _site(scene, chance)
    urls = [scene.url(host, tls, f"/o/{chance.randrange(OBJECTS)}.bin") for _ in range(chance.randint(5, 30))]
    return Draft(
        f"curl -k -s --max-time 80 --rate {chance.randint(20, 90)}/m {version} {_discard(urls)}",
        80,
        _touches(scene, host, tls),
    )


def update(scene: Scene, chance: Random) -> Draft:
    """A package update: an index, then a row of packages from one mirror over one connection."""
    host, _, version = _site(scene, chance)
    urls = [scene.url(host, False, f"/o/{chance.randrange(OBJECTS)}.bin") for _ in range(chance.randint(10, 40))]
    urls.append(scene.url(host, False, f"/d/{DOWNLOADS_KB[0]}.iso"))
    return Draft(f"curl -s --max-time 60 {version} {_discard(urls)}", 70, _touches(scene, host, False))


def load_check(scene: Scene, chance: Random) -> Draft | None:
    """A developer who asks his own page many times in a row: normal, and looks like a small flood."""
    sites = scene.others("webapp")
    if not sites:
        return None
    host = chance.choice(sites)
    urls = [scene.url(host, False, f"/app/item?id={n}") for n in range(chance.randint(30, 90))]
    return Draft(
        f"curl -s --max-time 30 -Z --parallel-max {chance.randint(2, 8)} {_discard(urls)}",
        40,
        _touches(scene, host, False),
    )


HABITS = (
    Habit("browse", browse),
    Habit("web-app", web_app),
    Habit("download", download),
    Habit("upload", upload),
    Habit("long-page", long_page),
    Habit("update", update),
    Habit("load-check", load_check),
)
