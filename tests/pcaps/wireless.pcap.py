# SPDX-License-Identifier: Apache-2.0
"""Wireless frames behind radiotap headers: data in the clear with and without QoS, then the kinds that hold no packet."""

import struct

import wire

SNAP = bytes.fromhex("AAAA03000000")
INNER = SNAP + struct.pack("!H", 0x0800) + wire.ipv4("10.0.0.1", "10.0.0.2", 17, wire.udp(5000, 53, b"weir" * 5))


def radiotap(frame: bytes, flags: int = 0) -> bytes:
    return struct.pack("<BBHIQBB", 0, 0, 18, 0x3, 1234, flags, 0) + frame


def frame(control: int, body: bytes = b"", extra: bytes = b"", sequence: int = 0x50) -> bytes:
    return struct.pack("<HH", control, 0) + bytes(18) + struct.pack("<H", sequence) + extra + body


PACKETS = [
    radiotap(frame(0x0108, INNER)),
    radiotap(frame(0x0188, INNER + bytes(4), extra=bytes(2)), flags=0x10),
    radiotap(frame(0x0188, bytes(2) + INNER, extra=bytes(2)), flags=0x20),
    radiotap(frame(0x0308, INNER, extra=bytes(6))),
    radiotap(frame(0x0188, bytes(12) + struct.pack("!H", len(INNER)) + INNER, extra=struct.pack("<H", 0x80))),
    radiotap(frame(0x0188, 2 * (bytes(12) + struct.pack("!H", len(INNER)) + INNER), extra=struct.pack("<H", 0x80))),
    radiotap(frame(0x4108, b"\x01" * 60)),
    radiotap(frame(0x0108, INNER, sequence=0x51)),
    radiotap(frame(0x0148)),
    radiotap(frame(0x0080, bytes(40))),
    radiotap(struct.pack("<HH", 0x00D4, 0) + bytes(6)),
    radiotap(frame(0x0108, INNER), flags=0x50),
]
START = 1_700_000_000_000_000
wire.save(__file__, wire.pcap([(START + i, packet) for i, packet in enumerate(PACKETS)], link_type=127))
