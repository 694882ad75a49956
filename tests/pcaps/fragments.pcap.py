# SPDX-License-Identifier: Apache-2.0
"""Fragmented UDP over IPv4 (raw IP link type): three fragments in order, then one whose first never comes. Cut at the end."""

import wire

A, B = "10.0.0.1", "10.0.0.2"
DATAGRAM = wire.udp(5000, 53, bytes(range(256)) * 10)
MORE = 0x2000


def piece(start: int, end: int, identifier: int = 77) -> bytes:
    more = MORE if end < len(DATAGRAM) else 0
    return wire.ipv4(A, B, 17, DATAGRAM[start:end], identifier, start // 8 | more)


PIECES = [
    piece(0, 1000),
    piece(1000, 2000),
    piece(2000, len(DATAGRAM)),
    piece(1000, 2000, identifier=78),
    piece(0, 1000, 79),
]
START = 1_700_000_000_000_000
wire.save(__file__, wire.pcap([(START + i, p) for i, p in enumerate(PIECES)], link_type=101)[:-500])
