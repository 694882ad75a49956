# SPDX-License-Identifier: Apache-2.0
"""Tries a web application: guessed paths, odd parameters, odd methods; kept alive or not, one line or many."""

from __future__ import annotations

import asyncio

from common import Pace, arguments, connect, hang_up, http, http_answer, in_threads

PIECES = (
    "'",
    "1 or 1=1",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "%00",
    "1;sleep 5",
    "{{7*7}}",
    "union select null,null--",
)
WORDS = (
    "admin",
    "backup",
    "config",
    "test",
    "old",
    "api",
    "v1",
    "db",
    "upload",
    "wp-login",
    "phpinfo",
    "server-status",
    ".git",
    ".env",
    "cgi-bin",
)


def main() -> None:
    parser = arguments(__doc__, count=600, seconds=45)
    parser.add_argument("way", choices=("paths", "parameters", "mixed"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--per-connection", type=int, default=1)
    options = parser.parse_args()
    pace = Pace(options)
    chance = pace.chance

    def request(keep: bool) -> bytes:
        way = options.way if options.way != "mixed" else chance.choice(("paths", "parameters"))
        if way == "paths":
            path = "/" + "/".join(chance.choice(WORDS) + str(chance.randrange(99)) for _ in range(chance.randint(1, 3)))
            return http(chance.choice(("GET", "GET", "HEAD" if not keep else "GET")), options.host, path, keep=keep)
        odd = "".join(f"%{c:02x}" for c in (chance.choice(PIECES) * chance.randint(1, 12)).encode())
        if chance.random() < 0.3:
            return http("POST", options.host, "/app/login", f"user={odd}&password=x".encode(), keep)
        return http(
            "GET", options.host, f"/app/{chance.choice(('item?id', 'search?q', 'login?next'))}={odd}", keep=keep
        )

    async def act() -> None:
        reader, writer = await connect(options.host, options.port, pace, options.tls)
        try:
            for turn in range(options.per_connection):
                keep = turn + 1 < options.per_connection
                writer.write(request(keep))
                await asyncio.wait_for(http_answer(reader), 6)
                if not keep or not pace.go_on():
                    break
                await asyncio.sleep(pace.wait_s())
        finally:
            await hang_up(writer)

    asyncio.run(in_threads(pace, options.threads, act))


if __name__ == "__main__":
    main()
