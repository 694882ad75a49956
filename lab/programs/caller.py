# SPDX-License-Identifier: Apache-2.0
"""Calls home with a period and jitter: a fresh HTTP(S) request, one that is kept, plain TCP, UDP, or DNS queries."""

from __future__ import annotations

import asyncio
import socket

from common import Pace, arguments, connect, hang_up, http, http_answer, in_threads
from tunneler import question


def main() -> None:
    parser = arguments(__doc__, count=40, seconds=120)
    parser.add_argument("way", choices=("http", "kept", "tcp", "held", "udp", "dns"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--path", default="/app/task")
    parser.add_argument("--size", type=int, default=0, help="bytes sent each time")
    parser.add_argument("--spread", type=float, default=0.0, help="share by which the size varies")
    parser.add_argument("--name", default="c2.example")
    options = parser.parse_args()
    pace = Pace(options)
    kept: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def data() -> bytes:
        size = int(options.size * (1 + options.spread * pace.chance.uniform(-1, 1)))
        return pace.chance.randbytes(max(size, 0))

    async def call() -> None:
        reader, writer = await connect(options.host, options.port, pace, options.tls, 6)
        body = data()
        if options.way == "tcp":
            writer.write(body or b"hello\n")
            await asyncio.wait_for(reader.read(400), 3)
        else:
            writer.write(http("POST" if body else "GET", options.host, options.path, body, keep=False))
            await asyncio.wait_for(http_answer(reader), 6)
        await hang_up(writer)

    async def on_one_line() -> None:
        if not kept:
            kept.append(await connect(options.host, options.port, pace, options.tls, 6))
        reader, writer = kept[0]
        body = data()
        try:
            if options.way == "held":
                writer.write(body or b"ping\n")
                await asyncio.wait_for(reader.read(400), 3)
            else:
                writer.write(http("POST" if body else "GET", options.host, options.path, body))
                await asyncio.wait_for(http_answer(reader), 6)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            kept.clear()
            await hang_up(writer)

    async def datagram() -> None:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            if options.way == "dns":
                sent = question(f"{pace.chance.randbytes(6).hex()}.{options.name}", pace.chance)
            else:
                sent = data() or b"ping"
            sock.sendto(sent, (options.host, options.port))
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2000), 2)

    act = {"http": call, "tcp": call, "kept": on_one_line, "held": on_one_line}.get(options.way, datagram)
    asyncio.run(in_threads(pace, 1, act))


if __name__ == "__main__":
    main()
