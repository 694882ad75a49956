# SPDX-License-Identifier: Apache-2.0
"""Overwhelms, within bounds: connections, HTTP requests (kept alive or not, GET or POST), UDP datagrams, ICMP echoes."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time

from common import Pace, arguments, connect, hang_up, http, http_answer, in_threads


def checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def datagrams(options, pace: Pace) -> None:  # noqa: ANN001
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    held = []
    for source in pace.sources or [""]:
        for _ in range(options.threads):
            if options.way == "icmp":
                sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            else:
                sock = socket.socket(family, socket.SOCK_DGRAM)
            if source:
                sock.bind((source, 0))
            held.append(sock)
    number = 0
    while pace.go_on():
        low, high = options.size // 2, options.size
        data = os.urandom(pace.chance.randint(low, high) if options.vary else high)
        port = options.port or pace.chance.randint(1, 65535)
        if options.way == "icmp":
            head = struct.pack(">BBHHH", 8, 0, 0, 7, number & 0xFFFF)
            data = struct.pack(">BBHHH", 8, 0, checksum(head + data), 7, number & 0xFFFF) + data
            port = 0
        number += 1
        try:
            held[number % len(held)].sendto(data, (options.host, port))
        except OSError:
            pass
        if wait := pace.wait_s():
            time.sleep(wait)


def main() -> None:
    parser = arguments(__doc__, count=2000, seconds=25)
    parser.add_argument("way", choices=("connect", "hold", "get", "post", "udp", "icmp"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--path", default="/")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--vary", action="store_true")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--per-connection", type=int, default=1)
    options = parser.parse_args()
    pace = Pace(options)
    if options.way in ("udp", "icmp"):
        datagrams(options, pace)
        return

    async def just_connect() -> None:
        _, writer = await connect(options.host, options.port, pace)
        await hang_up(writer, pace.chance.random() < 0.5)

    async def hold() -> None:
        _, writer = await connect(options.host, options.port, pace)
        await asyncio.sleep(pace.remaining_s())
        await hang_up(writer, True)

    async def request() -> None:
        reader, writer = await connect(options.host, options.port, pace, options.tls)
        try:
            for turn in range(options.per_connection):
                path = f"{options.path}?{pace.chance.randrange(10**6)}"
                body = os.urandom(options.size) if options.way == "post" else b""
                keep = turn + 1 < options.per_connection
                writer.write(http(options.way.upper(), options.host, path, body, keep))
                await asyncio.wait_for(http_answer(reader), 8)
                if not pace.go_on():
                    break
        finally:
            await hang_up(writer)

    act = {"connect": just_connect, "hold": hold}.get(options.way, request)
    asyncio.run(in_threads(pace, options.threads, act))


if __name__ == "__main__":
    main()
