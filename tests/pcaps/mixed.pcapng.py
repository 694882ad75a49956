# SPDX-License-Identifier: Apache-2.0
"""Two sections of either byte order; Ethernet, Linux cooked and BSD loopback interfaces; nano- and microseconds; IPv6."""

import struct

import wire

A, B, C, D = "10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"
START = 1_700_000_000_000_000

QUERY = wire.udp(40000, 53, b"\x12\x34" + bytes(10))
SIX = wire.ipv6(C, D, 17, QUERY)
FOUR = wire.ipv4(A, B, 17, QUERY)
SLL2 = struct.pack("!HHIHBB8s", 0x86DD, 0, 3, 1, 0, 6, bytes(8)) + SIX
ECHO = struct.pack("!BBHHH", 128, 0, 0, 0x4321, 1) + b"weir" * 4
HOP_BY_HOP = struct.pack("!BB6s", 58, 0, bytes(6))
PING = wire.ipv6(C, D, 0, HOP_BY_HOP + ECHO)

DATA = (
    wire.section()
    + wire.interface(1, resolution=9)
    + wire.interface(276)
    + wire.enhanced(0, START * 1000 + 999, wire.ethernet(0x0800, FOUR))
    + wire.enhanced(1, START + 1, SLL2)
    + wire.block(4, bytes(8))
    + wire.section(">")
    + wire.interface(0, order=">")
    + wire.enhanced(0, START + 2, struct.pack("<I", 30) + PING, ">")
)
wire.save(__file__, DATA)
