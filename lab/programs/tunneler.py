# SPDX-License-Identifier: Apache-2.0
"""A client that hides a two-way stream: in DNS questions, in ICMP echoes, in HTTP polls and posts, in one held connection."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import socket
import struct
import time

from common import Pace, arguments, connect, hang_up, http, http_answer

TYPES = {"A": 1, "TXT": 16, "NULL": 10, "CNAME": 5, "AAAA": 28, "MX": 15, "PTR": 12, "SRV": 33}


def question(name: str, chance: random.Random, kind: str = "A") -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".") if part)
    head = struct.pack(">HHHHHH", chance.randrange(65536), 0x0100, 1, 0, 0, 1)
    edns = b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0)
    return head + labels + b"\0" + struct.pack(">HH", TYPES[kind], 1) + edns


def dns_name(data: bytes, zone: str) -> str:
    text = base64.b32encode(data).decode().rstrip("=").lower()
    return ".".join([*(text[n : n + 57] for n in range(0, len(text), 57)), zone])


def over_dns(options, pace: Pace) -> None:  # noqa: ANN001
    sock = None
    while pace.go_on():
        if sock is None or options.fresh:
            sock = socket.socket(socket.AF_INET6 if ":" in options.host else socket.AF_INET, socket.SOCK_DGRAM)
            sock.settimeout(1.5)
        data = os.urandom(pace.chance.randint(options.size // 2, options.size))
        try:
            sock.sendto(question(dns_name(data, options.zone), pace.chance, options.type), (options.host, options.port))
            sock.recv(4000)
        except OSError:
            pass
        time.sleep(burst(options, pace))


def burst(options, pace: Pace) -> float:  # noqa: ANN001
    """Mostly at once, now and then a rest: what goes through a tunnel comes in bursts."""
    return pace.wait_s() if pace.chance.random() < options.rests or not options.rests else 0.002


def over_icmp(options, pace: Pace) -> None:  # noqa: ANN001
    from flooder import checksum

    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        number = pace.chance.randrange(60000)
        while pace.go_on():
            data = os.urandom(pace.chance.randint(options.size // 3, options.size))
            number += 1
            head = struct.pack(">BBHHH", 8, 0, 0, 4242, number & 0xFFFF)
            packet = struct.pack(">BBHHH", 8, 0, checksum(head + data), 4242, number & 0xFFFF) + data
            try:
                sock.sendto(packet, (options.host, 0))
            except OSError:
                pass
            time.sleep(burst(options, pace))


async def over_http(options, pace: Pace) -> None:  # noqa: ANN001
    async def line(way: str) -> None:
        while pace.go_on():
            try:
                reader, writer = await connect(options.host, options.port, pace, options.tls, 6)
                for _ in range(options.per_connection):
                    body = os.urandom(pace.chance.randint(20, options.size)) if way == "up" else b""
                    writer.write(http("POST" if body else "GET", options.host, "/app/task", body))
                    await asyncio.wait_for(http_answer(reader), 6)
                    await asyncio.sleep(burst(options, pace))
                    if not pace.go_on():
                        break
                await hang_up(writer)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.2)

    await asyncio.gather(line("up"), line("down"))


async def over_tcp(options, pace: Pace) -> None:  # noqa: ANN001
    reader, writer = await connect(options.host, options.port, pace, options.tls, 6)
    while pace.go_on():
        writer.write(os.urandom(pace.chance.randint(20, options.size)))
        try:
            await asyncio.wait_for(reader.read(2000), 2)
        except TimeoutError:
            pass
        await asyncio.sleep(burst(options, pace))
    await hang_up(writer)


def main() -> None:
    parser = arguments(__doc__, count=1500, seconds=50)
    parser.add_argument("way", choices=("dns", "icmp", "http", "tcp"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--zone", default="t.example")
    parser.add_argument("--type", choices=tuple(TYPES), default="TXT")
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--fresh", action="store_true", help="another port for every question")
    parser.add_argument("--rests", type=float, default=0.0, help="share of the pauses that are long; 0: all of them")
    parser.add_argument("--per-connection", type=int, default=1000)
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    pace = Pace(options)
    if options.way in ("dns", "icmp"):
        (over_dns if options.way == "dns" else over_icmp)(options, pace)
    else:
        asyncio.run((over_http if options.way == "http" else over_tcp)(options, pace))


if __name__ == "__main__":
    main()
