# SPDX-License-Identifier: Apache-2.0
"""Talks to many peers as file sharing, games and name servers do: UDP questions and TCP attempts, many of them unanswered."""

from __future__ import annotations

import asyncio
import socket
import struct

from common import Pace, arguments, connect, hang_up, in_threads


def main() -> None:
    parser = arguments(__doc__, count=300, seconds=80)
    parser.add_argument("peers", help="addresses, separated by commas; some may be gone")
    parser.add_argument("--ports", default="6881,51413,6882")
    parser.add_argument("--tcp", type=float, default=0.2, help="share of TCP")
    options = parser.parse_args()
    pace = Pace(options)
    peers, ports = options.peers.split(","), [int(p) for p in options.ports.split(",")]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)

    async def act() -> None:
        peer, port = pace.chance.choice(peers), pace.chance.choice(ports)
        if pace.chance.random() < options.tcp:
            reader, writer = await connect(peer, port, pace, timeout=3)
            for _ in range(pace.chance.randint(1, 20)):
                writer.write(struct.pack(">I", 13) + pace.chance.randbytes(pace.chance.choice((13, 60, 1300))))
                await asyncio.wait_for(reader.read(3000), 2)
            await hang_up(writer, pace.chance.random() < 0.3)
        else:
            sock.sendto(pace.chance.randbytes(pace.chance.choice((65, 101, 120, 300))), (peer, port))
        try:
            while sock.recv(3000):
                pass
        except BlockingIOError:
            pass

    asyncio.run(in_threads(pace, options.threads, act))


if __name__ == "__main__":
    main()
