# SPDX-License-Identifier: Apache-2.0
"""Guesses passwords: one line of protocol each for ftp, smtp, pop3, imap, telnet, redis, mqtt, http forms and basic auth."""

from __future__ import annotations

import asyncio
import base64
import struct

from common import Pace, arguments, connect, hang_up, http, http_answer, in_threads


class Guesser:
    def __init__(self, options, pace: Pace) -> None:  # noqa: ANN001 - argparse's namespace
        self.o, self.pace = options, pace
        self.kept: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def word(self) -> tuple[str, str]:
        chance = self.pace.chance
        user = f"user{chance.randrange(500)}" if self.o.stuffing else self.o.user
        return user, "".join(chance.choice("abcdefghkmnprstuvwxyz23456789") for _ in range(chance.randint(5, 14)))

    async def talk(self, lines: list[bytes], greeting: bool = True) -> None:
        reader, writer = await connect(self.o.host, self.o.port, self.pace, self.o.tls)
        try:
            if greeting:
                await asyncio.wait_for(reader.read(500), 5)
            for line in lines:
                writer.write(line)
                await asyncio.wait_for(reader.read(500), 5)
        finally:
            await hang_up(writer, self.o.abort)

    async def several(self, one: list[bytes], bye: bytes) -> None:
        """So many guesses in one connection."""
        await self.talk([*one, bye] if bye else one)

    async def ftp(self) -> None:
        lines = []
        for _ in range(self.o.per_connection):
            user, word = self.word()
            lines += [f"USER {user}\r\n".encode(), f"PASS {word}\r\n".encode()]
        await self.several(lines, b"QUIT\r\n" if self.pace.chance.random() < 0.5 else b"")

    async def smtp(self) -> None:
        lines = [b"EHLO mail\r\n"]
        for _ in range(self.o.per_connection):
            user, word = self.word()
            lines.append(b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{word}".encode()) + b"\r\n")
        await self.several(lines, b"QUIT\r\n")

    async def pop3(self) -> None:
        lines = []
        for _ in range(self.o.per_connection):
            user, word = self.word()
            lines += [f"USER {user}\r\n".encode(), f"PASS {word}\r\n".encode()]
        await self.several(lines, b"QUIT\r\n")

    async def imap(self) -> None:
        lines = []
        for n in range(self.o.per_connection):
            user, word = self.word()
            lines.append(f"a{n} LOGIN {user} {word}\r\n".encode())
        await self.several(lines, b"z LOGOUT\r\n")

    async def telnet(self) -> None:
        lines = []
        for _ in range(self.o.per_connection):
            user, word = self.word()
            lines += [f"{user}\r\n".encode(), f"{word}\r\n".encode()]
        await self.several(lines, b"")

    async def redis(self) -> None:
        lines = []
        for _ in range(self.o.per_connection):
            word = self.word()[1]
            lines.append(f"*2\r\n$4\r\nAUTH\r\n${len(word)}\r\n{word}\r\n".encode())
        await self.talk(lines, greeting=False)

    async def mqtt(self) -> None:
        user, word = self.word()

        def text(value: str) -> bytes:
            return struct.pack(">H", len(value)) + value.encode()

        body = text("MQTT") + b"\x04\xc2\x00\x3c" + text("c") + text(user) + text(word)
        await self.talk([b"\x10" + bytes([len(body)]) + body], greeting=False)

    async def form(self) -> None:
        user, word = self.word()
        await self.web(
            "POST", f"user={user}&password={word}".encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )

    async def basic(self) -> None:
        user, word = self.word()
        await self.web("GET", b"", {"Authorization": "Basic " + base64.b64encode(f"{user}:{word}".encode()).decode()})

    async def web(self, method: str, body: bytes, headers: dict[str, str]) -> None:
        reader, writer = (
            self.kept.pop() if self.kept else await connect(self.o.host, self.o.port, self.pace, self.o.tls)
        )
        try:
            writer.write(http(method, self.o.host, self.o.path, body, self.o.keep, headers))
            await asyncio.wait_for(http_answer(reader), 6)
        except BaseException:
            await hang_up(writer)
            raise
        if self.o.keep:
            self.kept.append((reader, writer))
        else:
            await hang_up(writer)


def main() -> None:
    parser = arguments(__doc__, count=200, seconds=60)
    parser.add_argument("protocol", choices=("ftp", "smtp", "pop3", "imap", "telnet", "redis", "mqtt", "form", "basic"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--user", default="admin")
    parser.add_argument("--stuffing", action="store_true", help="another user each time")
    parser.add_argument("--per-connection", type=int, default=1)
    parser.add_argument("--path", default="/app/login")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--abort", action="store_true")
    options = parser.parse_args()
    pace = Pace(options)
    guesser = Guesser(options, pace)
    asyncio.run(in_threads(pace, options.threads, getattr(guesser, options.protocol)))


if __name__ == "__main__":
    main()
