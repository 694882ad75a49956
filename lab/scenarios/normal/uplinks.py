# SPDX-License-Identifier: Apache-2.0
"""What goes up and out on 443 and is normal: photo sync, calls, telemetry, long polls, message streams; pages of many objects;
clients that ask one place again and again. Much like exfiltration and beacons."""

from __future__ import annotations

from random import Random

from lab.scenarios.scenario import Draft, Habit, Place, Scene
from lab.services.nginx import OBJECTS, PAGES


def _place(scene: Scene, chance: Random, service: str = "webapp") -> tuple[Place, bool, int] | None:
    """A server of the world (half of the time one of a few that all know), whether over TLS, and the port."""
    places = scene.places(service)
    if not places:
        return None
    place = places[chance.randrange(min(6, len(places)))] if chance.random() < 0.5 else chance.choice(places)
    tls = chance.random() < 0.85
    return place, tls, scene.network.tls_port if tls else scene.network.web_port


def _url(place: Place, tls: bool, port: int, path: str) -> str:
    return f"http{'s' if tls else ''}://{place.name}:{port}{path}"


def photo_sync(scene: Scene, chance: Random) -> Draft | None:
    """Pictures one after the other down one connection, or each in its own; a question before, a record after."""
    found = _place(scene, chance)
    if found is None:
        return None
    place, tls, port = found
    count, size = chance.randint(2, 25), min(int(chance.lognormvariate(12.3, 1.0)), 2_500_000)
    up, ask = _url(place, tls, port, "/app/upload"), _url(place, tls, port, "/app/echo?size=400")
    make = f"head -c {size} /dev/urandom > /tmp/photo$$\n"
    if chance.random() < 0.6:
        script = (
            make
            + "curl -k -s --max-time 85 "
            + " ".join(
                f"-o /dev/null '{ask}' --next -k -s -o /dev/null -T /tmp/photo$$ '{up}' --next -k -s"
                for _ in range(count)
            )
            + f" -o /dev/null '{ask}'"
        )
    else:
        script = (
            make
            + f"for n in $(seq {count}); do curl -k -s -o /dev/null --max-time 30 -T /tmp/photo$$ '{up}'; sleep {chance.choice((0, 0.3, 2))}; done"
        )
    return Draft(script, 90, scene.touch_place(place, port))


def _whisper(scene: Scene, chance: Random, place: Place, port: int, tls: bool, words: str, seconds: int) -> Draft:
    line = f"web {place.name} {port} {'--tls' if tls else ''} {words} --count 6000 --seconds {seconds}"
    return Draft(scene.program("whisper", chance, line), seconds + 8, scene.touch_place(place, port))


def web_call(scene: Scene, chance: Random) -> Draft | None:
    """A call whose media go over TCP: as much up as down, many times a second."""
    found = _place(scene, chance)
    if found is None:
        return None
    place, tls, port = found
    size = chance.choice((180, 900, 4000))
    words = (
        f"--keep --pause {chance.choice((0.04, 0.08, 0.15))} --jitter 0.4 --size {size} --answer {size * 2} --work 0"
    )
    return _whisper(scene, chance, place, port, tls, words, chance.randint(20, 80))


def telemetry(scene: Scene, chance: Random) -> Draft | None:
    """Posts each few seconds to a minute, on a fresh or a kept connection; now and then more of them."""
    found = _place(scene, chance)
    if found is None:
        return None
    place, tls, port = found
    words = (
        f"{chance.choice(('--keep', '', ''))} {chance.choice(('--bell', ''))} --pause {chance.choice((5, 10, 15, 30, 60))} --jitter {chance.choice((0, 0.05, 0.3))} "
        f"--size {chance.choice((0, 150, 900, 6000))} --head {chance.choice((40, 300, 900))} --answer {chance.choice((20, 200, 2000))} --work {chance.choice((0, 0.1, 0.3))}"
    )
    return _whisper(scene, chance, place, port, tls, words, chance.randint(70, 145))


def api_poll(scene: Scene, chance: Random) -> Draft | None:
    """A program that asks one URL every second or few, with a connection each."""
    found = _place(scene, chance)
    if found is None:
        return None
    place, tls, port = found
    period, seconds = chance.uniform(1, 5), chance.randint(40, 140)
    url = _url(place, tls, port, f"/app/echo?size={chance.choice((40, 300, 5000))}")
    if chance.random() < 0.5:
        script = f"end=$(($(date +%s) + {seconds}))\nwhile [ $(date +%s) -lt $end ]; do curl -k -s -o /dev/null --max-time 8 '{url}'; sleep {period:.2f}; done"
        return Draft(script, seconds + 10, scene.touch_place(place, port))
    return _whisper(
        scene,
        chance,
        place,
        port,
        tls,
        f"--pause {period:.2f} --jitter {chance.choice((0, 0.1))} --answer 900 --size 0 --head 120 --work 0",
        seconds,
    )


def long_poll(scene: Scene, chance: Random) -> Draft | None:
    """A question that the server answers when there is news, then the next; on one connection."""
    found = _place(scene, chance)
    if found is None:
        return None
    place, tls, port = found
    waits = [min(chance.expovariate(0.15), 25) for _ in range(chance.randint(4, 14))]
    urls = " ".join(
        f"-o /dev/null '{_url(place, tls, port, f'/app/poll?wait={wait:.1f}&size={chance.randint(20, 900)}')}'"
        for wait in waits
    )
    return Draft(f"curl -k -s --max-time 130 {urls}", 135, scene.touch_place(place, port))


def messages(scene: Scene, chance: Random) -> Draft | None:
    """A stream of messages both ways with rests, on one connection: chat, documents edited together, dashboards."""
    found = _place(scene, chance)
    if found is None:
        return None
    place, tls, port = found
    words = f"--keep --pause {chance.choice((0.5, 2, 8, 20))} --jitter 0.9 --size {chance.choice((60, 300))} --answer {chance.choice((60, 900))} --work 0.25 --head 20"
    return _whisper(scene, chance, place, port, tls, words, chance.randint(60, 145))


def rich_pages(scene: Scene, chance: Random) -> Draft | None:
    """Pages of 30 to 100 objects, six connections to a site at once, some objects from a second site."""
    places = scene.places("nginx") or None
    if places is None:
        return None
    tls = chance.random() < 0.85
    port = scene.network.tls_port if tls else scene.network.web_port
    sites = chance.sample(places, min(len(places), chance.randint(1, 3)))
    lines = []
    for _ in range(chance.randint(1, 4)):
        urls = [
            _url(chance.choice([sites[0], sites[0], *sites]), tls, port, f"/o/{chance.randrange(OBJECTS)}.bin")
            for _ in range(chance.randint(30, 100))
        ]
        lines.append(
            f"curl -k -s -o /dev/null --max-time 20 '{_url(sites[0], tls, port, f'/p/{chance.randrange(PAGES)}.html')}'"
        )
        lines.append("curl -k -s --max-time 40 -Z --parallel-max 6 " + " ".join(f"-o /dev/null '{u}'" for u in urls))
        lines.append(f"sleep {min(chance.lognormvariate(1.5, 0.8), 25):.1f}")
    return Draft("\n".join(lines), 110, tuple(t for s in sites for t in scene.touch_place(s, port)))


def reconnecting(scene: Scene, chance: Random) -> Draft | None:
    """A device that keeps a TLS connection for a while, loses it and opens the next."""
    found = _place(scene, chance)
    if found is None:
        return None
    place, port = found[0], scene.network.tls_port
    line = f"printf 'GET /app/task HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'; sleep {chance.choice((2, 6, 15))}"
    lines = [
        f"(for m in $(seq {chance.randint(1, 4)}); do {line}; done) | timeout 60 openssl s_client -quiet -connect {place.name}:{port} > /dev/null\nsleep {chance.uniform(0.3, 6):.1f}"
        for _ in range(chance.randint(2, 8))
    ]
    return Draft("\n".join(lines), 130, scene.touch_place(place, port))


HABITS = (
    Habit("photo-sync", photo_sync),
    Habit("web-call", web_call),
    Habit("telemetry", telemetry),
    Habit("api-poll", api_poll),
    Habit("long-poll", long_poll),
    Habit("messages", messages),
    Habit("rich-pages", rich_pages),
    Habit("reconnecting", reconnecting),
)
