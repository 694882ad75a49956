# SPDX-License-Identifier: Apache-2.0
"""Reads pages as a browser does: look-ups, several connections to each of several sites, kept alive, with time to think.

Also what is not a person but asks like one: a crawler (no thinking), a build that fetches hundreds of small files.
"""

from __future__ import annotations

import asyncio

from common import Pace, arguments, connect, hang_up, http, http_answer


async def fetch(site: str, port: int, tls: bool, paths: list[str], pace: Pace, idle_s: float) -> None:
    """One connection for a row of objects, then left open for a while as browsers do."""
    try:
        reader, writer = await connect(site, port, pace, tls, 6)
    except (OSError, TimeoutError):
        return
    try:
        for path in paths:
            writer.write(
                http("GET", site, path, headers={"User-Agent": "x" * 90, "Cookie": "c" * pace.chance.randint(0, 700)})
            )
            await asyncio.wait_for(http_answer(reader), 20)
        await asyncio.sleep(min(idle_s, pace.remaining_s()))
    except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
        pass
    finally:
        await hang_up(writer, pace.chance.random() < 0.15)


async def page(options, pace: Pace) -> None:  # noqa: ANN001
    chance, sites = pace.chance, options.sites.split(",")
    jobs = []
    third_parties = min(len(sites), 1 + int(chance.expovariate(1 / options.parties)))
    for number, site in enumerate(chance.sample(sites, third_parties)):
        paths = [f"/o/{chance.randrange(90)}.bin" for _ in range(1 + int(chance.expovariate(1 / options.objects)))]
        if number == 0:
            paths.insert(0, f"/p/{chance.randrange(24)}.html")
        lines = min(len(paths), chance.choice((1, 1, 2, 4, 6)))
        port = options.tls_port if options.tls else options.port
        for line in range(lines):
            jobs.append(fetch(site, port, options.tls, paths[line::lines], pace, chance.expovariate(1 / options.idle)))
    await asyncio.gather(*jobs)


async def run(options, pace: Pace) -> None:  # noqa: ANN001
    open_pages: list[asyncio.Task] = []
    while pace.go_on():
        open_pages.append(asyncio.create_task(page(options, pace)))
        if options.pause:
            await asyncio.sleep(min(pace.chance.expovariate(1 / options.pause), pace.remaining_s()))
        else:
            await open_pages[-1]
    await asyncio.wait(open_pages, timeout=pace.remaining_s()) if open_pages else None


def main() -> None:
    parser = arguments(__doc__, count=8, seconds=80)
    parser.add_argument("sites")
    parser.add_argument("--port", type=int, default=80)
    parser.add_argument("--tls-port", type=int, default=443)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--parties", type=float, default=3, help="sites of one page, in the mean")
    parser.add_argument("--objects", type=float, default=5, help="objects from each, in the mean")
    parser.add_argument("--idle", type=float, default=8, help="seconds that a connection stays open, in the mean")
    options = parser.parse_args()
    asyncio.run(run(options, Pace(options)))


if __name__ == "__main__":
    main()
