# SPDX-License-Identifier: Apache-2.0
"""Looks for open ports with connections that it does not wait for: all of a batch at once, silence asked again, greetings read.

Unlike scanner.py: batches and rests instead of a steady pace, retries, and one source port where asked.
"""

from __future__ import annotations

import itertools
import select
import socket
import struct
import time

from common import Pace, arguments
from scanner import ports, targets


def main() -> None:
    parser = arguments(__doc__, count=2000, seconds=60)
    parser.add_argument("targets")
    parser.add_argument("ports")
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--timeout", type=float, default=0.8)
    parser.add_argument("--retries", type=int, default=0)
    parser.add_argument("--order", choices=("random", "ports", "hosts", "down"), default="random")
    parser.add_argument("--udp", action="store_true")
    parser.add_argument("--one-port", action="store_true", help="always from one source port")
    parser.add_argument("--greet", action="store_true", help="wait for a greeting")
    options = parser.parse_args()
    pace = Pace(options)
    hosts, numbers = targets(options.targets), ports(options.ports)
    pairs = (
        [(h, p) for p in numbers for h in hosts]
        if options.order == "hosts"
        else list(itertools.product(hosts, numbers))
    )
    if options.order == "random":
        pace.chance.shuffle(pairs)
    if options.order == "down":
        pairs.reverse()
    own_port = pace.chance.randint(20_000, 60_000) if options.one_port else 0
    tries = dict.fromkeys(pairs, 0)
    while pairs and pace.remaining_s() > 0.2 and pace.left > 0:
        batch, pairs = pairs[: options.batch], pairs[options.batch :]
        pace.left -= len(batch)
        silent = udp(batch, options, pace) if options.udp else tcp(batch, options, pace, own_port)
        for pair in silent:
            tries[pair] += 1
            if tries[pair] <= options.retries:
                pairs.append(pair)
        time.sleep(pace.wait_s())


def tcp(batch: list[tuple[str, int]], options, pace: Pace, own_port: int) -> list[tuple[str, int]]:  # noqa: ANN001
    """Tries them all at once; those that stayed silent."""
    waiting: dict[socket.socket, tuple[str, int]] = {}
    for host, port in batch:
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        source = pace.source() or ("", 0)
        try:
            if own_port:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if own_port or source[0]:
                sock.bind((source[0], own_port))
            sock.setblocking(False)
            sock.connect_ex((host, port))
            waiting[sock] = (host, port)
        except OSError:
            sock.close()
    until = time.monotonic() + options.timeout
    while waiting and (left := until - time.monotonic()) > 0:
        for sock in select.select([], list(waiting), [], left)[1]:
            waiting.pop(sock)
            if options.greet and not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                select.select([sock], [], [], 0.3)
            sock.close()
    for sock in waiting:
        sock.close()
    return list(waiting.values())


def udp(batch: list[tuple[str, int]], options, pace: Pace) -> list[tuple[str, int]]:  # noqa: ANN001
    """One socket for the whole batch: nobody's answer is waited for."""
    with socket.socket(socket.AF_INET6 if ":" in batch[0][0] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        if source := pace.source():
            sock.bind(source)
        for pair in batch:
            try:
                sock.sendto(pace.chance.randbytes(pace.chance.choice((0, 1, 8, 48))), pair)
            except OSError:
                pass
        select.select([sock], [], [], min(options.timeout, 0.3))
    return batch


if __name__ == "__main__":
    main()
