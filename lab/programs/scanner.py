# SPDX-License-Identifier: Apache-2.0
"""Looks for open ports by plain connections or UDP probes: any order, any rate, from one address or several."""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import socket

from common import Pace, arguments, connect, hang_up


def targets(text: str) -> list[str]:
    return [str(a) for part in text.split(",") for a in ipaddress.ip_network(part, strict=False)]


def ports(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def main() -> None:
    parser = arguments(__doc__, count=2000, seconds=60)
    parser.add_argument("targets")
    parser.add_argument("ports")
    parser.add_argument("--udp", action="store_true")
    parser.add_argument("--order", choices=("random", "ports", "hosts"), default="random")
    parser.add_argument("--timeout", type=float, default=1.0)
    parser.add_argument("--banner", action="store_true", help="wait for a greeting, send a line, read the answer")
    parser.add_argument("--abort", action="store_true", help="end connections by a reset")
    options = parser.parse_args()
    pace = Pace(options)
    hosts, numbers = targets(options.targets), ports(options.ports)
    if options.order == "hosts":
        pairs = [(h, p) for p in numbers for h in hosts]
    else:
        pairs = list(itertools.product(hosts, numbers))
        if options.order == "random":
            pace.chance.shuffle(pairs)
    waiting = iter(pairs)

    async def tcp(host: str, port: int) -> None:
        reader, writer = await connect(host, port, pace, timeout=options.timeout)
        if options.banner:
            try:
                await asyncio.wait_for(reader.read(200), 0.5)
            except TimeoutError:
                writer.write(b"HEAD / HTTP/1.0\r\n\r\n")
                await asyncio.wait_for(reader.read(400), 1)
        await hang_up(writer, options.abort)

    def udp(host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            if source := pace.source():
                probe.bind(source)
            probe.sendto(pace.chance.randbytes(pace.chance.choice((0, 4, 12, 40))), (host, port))

    async def line() -> None:
        for host, port in waiting:
            if not pace.go_on():
                return
            try:
                if options.udp:
                    udp(host, port)
                else:
                    await tcp(host, port)
            except (OSError, TimeoutError):
                pass
            await asyncio.sleep(pace.wait_s())

    async def run() -> None:
        await asyncio.gather(*(line() for _ in range(options.threads)))

    asyncio.run(run())


if __name__ == "__main__":
    main()
