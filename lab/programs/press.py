# SPDX-License-Identifier: Apache-2.0
"""Presses a server within bounds, by plain sockets and one selector: connections held open or dropped, requests, datagrams, slow requests.

Unlike flooder.py and slow.py it neither waits for a connection before the next nor reads what comes back in order.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
import time

from common import Pace, arguments, blind

MOST_OPEN = 500


def opened(options, pace: Pace) -> socket.socket:  # noqa: ANN001
    """A connection that is under way."""
    sock = socket.socket(socket.AF_INET6 if ":" in options.host else socket.AF_INET, socket.SOCK_STREAM)
    if source := pace.source():
        sock.bind(source)
    if options.way == "slow-read":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2000)
    sock.setblocking(False)
    sock.connect_ex((options.host, options.port))
    return sock


def request(options, pace: Pace, keep: bool) -> bytes:  # noqa: ANN001
    body = pace.chance.randbytes(options.size) if options.way == "post" else b""
    head = (
        f"{'POST' if body else 'GET'} {options.path}?{pace.chance.randrange(10**7)} HTTP/1.1\r\nHost: {options.host}\r\n"
        f"User-Agent: {'Mozilla/5.0 ' * pace.chance.randint(1, 6)}\r\nAccept: */*\r\nConnection: {'keep-alive' if keep else 'close'}\r\n"
        + (f"Content-Length: {len(body)}\r\n" if body else "")
    )
    return head.encode() + b"\r\n" + body


def crowd(options, pace: Pace) -> None:  # noqa: ANN001
    """connect, hold, get, post: as many at once as --open, each with its own turn."""
    chooser = selectors.DefaultSelector()
    turns: dict[socket.socket, int] = {}
    requests = options.count

    def drop(sock: socket.socket, reset: bool) -> None:
        chooser.unregister(sock)
        turns.pop(sock)
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    next_s = time.monotonic()
    while pace.remaining_s() > 0.1 and (pace.left > 0 or turns) and requests > 0:
        now = time.monotonic()
        while now >= next_s and pace.left > 0 and len(turns) < min(options.open, MOST_OPEN):
            pace.left -= 1
            sock = opened(options, pace)
            turns[sock] = 0
            chooser.register(sock, selectors.EVENT_WRITE)
            next_s = max(next_s + pace.wait_s(), now - 0.1)
        for key, events in chooser.select(0.02):
            assert isinstance(key.fileobj, socket.socket)
            sock = key.fileobj
            try:
                if options.way == "connect" and events & selectors.EVENT_WRITE:
                    drop(sock, pace.chance.random() < options.resets)
                    continue
                if events & selectors.EVENT_READ and not sock.recv(65536):
                    drop(sock, False)
                    continue
                ready = events & selectors.EVENT_WRITE or (events & selectors.EVENT_READ and options.way != "hold")
                if ready and options.way != "hold" and turns[sock] < options.per_connection and requests > 0:
                    requests -= 1
                    turns[sock] += 1
                    sock.send(request(options, pace, turns[sock] < options.per_connection))
                chooser.modify(sock, selectors.EVENT_READ)
            except OSError:
                drop(sock, False)
        if options.way == "hold" and not pace.left:
            time.sleep(0.05)
    for sock in list(turns):
        drop(sock, options.resets > 0.5)


def datagrams(options, pace: Pace) -> None:  # noqa: ANN001
    """Bursts of datagrams, to one port or to any."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    socks = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(options.threads)]
    for sock in socks:
        if source := pace.source():
            sock.bind(source)
    filler = b"\xff" * options.size if options.same else b""
    while pace.go_on():
        burst = pace.chance.randint(1, options.burst)
        for _ in range(burst):
            data = filler or pace.chance.randbytes(options.size)
            try:
                pace.chance.choice(socks).sendto(data, (options.host, options.port or pace.chance.randint(1, 65535)))
            except OSError:
                pass
        pace.left -= burst - 1
        time.sleep(pace.wait_s() * burst)


def slow(options, pace: Pace) -> None:  # noqa: ANN001
    """Each connection in a thread of its own: a drip of headers or body, or an answer read a little at a time."""

    def one() -> None:
        try:
            sock = socket.create_connection((options.host, options.port), 5, pace.source())
            if options.way == "slow-read":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2000)
            if options.tls:
                sock = blind().wrap_socket(sock)
            with sock:
                length = pace.chance.randint(2000, 9_000_000)
                head = f"{'POST' if options.way == 'slow-body' else 'GET'} {options.path} HTTP/1.1\r\nHost: {options.host}\r\nUser-Agent: Mozilla/5.0\r\n"
                sock.sendall(head.encode())
                if options.way == "slow-body":
                    sock.sendall(f"Content-Length: {length}\r\n\r\n".encode())
                if options.way == "slow-read":
                    sock.sendall(b"\r\n")
                while pace.remaining_s() > 0.1:
                    time.sleep(pace.wait_s())
                    if options.way == "slow-read":
                        if not sock.recv(pace.chance.randint(1, 64)):
                            return
                    elif options.way == "slow-body":
                        sock.sendall(pace.chance.randbytes(pace.chance.randint(1, options.size)))
                    else:
                        sock.sendall(f"X-{pace.chance.randrange(10**6)}: {pace.chance.randrange(10**6)}\r\n".encode())
        except OSError:
            pass

    lines = []
    for _ in range(options.open):
        if pace.remaining_s() < 1:
            break
        lines.append(threading.Thread(target=one, daemon=True))
        lines[-1].start()
        time.sleep(1 / options.rate)
    for line in lines:
        line.join(pace.remaining_s() + 1)


def main() -> None:
    parser = arguments(__doc__, count=1000, seconds=30)
    parser.add_argument(
        "way", choices=("connect", "hold", "get", "post", "udp", "slow-headers", "slow-body", "slow-read")
    )
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--path", default="/")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--same", action="store_true", help="every datagram the same")
    parser.add_argument("--burst", type=int, default=1)
    parser.add_argument("--open", type=int, default=60, help="connections at once")
    parser.add_argument("--rate", type=float, default=10, help="slow ones begun a second")
    parser.add_argument("--resets", type=float, default=0.5, help="share that ends by a reset")
    parser.add_argument("--per-connection", type=int, default=1)
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    pace = Pace(options)
    act = datagrams if options.way == "udp" else slow if options.way.startswith("slow") else crowd
    act(options, pace)


if __name__ == "__main__":
    main()
