# SPDX-License-Identifier: Apache-2.0
"""Guesses passwords with blocking sockets in threads: one word over many users, one user over many words, or both over many hosts.

Unlike guesser.py it keeps a connection until the server ends it, speaks line by line, and may rest in the middle of one.
"""

from __future__ import annotations

import base64
import http.client
import socket
import struct
import threading
import time

from common import Pace, arguments, blind


class Line:
    """One connection, by lines."""

    def __init__(self, host: str, port: int, pace: Pace, rest_s: float) -> None:
        self.sock = socket.create_connection((host, port), 5, pace.source())
        self.sock.settimeout(6)
        self.rest_s = rest_s

    def hear(self) -> bytes:
        data = self.sock.recv(2000)
        if not data:
            raise ConnectionError("closed")
        return data

    def say(self, data: bytes) -> bytes:
        if self.rest_s:
            time.sleep(self.rest_s)
        self.sock.sendall(data)
        return self.hear()


def ftp(line: Line, user: str, word: str) -> None:
    line.say(f"USER {user}\r\n".encode())
    line.say(f"PASS {word}\r\n".encode())


def imap(line: Line, user: str, word: str) -> None:
    line.say(f'1 LOGIN "{user}" "{word}"\r\n'.encode())


def smtp(line: Line, user: str, word: str) -> None:
    line.say(b"EHLO there\r\n")
    line.say(b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{word}".encode()) + b"\r\n")


def telnet(line: Line, user: str, word: str) -> None:
    line.say(user.encode() + b"\r\n")
    line.say(word.encode() + b"\r\n")


def redis(line: Line, user: str, word: str) -> None:
    line.say(f"AUTH {user} {word}\r\n".encode())


def postgres(line: Line, user: str, word: str) -> None:
    """As far as the server's challenge, and a wrong proof: what a wrong password looks like on the wire."""
    body = struct.pack(">I", 196608) + f"user\0{user}\0database\0shop\0\0".encode()
    line.say(struct.pack(">I", len(body) + 4) + body)
    first = b"n,,n=,r=" + word.encode().ljust(24, b"x")
    start = b"SCRAM-SHA-256\0" + struct.pack(">I", len(first)) + first
    line.say(b"p" + struct.pack(">I", len(start) + 4) + start)
    proof = b"c=biws,r=" + word.encode().ljust(48, b"y") + b",p=" + base64.b64encode(bytes(32))
    line.say(b"p" + struct.pack(">I", len(proof) + 4) + proof)
    raise ConnectionError("one guess each")


GREETED = {"ftp": ftp, "imap": imap, "smtp": smtp, "telnet": telnet}
SILENT = {"redis": redis, "postgres": postgres}
LETTERS = "abcdefghkmnprstuvwxyz23456789"


class Guesses:
    """What to try next, over all threads."""

    def __init__(self, options, pace: Pace) -> None:  # noqa: ANN001
        self.o, self.pace, self.lock, self.number = options, pace, threading.Lock(), 0
        self.hosts = options.hosts.split(",")

    def next(self) -> tuple[str, str, str] | None:
        with self.lock:
            if not self.pace.go_on():
                return None
            self.number += 1
            chance = self.pace.chance
            word = "".join(chance.choice(LETTERS) for _ in range(chance.randint(4, 16)))
            season = ("Spring", "Summer", "Winter")[self.number // 50 % 3] + "2026"
            user = f"{chance.choice('abcdefgh')}.user{self.number}" if self.o.spray else self.o.user
            return self.hosts[self.number % len(self.hosts)], user, season if self.o.spray else word

    def wait(self) -> None:
        with self.lock:
            wait = self.pace.wait_s()
        time.sleep(wait)


def by_lines(options, guesses: Guesses) -> None:  # noqa: ANN001
    act = (GREETED | SILENT)[options.protocol]
    while guess := guesses.next():
        host, user, word = guess
        try:
            line = Line(host, options.port, guesses.pace, options.rest)
            with line.sock:
                if options.protocol in GREETED:
                    line.hear()
                act(line, user, word)
                for _ in range(options.per_connection - 1):
                    guesses.wait()
                    if not (guess := guesses.next()):
                        return
                    act(line, guess[1], guess[2])
        except OSError:
            pass
        guesses.wait()


def by_web(options, guesses: Guesses) -> None:  # noqa: ANN001
    """Forms and basic auth by http.client, with a browser's headers; a connection is kept where asked."""
    kind = http.client.HTTPSConnection if options.tls else http.client.HTTPConnection
    more = {"context": blind()} if options.tls else {}
    headers = {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101",
        "Accept": "text/html,*/*;q=0.8",
        "Accept-Language": "en",
    }
    line = None
    while guess := guesses.next():
        host, user, word = guess
        try:
            if line is None:
                line = kind(host, options.port, timeout=6, source_address=guesses.pace.source(), **more)
            if options.protocol == "basic":
                token = base64.b64encode(f"{user}:{word}".encode()).decode()
                line.request("GET", options.path, headers=headers | {"Authorization": f"Basic {token}"})
            else:
                form = {"Content-Type": "application/x-www-form-urlencoded"}
                line.request("POST", options.path, f"user={user}&password={word}&csrf={'0' * 32}", headers | form)
            line.getresponse().read()
        except (OSError, http.client.HTTPException):
            line = None
        if line and not options.keep:
            line.close()
            line = None
        guesses.wait()


def main() -> None:
    parser = arguments(__doc__, count=200, seconds=60)
    parser.add_argument("protocol", choices=(*GREETED, *SILENT, "form", "basic"))
    parser.add_argument("hosts", help="separated by commas")
    parser.add_argument("port", type=int)
    parser.add_argument("--user", default="admin")
    parser.add_argument("--spray", action="store_true", help="one word for many users")
    parser.add_argument("--per-connection", type=int, default=1)
    parser.add_argument("--rest", type=float, default=0.0, help="seconds before each line")
    parser.add_argument("--path", default="/app/login")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    guesses = Guesses(options, Pace(options))
    act = by_web if options.protocol in ("form", "basic") else by_lines
    lines = [threading.Thread(target=act, args=(options, guesses)) for _ in range(options.threads)]
    for line in lines:
        line.start()
    for line in lines:
        line.join()


if __name__ == "__main__":
    main()
