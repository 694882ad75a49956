# SPDX-License-Identifier: Apache-2.0
"""A small web application with a deliberately injectable page, for the lab only: never run it on a real network.

/item?id=1 joins its parameter into SQL as text (the hole that sqlmap finds); /search, /login, /api/telemetry, /upload, /task,
/echo and /poll are what clients, devices and beacons use.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from urllib.parse import parse_qs, urlsplit

_LOCK = threading.Lock()


def make_database() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    chance = random.Random(7)
    database.execute("create table items(id integer primary key, name text, price real, words text)")
    database.execute("create table users(id integer primary key, login text, secret text)")
    database.executemany(
        "insert into items values(?,?,?,?)",
        ((n, f"thing {n}", chance.randint(1, 900) / 10, "words " * chance.randint(3, 200)) for n in range(1, 400)),
    )
    database.executemany(
        "insert into users values(?,?,?)", ((n, f"user{n}", f"{chance.getrandbits(64):x}") for n in range(1, 60))
    )
    return database


class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    database = make_database()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if url.path == "/item":
            self._rows(f"select name, price, words from items where id = {query.get('id', '1')}")  # noqa: S608 - the hole
        elif url.path == "/search":
            self._rows("select name, price from items where name like ? limit 30", (f"%{query.get('q', '')}%",))
        elif url.path == "/task":
            self._answer(200, json.dumps({"task": "wait", "pad": "x" * random.randint(0, 60)}))
        elif url.path in ("/echo", "/poll"):
            # As much as was asked for, after a wait: what calls, long polls and message streams come down to.
            time.sleep(min(float(query.get("wait", "0")), 40))
            self._answer(200, "x" * min(int(query.get("size", "2")), 1 << 20))
        elif url.path in ("/", "/login"):
            self._answer(
                200, "<html><form method=post action=login><input name=user><input name=password></form></html>"
            )
        else:
            self._answer(404, "no such page\n")

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), 64 << 20))
        if self.path == "/login":
            right = b"password=dragon" in body
            self._answer(200 if right else 401, "welcome\n" if right else "Login failed\n")
        elif self.path.startswith("/echo"):
            self.do_GET()
        else:
            self._answer(200, json.dumps({"received": len(body)}))

    do_PUT = do_POST  # noqa: N815 - the base class calls it so

    def _rows(self, sql: str, arguments: tuple = ()) -> None:
        try:
            with _LOCK:
                rows = self.database.execute(sql, arguments).fetchall()
        except sqlite3.Error as error:
            self._answer(500, f"<html><b>database error:</b> {error}</html>")
            return
        cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        self._answer(200, f"<html><table>{cells}</table></html>")

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    address_family = AF_INET6
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Server(("::", int(sys.argv[1])), Application).serve_forever()
