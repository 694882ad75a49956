# SPDX-License-Identifier: Apache-2.0
"""Captures as arrays, so that recordings can be cut, shifted, re-addressed and merged packet by packet.

Ethernet captures of the lab's kind only (no VLAN, no IPv6 extension headers that matter). Nothing of a flow or a feature is
computed here: that is the C++ program's work, on the capture that write() makes.
"""

import shutil
import socket
import struct
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from weir.preprocess import Bools

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

ICMP4, TCP, UDP, ICMP6 = 1, 6, 17, 58
# Bytes kept of each packet: Ethernet, IPv6 and a TCP header with all its options, or the addresses that an ICMP error quotes.
# Shorter packets are filled up with zeros, as Ethernet does; lengths come from the IP header.
HEAD = 120
_RECORD = np.dtype([("s", "<u4"), ("us", "<u4"), ("held", "<u4"), ("wire", "<u4"), ("data", np.uint8, HEAD)])


@dataclass(frozen=True)
class Packets:
    """In time order. Addresses are 16 bytes; IPv4 ones are 12 zero bytes and the address."""

    at_us: Ints
    wire: Ints  # length on the wire
    data: Bytes  # [packets, HEAD], from the Ethernet header on
    version: Ints  # 4, 6 or 0: not IP
    source: npt.NDArray[np.void]  # V16
    destination: npt.NDArray[np.void]
    source_port: Ints
    destination_port: Ints
    protocol: Ints

    def __len__(self) -> int:
        return len(self.at_us)

    def take(self, chosen: Bools | Ints) -> "Packets":
        numbers = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        return Packets(
            self.at_us[numbers],
            self.wire[numbers],
            self.data[numbers],
            self.version[numbers],
            self.source[numbers],
            self.destination[numbers],
            self.source_port[numbers],
            self.destination_port[numbers],
            self.protocol[numbers],
        )

    def at(self, at_us: Ints) -> "Packets":
        """The same packets at other times; they must stay in order."""
        return replace(self, at_us=at_us)

    def flow_keys(self) -> npt.NDArray[np.uint64]:
        """A number for each conversation, the same for both directions."""
        one = _mix(self.source, self.source_port)
        two = _mix(self.destination, self.destination_port)
        return (one + two) * np.uint64(0x9E3779B97F4A7C15) ^ self.protocol.astype(np.uint64)


def _mix(address: npt.NDArray[np.void], port: Ints) -> npt.NDArray[np.uint64]:
    halves = address.view(np.uint64).reshape(-1, 2)
    mixed = halves[:, 0] * np.uint64(0xC2B2AE3D27D4EB4F) ^ halves[:, 1] * np.uint64(0x165667B19E3779F9)
    mixed ^= (port.astype(np.uint64) + np.uint64(1)) * np.uint64(0x27D4EB2F165667C5)
    return mixed ^ (mixed >> np.uint64(29))


def address_bytes(text: str) -> bytes:
    if ":" in text:
        return socket.inet_pton(socket.AF_INET6, text)
    return bytes(12) + socket.inet_pton(socket.AF_INET, text)


def address_text(packed: bytes) -> str:
    if packed[:12] == bytes(12):
        return socket.inet_ntop(socket.AF_INET, packed[12:])
    return socket.inet_ntop(socket.AF_INET6, packed)


def read(path: Path) -> Packets:
    """A pcap, plain or compressed by zstd; what cannot be read ends it."""
    raw = path.read_bytes()
    if raw[:4] == b"\x28\xb5\x2f\xfd":
        program = shutil.which("zstd") or "zstd"
        raw = subprocess.run([program, "-dc", path], check=True, capture_output=True).stdout
    magic = raw[:4]
    order = "<" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    nano = magic in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
    if magic not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d"):
        raise ValueError(f"{path} is not a pcap")
    link = struct.unpack_from(order + "I", raw, 20)[0]
    if link & 0x0FFFFFFF != 1:
        raise ValueError(f"{path} has link type {link}, not Ethernet")
    header, at = struct.Struct(order + "IIII"), 24
    times, wires, data = [], [], []
    while at + 16 <= len(raw):
        seconds, fraction, held, size = header.unpack_from(raw, at)
        at += 16
        if at + held > len(raw):
            break
        frame = unwrapped(raw[at : at + held])
        times.append(seconds * 1_000_000 + (fraction // 1000 if nano else fraction))
        wires.append(size - held + len(frame))
        data.append(frame[:HEAD].ljust(HEAD, b"\0"))
        at += held
    heads = np.frombuffer(b"".join(data), np.uint8).reshape(-1, HEAD)
    packets = parse(np.asarray(times, np.int64), np.asarray(wires, np.int64), heads)
    return packets.take(np.argsort(packets.at_us, kind="stable"))


def unwrapped(frame: bytes) -> bytes:
    """What a VXLAN frame over IPv4 carries, so that a scene holds the inner packets as weir's rows do; any other frame as it is."""
    is_udp = frame[12:15] == b"\x08\x00\x45" and frame[23:24] == b"\x11"
    if is_udp and frame[36:38] == b"\x12\xb5" and frame[42:43] == b"\x08" and len(frame) >= 64:
        return frame[50:]
    return frame


def parse(at_us: Ints, wire: Ints, heads: Bytes) -> Packets:
    kind = heads[:, 12].astype(np.int64) << 8 | heads[:, 13]
    four, six = kind == 0x0800, kind == 0x86DD
    count = len(heads)
    source, destination = np.zeros((count, 16), np.uint8), np.zeros((count, 16), np.uint8)
    source[four, 12:], destination[four, 12:] = heads[four, 26:30], heads[four, 30:34]
    source[six], destination[six] = heads[six, 22:38], heads[six, 38:54]
    protocol = np.where(four, heads[:, 23], np.where(six, heads[:, 20], 0)).astype(np.int64)
    fragment = four & (((heads[:, 20] & 0x1F) | heads[:, 21]) != 0)
    start = np.where(four, 14 + (heads[:, 14] & 15).astype(np.int64) * 4, 54)
    rows = np.arange(count)
    ports = [heads[rows, start + n].astype(np.int64) << 8 | heads[rows, start + n + 1] for n in (0, 2)]
    has = np.isin(protocol, (TCP, UDP)) & ~fragment
    version = np.where(four, 4, np.where(six, 6, 0)).astype(np.int64)
    return Packets(
        at_us,
        wire,
        heads,
        version,
        _packed(source),
        _packed(destination),
        np.where(has, ports[0], 0),
        np.where(has, ports[1], 0),
        protocol,
    )


def _packed(array: Bytes) -> npt.NDArray[np.void]:
    return np.ascontiguousarray(array).view("V16").ravel()


def write(path: Path, packets: Packets) -> None:
    """A µs Ethernet pcap."""
    records = np.zeros(len(packets), _RECORD)
    records["s"], records["us"] = packets.at_us // 1_000_000, packets.at_us % 1_000_000
    records["held"], records["wire"] = HEAD, np.maximum(packets.wire, HEAD)
    records["data"] = packets.data
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        out.write(records.tobytes())


def merge(parts: list[Packets]) -> Packets:
    """All packets in time order."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Packets.__dataclass_fields__}
    return Packets(**columns).take(np.argsort(columns["at_us"], kind="stable"))


def readdress(packets: Packets, changes: dict[bytes, bytes]) -> Packets:
    """Other addresses for some hosts, also where an ICMP error quotes a packet. Checksums are left as they were."""
    if not changes:
        return packets
    data = packets.data.copy()
    for version, size, ends in ((4, 4, (26, 30)), (6, 16, (22, 38))):
        pairs = [
            (old[16 - size :], new[16 - size :])
            for old, new in changes.items()
            if (old[:12] == bytes(12)) == (size == 4)
        ]
        whole = packets.version == version
        error = _quotes(packets, version)
        quoted = (54, 58) if version == 4 else (70, 86)
        for at, who in [(at, whole) for at in ends] + [(at, error) for at in quoted]:
            before = data[:, at : at + size].copy()
            for old, new in pairs:
                fits = who & (before == np.frombuffer(old, np.uint8)).all(axis=1)
                data[fits, at : at + size] = np.frombuffer(new, np.uint8)
    return parse(packets.at_us, packets.wire, data)


def spread(packets: Packets, hosts: Sequence[bytes], stand_ins: Sequence[bytes], turn: Ints) -> Packets:
    """Many addresses in place of few: what came from or went to one of `hosts` gets stand_ins[turn % count], `turn` given for each packet.

    Both directions of a conversation must have the same turn. Where an ICMP error quotes a packet, that is re-addressed alike.
    """
    data = packets.data.copy()
    for version, size, ends, quoted in ((4, 4, (26, 30), (54, 58)), (6, 16, (22, 38), (70, 86))):
        olds = [old[16 - size :] for old in hosts if (old[:12] == bytes(12)) == (size == 4)]
        news = [new[16 - size :] for new in stand_ins if (new[:12] == bytes(12)) == (size == 4)]
        if not olds or not news:
            continue
        table = np.frombuffer(b"".join(news), np.uint8).reshape(-1, size)
        whole, error = packets.version == version, _quotes(packets, version)
        for at, who in [(at, whole) for at in ends] + [(at, error) for at in quoted]:
            before = data[:, at : at + size].copy()
            fits = np.zeros(len(packets), np.bool_)
            for old in olds:
                fits |= who & (before == np.frombuffer(old, np.uint8)).all(axis=1)
            data[fits, at : at + size] = table[turn[fits] % len(news)]
    return parse(packets.at_us, packets.wire, data)


def _quotes(packets: Packets, version: int) -> Bools:
    """ICMP errors: unreachable and time exceeded, and what else IPv6 counts among them."""
    if version == 4:
        return (packets.version == 4) & (packets.protocol == ICMP4) & np.isin(packets.data[:, 34], (3, 11))
    return (packets.version == 6) & (packets.protocol == ICMP6) & (packets.data[:, 54] < 5)


def is_one_of(addresses: npt.NDArray[np.void], hosts: Iterable[bytes]) -> Bools:
    named = frozenset(hosts)
    return np.fromiter((address in named for address in addresses.tolist()), np.bool_, len(addresses))


def port_of(packets: Packets, hosts: Sequence[bytes]) -> Ints:
    """The port that one of these hosts used, for each packet; 0 where it had none. Of an ICMP error: in the packet that it quotes."""
    port = np.where(is_one_of(packets.source, hosts), packets.source_port, packets.destination_port)
    for version, at in ((4, 62), (6, 102)):
        error = _quotes(packets, version)
        port = np.where(error, packets.data[:, at].astype(np.int64) << 8 | packets.data[:, at + 1], port)
    return np.asarray(port, np.int64)
