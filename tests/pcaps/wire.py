# SPDX-License-Identifier: Apache-2.0
"""Packets and capture files from first principles, for the scripts beside the captures.

Written apart from the C++ packet builder on purpose: where both agree with the decoder, neither is likely wrong.
"""

import ipaddress
import pathlib
import struct
from collections.abc import Iterable

Packet = tuple[int, bytes]  # microseconds since 1970, bytes

MAC = bytes.fromhex("020000000002020000000001")


def checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(ether_type: int, payload: bytes) -> bytes:
    return (MAC + struct.pack("!H", ether_type) + payload).ljust(60, b"\0")


def vlan(identifier: int, ether_type: int, payload: bytes) -> bytes:
    return struct.pack("!HH", identifier, ether_type) + payload


def ipv4(src: str, dst: str, protocol: int, payload: bytes, identifier: int = 0, fragment: int = 0) -> bytes:
    addresses = ipaddress.IPv4Address(src).packed + ipaddress.IPv4Address(dst).packed
    fields = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(payload), identifier, fragment, 64, protocol)
    return fields + struct.pack("!H", checksum(fields + b"\0\0" + addresses)) + addresses + payload


def ipv6(src: str, dst: str, protocol: int, payload: bytes) -> bytes:
    addresses = ipaddress.IPv6Address(src).packed + ipaddress.IPv6Address(dst).packed
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + addresses + payload


def tcp(src: int, dst: int, seq: int, ack: int, flags: int, payload: bytes = b"", options: bytes = b"") -> bytes:
    words = 5 + len(options) // 4
    return struct.pack("!HHIIBBHHH", src, dst, seq, ack, words << 4, flags, 64240, 0, 0) + options + payload


def udp(src: int, dst: int, payload: bytes) -> bytes:
    return struct.pack("!HHHH", src, dst, 8 + len(payload), 0) + payload


def pcap(packets: Iterable[Packet], link_type: int = 1, order: str = "<", nanoseconds: bool = False) -> bytes:
    magic, scale = (0xA1B23C4D, 1000) if nanoseconds else (0xA1B2C3D4, 1)
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link_type)
    for at, data in packets:
        out += struct.pack(order + "IIII", at // 1_000_000, at % 1_000_000 * scale, len(data), len(data)) + data
    return out


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += b"\0" * (-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link_type: int, resolution: int | None = None, order: str = "<") -> bytes:
    options = b"" if resolution is None else struct.pack(order + "HHBxxxHH", 9, 1, resolution, 0, 0)
    return block(1, struct.pack(order + "HHI", link_type, 0, 0) + options, order)


def enhanced(index: int, ticks: int, data: bytes, order: str = "<") -> bytes:
    head = struct.pack(order + "IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data, order)


def save(script: str, data: bytes) -> None:
    """Writes x.pcap for the script x.pcap.py; WEIR_PCAP_OUT names another folder (for the test that nothing changed)."""
    import os

    path = pathlib.Path(script)
    folder = pathlib.Path(os.environ.get("WEIR_PCAP_OUT", path.parent))
    (folder / path.name.removesuffix(".py")).write_bytes(data)
