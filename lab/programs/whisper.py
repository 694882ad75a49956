# SPDX-License-Identifier: Apache-2.0
"""Keeps in touch with a far end, or carries data to it, unlike caller.py, carrier.py and tunneler.py in framing and rhythm:
calls that come in turns of quiet and work, DNS names of hex or of many short labels, uploads that trickle."""

from __future__ import annotations

import http.client
import os
import select
import socket
import struct
import time

from common import Pace, arguments, blind
from flooder import checksum
from tunneler import TYPES, question


def rest(options, pace: Pace) -> None:  # noqa: ANN001
    """A pause whose spread is like a bell or like waiting for chance, not like a die."""
    spread = pace.chance.gauss(0, options.jitter / 2) if options.bell else pace.chance.expovariate(1) - 1
    wait = options.pause * max(0.1, 1 + (spread if options.bell else options.jitter * spread))
    time.sleep(min(wait, pace.remaining_s()))


def connection(options, pace: Pace) -> socket.socket:  # noqa: ANN001
    sock = socket.create_connection((options.host, options.port), 6, pace.source())
    sock.settimeout(5)
    return blind().wrap_socket(sock) if options.tls else sock


def call_web(options, pace: Pace) -> None:  # noqa: ANN001
    """A request each time; every so often there is work: several exchanges and a larger answer or upload."""
    kind = http.client.HTTPSConnection if options.tls else http.client.HTTPConnection
    more = {"context": blind()} if options.tls else {}
    headers = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0)", "Cookie": "id=" + os.urandom(options.head // 2).hex()}
    web = None
    while pace.go_on():
        work = pace.chance.random() < options.work
        for _ in range(pace.chance.randint(2, 6) if work else 1):
            try:
                if web is None:
                    web = kind(options.host, options.port, timeout=6, source_address=pace.source(), **more)
                body = (
                    os.urandom(pace.chance.randint(options.size // 2, options.size) * (8 if work else 1))
                    if options.size
                    else None
                )
                answer = pace.chance.randint(10, options.answer) * (10 if work else 1)
                web.request("POST" if body else "GET", f"/app/echo?size={answer}", body, headers)
                web.getresponse().read()
            except (OSError, http.client.HTTPException):
                web = None
            if web and not options.keep:
                web.close()
                web = None
        rest(options, pace)


def call_line(options, pace: Pace) -> None:  # noqa: ANN001
    """A small message on a plain or TLS connection, kept or fresh; the answer is read when it comes."""
    sock = None
    while pace.go_on():
        try:
            sock = sock or connection(options, pace)
            sock.sendall(
                struct.pack(">I", options.size) + os.urandom(pace.chance.randint(options.size // 2, options.size))
            )
            if select.select([sock], [], [], 0.5)[0] and not sock.recv(4000):
                raise ConnectionError
        except OSError:
            sock = None
        if sock and not options.keep:
            sock.close()
            sock = None
        rest(options, pace)


def call_datagram(options, pace: Pace) -> None:  # noqa: ANN001
    kept = socket.socket(socket.AF_INET, socket.SOCK_DGRAM) if options.keep else None
    while pace.go_on():
        sock = kept or socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.sendto(os.urandom(pace.chance.randint(options.size // 2, options.size) or 1), (options.host, options.port))
        if select.select([sock], [], [], 1)[0]:
            sock.recv(2000)
        rest(options, pace)


def name_of(options, pace: Pace, number: int) -> str:  # noqa: ANN001
    """hex: one to four labels of --label characters. short: many labels of a few. counter: a number, a session and little else."""
    chance = pace.chance
    if options.framing == "counter":
        return f"{number:x}.{options.seed:x}{chance.randrange(256):02x}.{options.zone}"
    if options.framing == "short":
        text = os.urandom(max(2, options.size // 2)).hex()
        return ".".join([*(text[n : n + 4] for n in range(0, min(len(text), 120), 4)), options.zone])
    labels = chance.randint(1, options.labels)
    return ".".join([*(os.urandom(options.label // 2).hex() for _ in range(labels)), options.zone])


def names(options, pace: Pace) -> None:  # noqa: ANN001
    """Questions one after the other or several under way, from one socket or a fresh one each; rests between messages."""
    kept = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    number = 0
    while pace.go_on():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM) if options.fresh else kept
        for _ in range(pace.chance.randint(1, options.window)):
            number += 1
            kind = options.type if pace.chance.random() < 0.9 else "A"
            try:
                sock.sendto(question(name_of(options, pace, number), pace.chance, kind), (options.host, options.port))
            except OSError:
                pass
        while select.select([sock], [], [], 1.5 if options.window == 1 else 0.05)[0]:
            try:
                sock.recv(4000)
            except OSError:
                pass
            if options.window == 1:
                break
        if pace.chance.random() < options.work:
            rest(options, pace)
        else:
            time.sleep(options.gap)
        if options.fresh:
            sock.close()


def echoes(options, pace: Pace) -> None:  # noqa: ANN001
    """Data in echoes whose size is that of the data; each answer is waited for, then the next goes at once or after a rest."""
    number, ident = 0, pace.chance.randrange(65536)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        while pace.go_on():
            data = os.urandom(pace.chance.choice((8, 24, options.size // 2, options.size)))
            number += 1
            head = struct.pack(">BBHHH", 8, 0, 0, ident, number & 0xFFFF)
            sock.sendto(
                struct.pack(">BBHHH", 8, 0, checksum(head + data), ident, number & 0xFFFF) + data, (options.host, 0)
            )
            if select.select([sock], [], [], 0.3)[0]:
                sock.recv(4000)
            if pace.chance.random() < options.work:
                rest(options, pace)


def trickle(options, pace: Pace) -> None:  # noqa: ANN001
    """One connection for all of it: a chunked upload or a plain stream, a piece at a time."""
    try:
        sock = connection(options, pace)
        if options.way == "trickle-web":
            sock.sendall(
                f"PUT /app/upload HTTP/1.1\r\nHost: {options.host}\r\nContent-Length: {options.bytes}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
            )
        left = options.bytes
        while left > 0 and pace.go_on():
            data = os.urandom(min(left, max(1, int(options.size * pace.chance.uniform(0.5, 1.5)))))
            sock.sendall(data)
            left -= len(data)
            rest(options, pace)
        sock.shutdown(socket.SHUT_WR) if not options.tls else None
        select.select([sock], [], [], 1)
        sock.close()
    except OSError:
        pass


WAYS = {
    "web": call_web,
    "line": call_line,
    "datagram": call_datagram,
    "dns": names,
    "icmp": echoes,
    "trickle-web": trickle,
    "trickle": trickle,
}


def main() -> None:
    parser = arguments(__doc__, count=5000, seconds=80)
    parser.add_argument("way", choices=tuple(WAYS))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--keep", action="store_true", help="one connection or socket for all")
    parser.add_argument("--bell", action="store_true", help="pauses spread like a bell")
    parser.add_argument("--work", type=float, default=0.1, help="share of turns with work (calls) or a rest (tunnels)")
    parser.add_argument("--size", type=int, default=60)
    parser.add_argument("--head", type=int, default=40)
    parser.add_argument("--answer", type=int, default=200)
    parser.add_argument("--bytes", type=int, default=1_000_000)
    parser.add_argument("--zone", default="t.example")
    parser.add_argument("--type", choices=tuple(TYPES), default="TXT")
    parser.add_argument("--framing", choices=("hex", "short", "counter"), default="hex")
    parser.add_argument("--label", type=int, default=40, help="characters of a label")
    parser.add_argument("--labels", type=int, default=3, help="at most so many")
    parser.add_argument("--window", type=int, default=1, help="questions under way")
    parser.add_argument("--gap", type=float, default=0.01, help="seconds between two questions of a message")
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    WAYS[options.way](options, Pace(options))


if __name__ == "__main__":
    main()
