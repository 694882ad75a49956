# SPDX-License-Identifier: Apache-2.0
"""Reads from every connection until its end and answers each chunk now and then with a short line."""

from __future__ import annotations

import asyncio
import sys


async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    total = 0
    try:
        while data := await reader.read(1 << 16):
            total += len(data)
            if len(data) < 2000:
                writer.write(b"ok %d\n" % total)
                await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def main(ports: list[int]) -> None:
    servers = [await asyncio.start_server(swallow, "::", port) for port in ports]
    servers += [await asyncio.start_server(swallow, "0.0.0.0", port) for port in ports]  # noqa: S104 - asyncio makes :: IPv6 only
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main([int(word) for word in sys.argv[1:]]))
