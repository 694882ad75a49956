# SPDX-License-Identifier: Apache-2.0
"""A time server in the words of RFC 5905, section 7.3: answers mode 3 (client) with mode 4 (server); never touches the clock."""

from __future__ import annotations

import socket
import struct
import sys
import time

_FROM_1900 = 2_208_988_800
_HEADER = struct.Struct(">BBbbII4sQQQQ")
_SERVER, _STRATUM, _PRECISION = 0x24, 2, -20


def answer(request: bytes, now: float) -> bytes | None:
    """The server's 48 bytes, or None for what is no client's request."""
    if len(request) < _HEADER.size or request[0] & 7 != 3:
        return None
    sent = _HEADER.unpack_from(request)[10]
    stamp = int((now + _FROM_1900) * 2**32)
    return _HEADER.pack(_SERVER, _STRATUM, request[2] & 0x7F, _PRECISION, 0, 0, b"WLAB", stamp, sent, stamp, stamp)


def main(port: int) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind(("::", port))
        while True:
            request, client = server.recvfrom(512)
            if reply := answer(request, time.time()):
                server.sendto(reply, client)


if __name__ == "__main__":
    main(int(sys.argv[1]))
