# SPDX-License-Identifier: Apache-2.0
"""Carries data out: HTTP(S) posts in pieces, plain TCP, UDP datagrams, ICMP echoes; at full speed or throttled."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time

from common import Pace, arguments, connect, hang_up, http_answer, in_threads
from flooder import checksum


def packets(options, pace: Pace) -> None:  # noqa: ANN001
    raw = options.way == "icmp"
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    kind = (socket.SOCK_RAW, socket.IPPROTO_ICMP) if raw else (socket.SOCK_DGRAM, 0)
    left, number = options.bytes, 0
    with socket.socket(family, *kind) as sock:
        while left > 0 and pace.go_on():
            data = os.urandom(min(left, options.piece, 1400))
            left -= len(data)
            number += 1
            if raw:
                head = struct.pack(">BBHHH", 8, 0, 0, 77, number & 0xFFFF)
                data = struct.pack(">BBHHH", 8, 0, checksum(head + data), 77, number & 0xFFFF) + data
            try:
                sock.sendto(data, (options.host, 0 if raw else options.port))
            except OSError:
                pass
            time.sleep(max(pace.wait_s(), len(data) / options.rate))


def main() -> None:
    parser = arguments(__doc__, count=100_000, seconds=70)
    parser.add_argument("way", choices=("http", "tcp", "udp", "icmp"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--bytes", type=int, default=1_000_000)
    parser.add_argument("--piece", type=int, default=100_000, help="bytes of one post, connection or packet")
    parser.add_argument("--rate", type=float, default=1e6, help="bytes a second")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--path", default="/app/upload")
    options = parser.parse_args()
    pace = Pace(options)
    if options.way in ("udp", "icmp"):
        packets(options, pace)
        return
    left = options.bytes

    async def piece() -> None:
        nonlocal left
        size = min(left, options.piece)
        left -= size
        if size <= 0:
            pace.left = 0
            return
        reader, writer = await connect(options.host, options.port, pace, options.tls, 6)
        if options.way == "http":
            writer.write(
                f"POST {options.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode()
            )
        sent = 0
        while sent < size and pace.remaining_s() > 0.1:
            part = os.urandom(min(16384, size - sent))
            writer.write(part)
            await writer.drain()
            sent += len(part)
            await asyncio.sleep(len(part) / options.rate)
        if options.way == "http":
            await asyncio.wait_for(http_answer(reader), 8)
        await hang_up(writer)

    asyncio.run(in_threads(pace, options.threads, piece))


if __name__ == "__main__":
    main()
