# SPDX-License-Identifier: Apache-2.0
"""Look-ups of many people: names in many zones, from many addresses, also repeated, also of names that do not exist."""

from __future__ import annotations

import socket
import time

from common import Pace, arguments
from tunneler import question


def main() -> None:
    parser = arguments(__doc__, count=500, seconds=100)
    parser.add_argument("resolver")
    parser.add_argument("top", help="the zone above z0, z1, ...")
    parser.add_argument("--zones", type=int, default=60)
    parser.add_argument("--fresh", type=float, default=0.7, help="share of queries from a port of their own")
    options = parser.parse_args()
    pace = Pace(options)
    chance = pace.chance
    held = [_open(pace) for _ in range(12)]
    while pace.go_on():
        zone = min(int(chance.paretovariate(0.7)) - 1, options.zones - 1)
        name = f"{chance.choice(('www', 'api', 'cdn', 'mail', 'img'))}{chance.randrange(40)}.z{zone}.{options.top}"
        if chance.random() < 0.05:
            name = f"{chance.randbytes(4).hex()}.{options.top}"
        fresh = chance.random() < options.fresh
        sock = _open(pace) if fresh else chance.choice(held)
        for _ in range(chance.choice((1, 1, 1, 2))):
            sock.sendto(question(name, chance, chance.choice(("A", "A", "AAAA", "TXT"))), (options.resolver, 53))
        if fresh:
            held[chance.randrange(len(held))] = sock  # the old one closes; its late answers are refused, as in life
        time.sleep(chance.expovariate(1 / options.pause) if options.pause else 0)


def _open(pace: Pace) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if source := pace.source():
        sock.bind(source)
    return sock


if __name__ == "__main__":
    main()
