# SPDX-License-Identifier: Apache-2.0
"""A whole TCP session, handshake to close, in VLAN 7; nanosecond stamps; big-endian file; one ARP and one LLDP frame."""

import wire

A, B = "10.0.0.1", "10.0.0.2"
SYN, ACK, PSH, FIN = 0x02, 0x10, 0x08, 0x01


def there(seq: int, ack: int, flags: int, payload: bytes = b"", options: bytes = b"") -> bytes:
    segment = wire.tcp(51515, 80, seq, ack, flags, payload, options)
    return wire.ethernet(0x8100, wire.vlan(7, 0x0800, wire.ipv4(A, B, 6, segment)))


def back(seq: int, ack: int, flags: int, payload: bytes = b"", options: bytes = b"") -> bytes:
    segment = wire.tcp(80, 51515, seq, ack, flags, payload, options)
    return wire.ethernet(0x8100, wire.vlan(7, 0x0800, wire.ipv4(B, A, 6, segment)))


MSS = bytes([2, 4, 5, 180])
FRAMES = [
    wire.ethernet(0x0806, bytes(28)),
    there(100, 0, SYN, options=MSS),
    back(900, 101, SYN | ACK, options=MSS),
    there(101, 901, ACK),
    there(101, 901, PSH | ACK, b"GET / HTTP/1.0\r\n\r\n"),
    back(901, 119, PSH | ACK, b"HTTP/1.0 200 OK\r\n\r\nhello"),
    wire.ethernet(0x88CC, bytes(40)),
    back(925, 119, FIN | ACK),
    there(119, 926, FIN | ACK),
    back(926, 120, ACK),
]
START = 1_700_000_000_000_000
wire.save(__file__, wire.pcap([(START + i * 1500, f) for i, f in enumerate(FRAMES)], order=">", nanoseconds=True))
