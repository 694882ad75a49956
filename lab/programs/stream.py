# SPDX-License-Identifier: Apache-2.0
"""Media: a call (UDP both ways, every 20 ms), or video (a segment over HTTP every few seconds)."""

from __future__ import annotations

import asyncio
import socket
import time

from common import Pace, arguments, connect, hang_up, http, http_answer


def call(options, pace: Pace) -> None:  # noqa: ANN001
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        while pace.go_on():
            low = options.size if not options.video else 300
            try:
                sock.sendto(pace.chance.randbytes(pace.chance.randint(low, options.size)), (options.host, options.port))
                sock.recv(2000)
            except OSError:
                pass
            time.sleep(options.gap)


async def video(options, pace: Pace) -> None:  # noqa: ANN001
    reader, writer = await connect(options.host, options.port, pace, options.tls, 6)
    while pace.go_on():
        writer.write(http("GET", options.host, f"/d/{pace.chance.choice((300, 900))}.iso"))
        await asyncio.wait_for(http_answer(reader), 30)
        await asyncio.sleep(pace.wait_s())
    await hang_up(writer)


def main() -> None:
    parser = arguments(__doc__, count=4000, seconds=60)
    parser.add_argument("way", choices=("call", "video"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--size", type=int, default=172)
    parser.add_argument("--gap", type=float, default=0.02)
    parser.add_argument("--video", action="store_true")
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    pace = Pace(options)
    if options.way == "call":
        call(options, pace)
    else:
        asyncio.run(video(options, pace))


if __name__ == "__main__":
    main()
