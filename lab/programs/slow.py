# SPDX-License-Identifier: Apache-2.0
"""Holds a web server's connections: headers that never end, bodies that drip, answers read a few bytes at a time."""

from __future__ import annotations

import asyncio
import socket

from common import Pace, arguments, connect, hang_up, http


async def one(options, pace: Pace) -> None:  # noqa: ANN001
    try:
        reader, writer = await connect(options.host, options.port, pace, options.tls)
    except (OSError, TimeoutError):
        return
    try:
        if options.way == "read":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
            writer.transport.pause_reading()
            writer.write(http("GET", options.host, options.path))
            while pace.remaining_s() > 0.1:
                await asyncio.sleep(pace.wait_s() or 1)
                writer.transport.resume_reading()
                await asyncio.sleep(0.01)
                writer.transport.pause_reading()
        if options.way == "body":
            head = f"POST {options.path} HTTP/1.1\r\nHost: {options.host}\r\nContent-Length: 100000\r\n\r\n"
        else:
            head = f"GET {options.path} HTTP/1.1\r\nHost: {options.host}\r\n"
        writer.write(head.encode())
        while pace.remaining_s() > 0.1 and not reader.at_eof():
            await asyncio.sleep(pace.wait_s() or 1)
            drip = "x" * pace.chance.randint(1, 30)
            writer.write((drip if options.way == "body" else f"X-{drip}: {drip}\r\n").encode())
            await writer.drain()
    except (OSError, RuntimeError):
        pass
    finally:
        await hang_up(writer, True)


async def run(options, pace: Pace) -> None:  # noqa: ANN001
    tasks = []
    for _ in range(options.count):
        if pace.remaining_s() < 1:
            break
        tasks.append(asyncio.create_task(one(options, pace)))
        await asyncio.sleep(1 / options.rate)
    await asyncio.gather(*tasks)


def main() -> None:
    parser = arguments(__doc__, count=60, seconds=40)
    parser.add_argument("way", choices=("headers", "body", "read"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--path", default="/")
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    asyncio.run(run(options, Pace(options)))


if __name__ == "__main__":
    main()
