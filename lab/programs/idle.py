# SPDX-License-Identifier: Apache-2.0
"""Connections that live long and say little: push services, chat, websockets, database pools; a heartbeat now and then."""

from __future__ import annotations

import asyncio

from common import Pace, arguments, connect, hang_up


async def one(options, pace: Pace) -> None:  # noqa: ANN001
    await asyncio.sleep(pace.chance.uniform(0, options.spread))
    try:
        reader, writer = await connect(options.host, options.port, pace, timeout=6)
    except (OSError, TimeoutError):
        return
    try:
        while pace.go_on():
            for _ in range(pace.chance.randint(1, options.burst)):
                writer.write(pace.chance.randbytes(pace.chance.randint(8, options.size)))
                await asyncio.wait_for(reader.read(4000), 5)
            await asyncio.sleep(pace.wait_s())
    except (OSError, TimeoutError):
        pass
    await hang_up(writer)


async def run(options, pace: Pace) -> None:  # noqa: ANN001
    await asyncio.gather(*(one(options, pace) for _ in range(options.threads)))


def main() -> None:
    parser = arguments(__doc__, count=5000, seconds=120)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--size", type=int, default=90)
    parser.add_argument("--burst", type=int, default=1)
    parser.add_argument("--spread", type=float, default=3.0, help="seconds over which the connections open")
    options = parser.parse_args()
    asyncio.run(run(options, Pace(options)))


if __name__ == "__main__":
    main()
