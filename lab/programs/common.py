# SPDX-License-Identifier: Apache-2.0
"""What the lab's programs share: pauses with jitter, sources, TLS without verification, a deadline."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import random
import socket
import ssl
import time


def arguments(description: str | None, *, count: int = 100, seconds: float = 30) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=count, help="at most so many actions")
    parser.add_argument("--seconds", type=float, default=seconds, help="at most so long")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two actions")
    parser.add_argument("--jitter", type=float, default=0.0, help="share by which a pause varies")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--source", default="", help="addresses to speak from, separated by commas, or a prefix")
    return parser


def sources(text: str) -> list[str]:
    """Addresses of a comma list or of a prefix; empty: whatever the kernel takes."""
    if "/" in text:
        return [str(address) for address in ipaddress.ip_network(text, strict=False)]
    return [part for part in text.split(",") if part]


def blind() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Pace:
    """One clock for a program: how long to wait, and when to stop."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.chance = random.Random(options.seed)
        self.pause_s, self.jitter = options.pause, options.jitter
        self.until = time.monotonic() + options.seconds
        self.left = options.count
        self.sources = sources(options.source)

    def go_on(self) -> bool:
        self.left -= 1
        return self.left >= 0 and time.monotonic() < self.until

    def wait_s(self) -> float:
        wait = self.pause_s * max(0.0, 1 + self.jitter * self.chance.uniform(-1, 1))
        return min(wait, max(0.0, self.until - time.monotonic()))

    def source(self) -> tuple[str, int] | None:
        return (self.chance.choice(self.sources), 0) if self.sources else None

    def remaining_s(self) -> float:
        return max(0.05, self.until - time.monotonic())


async def connect(
    host: str, port: int, pace: Pace, tls: bool = False, timeout: float = 4.0
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection from one of the pace's sources; raises OSError or TimeoutError."""
    source = pace.source()
    return await asyncio.wait_for(
        asyncio.open_connection(host, port, local_addr=source, ssl=blind() if tls else None),
        min(timeout, pace.remaining_s()),
    )


async def hang_up(writer: asyncio.StreamWriter, abort: bool = False) -> None:
    if abort:
        sock = writer.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        writer.transport.abort()
        return
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 2)
    except (OSError, TimeoutError):
        pass


async def in_threads(pace: Pace, threads: int, act) -> None:  # noqa: ANN001 - a coroutine function without arguments
    """`threads` lines of action, each: act, pause, again, until the pace says stop."""

    async def line() -> None:
        while pace.go_on():
            try:
                await asyncio.wait_for(act(), pace.remaining_s() + 3)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError, ssl.SSLError):
                pass
            await asyncio.sleep(pace.wait_s())

    await asyncio.gather(*(line() for _ in range(threads)))


def http(
    method: str, host: str, path: str, body: bytes = b"", keep: bool = True, headers: dict[str, str] | None = None
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    lines.append("Connection: " + ("keep-alive" if keep else "close"))
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def http_answer(reader: asyncio.StreamReader) -> int:
    """Reads one answer; its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            left = int(line.split(b":")[1])
            while left > 0 and (part := await reader.read(min(left, 65536))):
                left -= len(part)
            return status
    if b"chunked" in head.lower():
        while size := int((await reader.readline()).strip() or b"0", 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return status
