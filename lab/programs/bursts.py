# SPDX-License-Identifier: Apache-2.0
"""Downloads over UDP as browsers make them now: a long first datagram, then answers in bursts that are acknowledged; several
requests on one socket, idle times between them."""

from __future__ import annotations

import socket
import struct
import time

from common import Pace, arguments


def main() -> None:
    parser = arguments(__doc__, count=12, seconds=60)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    pace = Pace(options)
    chance = pace.chance
    with socket.socket(socket.AF_INET6 if ":" in options.host else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.4)
        while pace.go_on():
            wanted = min(int(chance.lognormvariate(2.2, 1.2)) + 1, 400)
            sock.sendto(
                struct.pack(">H", wanted) + chance.randbytes(chance.choice((1190, 1190, 60, 400))),
                (options.host, options.port),
            )
            got = 0
            try:
                while got < wanted:
                    sock.recv(2000)
                    got += 1
                    if got % 2 == 0:
                        sock.sendto(chance.randbytes(chance.randint(26, 44)), (options.host, options.port))
            except OSError:
                pass
            time.sleep(pace.wait_s())


if __name__ == "__main__":
    main()
