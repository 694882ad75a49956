# SPDX-License-Identifier: Apache-2.0
"""A machine that asks machines: health checks by TCP or HTTP of a list of places every few seconds (also of dead ones), SNMP,
an application that opens a connection for each of many small requests, a job that runs on many hosts."""

from __future__ import annotations

import asyncio
import socket

from common import Pace, arguments, connect, hang_up, http, http_answer, in_threads


def main() -> None:
    parser = arguments(__doc__, count=400, seconds=90)
    parser.add_argument("way", choices=("tcp", "http", "snmp", "smtp"))
    parser.add_argument("places", help="host:port, separated by commas (IPv6 in brackets)")
    parser.add_argument("--path", default="/p/0.html")
    parser.add_argument("--per-connection", type=int, default=1)
    parser.add_argument("--size", type=int, default=0)
    options = parser.parse_args()
    pace = Pace(options)
    places = [(h.strip("[]"), int(p)) for h, _, p in (part.rpartition(":") for part in options.places.split(","))]
    turn = 0

    async def act() -> None:
        nonlocal turn
        turn += 1
        host, port = places[turn % len(places)]
        if options.way == "snmp":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                for _ in range(pace.chance.randint(1, 6)):
                    sock.sendto(pace.chance.randbytes(pace.chance.randint(40, 90)), (host, port))
                    await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 2000), 1)
            return
        reader, writer = await connect(host, port, pace, timeout=3)
        try:
            if options.way == "smtp":
                await asyncio.wait_for(reader.read(300), 4)
                body = pace.chance.randbytes(pace.chance.randint(500, 40_000)).hex().encode()
                for line in (
                    b"EHLO x\r\n",
                    b"MAIL FROM:<a@b>\r\n",
                    b"RCPT TO:<c@d>\r\n",
                    b"DATA\r\n",
                    body + b"\r\n.\r\n",
                    b"QUIT\r\n",
                ):
                    writer.write(line)
                    await asyncio.wait_for(reader.read(300), 5)
            if options.way == "http":
                for n in range(options.per_connection):
                    body = pace.chance.randbytes(options.size)
                    keep = n + 1 < options.per_connection
                    writer.write(http("POST" if body else "GET", host, options.path, body, keep))
                    await asyncio.wait_for(http_answer(reader), 6)
        finally:
            await hang_up(writer, options.way == "tcp" and pace.chance.random() < 0.5)

    asyncio.run(in_threads(pace, options.threads, act))


if __name__ == "__main__":
    main()
