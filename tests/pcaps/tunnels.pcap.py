# SPDX-License-Identifier: Apache-2.0
"""One and the same UDP packet through every kind of tunnel, then the things on tunnels' ports that are none."""

import struct

import wire

A, B, OUT_A, OUT_B = "10.0.0.1", "10.0.0.2", "192.0.2.1", "192.0.2.2"
IP4, IP6, FRAME = 0x0800, 0x86DD, 0x6558
INNER = wire.ipv4(A, B, 17, wire.udp(5000, 53, b"weir" * 5))
INNER6 = wire.ipv6("2001:0:c000:201::1", "2001:db8::2", 17, wire.udp(5000, 53, b"weir" * 5))
INNER_FRAME = wire.MAC + struct.pack("!H", IP4) + INNER


def over_ip(protocol: int, payload: bytes) -> bytes:
    return wire.ethernet(IP4, wire.ipv4(OUT_A, OUT_B, protocol, payload))


def over_udp(port: int, payload: bytes) -> bytes:
    return over_ip(17, wire.udp(41000, port, payload))


def gre(kind: int, payload: bytes, flags: int = 0, fields: bytes = b"") -> bytes:
    return over_ip(47, struct.pack("!HH", flags, kind) + fields + payload)


def label(number: int, bottom: bool) -> bytes:
    return struct.pack("!I", number << 12 | bottom << 8 | 64)


def gtp(payload: bytes, kind: int = 255) -> bytes:
    extension = struct.pack("!HBB", 0, 0, 0x85) + bytes([1, 0x10, 0x09, 0])
    return struct.pack("!BBHI", 0x34, kind, len(extension) + len(payload), 0x11223344) + extension + payload


KEY, SEQUENCE = struct.pack("!I", 77), struct.pack("!I", 5)
VXLAN = struct.pack("!II", 0x08000000, 5001 << 8)
GENEVE_OPTION = struct.pack("!HBBI", 0x0102, 0x80, 1, 7)

PACKETS = [
    wire.ethernet(0x8847, label(16, False) + label(17, True) + INNER),
    wire.ethernet(0x8847, label(16, True) + bytes(4) + INNER_FRAME),
    wire.ethernet(0x8864, struct.pack("!BBHHH", 0x11, 0, 9, len(INNER) + 2, 0x0021) + INNER),
    over_ip(4, INNER),
    over_ip(41, INNER6),
    gre(IP4, INNER),
    gre(FRAME, INNER_FRAME, 0xB000, struct.pack("!HH", 0, 0) + KEY + SEQUENCE),
    gre(0x88BE, INNER_FRAME),
    gre(0x88BE, struct.pack("!HHI", 0x1000 | 42, 0x1000 | 7, 0) + INNER_FRAME, 0x1000, SEQUENCE),
    gre(0x22EB, struct.pack("!HHII", 0x2000, 7, 0, 1) + bytes(8) + INNER_FRAME, 0x1000, SEQUENCE),
    gre(0x880B, struct.pack("!HHIH", len(INNER) + 2, 3, 1, 0x0021) + INNER, 0x3001),
    over_udp(4789, VXLAN + INNER_FRAME),
    over_udp(4790, struct.pack("!II", 0x0C000001, 5001 << 8) + INNER),
    over_udp(6081, struct.pack("!BBHI", 2, 0, FRAME, 6 << 8) + GENEVE_OPTION + INNER_FRAME),
    over_udp(2152, gtp(INNER)),
    over_udp(3544, struct.pack("!HHI", 0, 0xEEEE, 0x01020304) + INNER6),
    # None of these is a tunnel.
    over_udp(4789, b"GET / HTTP/1.1\r\n\r\n" * 3),
    over_udp(2152, gtp(b"", kind=1)),
    gre(0, b""),
]
START = 1_700_000_000_000_000
wire.save(__file__, wire.pcap([(START + i, packet) for i, packet in enumerate(PACKETS)]))
