# SPDX-License-Identifier: Apache-2.0
"""Capturing on the router, and rewriting what tcpdump wrote into a plain Ethernet capture.

Every host hangs on a port of the router, so a packet is taken once, when it comes in by a port; of what the router itself sends
(unreachables, time exceeded) the copy that leaves by a port is taken. tcpdump's "any" device gives LINUX_SLL2 records; the link
header is rebuilt from them, with the sender's true address and one fixed address for the receiver.
"""

from __future__ import annotations

import signal
import struct
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lab.namespaces import LiveNetwork
from lab.shell import run
from lab.topology import VXLAN_BYTES, VXLAN_PORT, LabError

SNAPLEN = 192
_SLL2 = 276
_ETHERNET = 1
_RECEIVER = bytes.fromhex("02000000abcd")


class Packet(NamedTuple):
    at_us: int
    wire_bytes: int
    data: bytes  # from the Ethernet header on


class Capture:
    """tcpdump in the router's namespace, from start() to stop()."""

    def __init__(self, live: LiveNetwork, raw: Path) -> None:
        self.live = live
        self.raw = raw
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [
            "tcpdump",
            "-i",
            "any",
            "-y",
            "LINUX_SLL2",
            "-n",
            "-s",
            str(SNAPLEN + 6),
            "-B",
            "65536",
            "-U",
            "-Z",
            "root",
            "-w",
            str(self.raw),
            self.filter(),
        ]
        self.process = subprocess.Popen(
            self.live.router.inside(*command, mounts=False),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        deadline = time.monotonic() + 15
        while not (self.raw.exists() and self.raw.stat().st_size >= 24):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise LabError("tcpdump did not start in the router's namespace")
            time.sleep(0.05)

    def filter(self) -> str:
        """What comes in by a port, or leaves from the router itself; of some segments only, where the sensor sees no more.

        What a segment beyond a tunnel says and hears is taken in the tunnel, and not once more where it has left it."""
        own = " or ".join(f"src host {address}" for address in self.live.router_addresses())
        segments = [self.live.network.segment(name) for name in self.live.network.watched]
        nets = [str(gateway.network) for s in segments for gateway in (s.gateway4, s.gateway6)]
        watched = f" and ({' or '.join(f'net {net}' for net in nets)})" if nets else ""
        beyond = [str(g.network) for s in self.live.network.tunnelled() for g in (s.gateway4, s.gateway6)]
        tunnelled = f" and not ({' or '.join(f'net {net}' for net in beyond)})" if beyond else ""
        return f"(inbound or (outbound and ({own}))){watched}{tunnelled}"

    def stop(self) -> int:
        """Ends tcpdump; how many packets the kernel dropped."""
        assert self.process is not None and self.process.stderr is not None
        # nsenter stands between; tcpdump is its child.
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        if not children:
            raise LabError("tcpdump ended before the recording did")
        run("kill", f"-{signal.SIGINT.value}", *children)
        words = self.process.communicate(timeout=20)[1]
        lines = [line for line in words.splitlines() if "dropped by kernel" in line]
        return int(lines[0].split()[0]) if lines else 0


def ports(live: LiveNetwork) -> set[int]:
    """Interface numbers of the router's ports: a packet also shows on the bridge, which must not count."""
    lines = live.router.run("ip", "-o", "link").splitlines()
    names = {live.port(host) for host in live.network.hosts}
    return {int(line.split(":")[0]) for line in lines if line.split(":")[1].strip().split("@")[0] in names}


def read(path: Path) -> tuple[int, Iterator[tuple[int, int, bytes]]]:
    """Link type and records (µs, wire length, bytes) of a little-endian µs pcap, as tcpdump and write() make them."""
    data = path.read_bytes()
    if len(data) < 24 or data[:4] != b"\xd4\xc3\xb2\xa1":
        raise LabError(f"{path} is not a pcap that the lab wrote")
    return struct.unpack_from("<I", data, 20)[0], _records(data)


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 24
    while at + 16 <= len(data):
        seconds, micros, held, size = struct.unpack_from("<IIII", data, at)
        if at + 16 + held > len(data):
            return
        yield seconds * 1_000_000 + micros, size, data[at + 16 : at + 16 + held]
        at += 16 + held


def to_ethernet(records: Iterable[tuple[int, int, bytes]], port_numbers: set[int]) -> Iterator[Packet]:
    """Ethernet packets of what came by the ports. SLL2: protocol, 2 unused, interface, ARPHRD, packet type, address length, address."""
    for at_us, size, data in records:
        if len(data) < 20:
            continue
        protocol, interface = data[0:2], struct.unpack_from(">I", data, 4)[0]
        if interface in port_numbers:
            yield Packet(at_us, size - 20 + 14, (_RECEIVER + data[12:18] + protocol + data[20:])[:SNAPLEN])


def unwrapped(data: bytes) -> bytes:
    """The frame inside a frame of the lab's tunnels (Ethernet, IPv4 without options, UDP, VXLAN); any other frame as it is."""
    is_udp = data[12:15] == b"\x08\x00\x45" and data[23:24] == b"\x11"
    if is_udp and data[36:38] == VXLAN_PORT.to_bytes(2) and data[42:43] == b"\x08":
        return data[VXLAN_BYTES:]
    return data


def write(path: Path, packets: Iterable[Packet]) -> int:
    """Writes an Ethernet pcap; how many packets."""
    count = 0
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAPLEN, _ETHERNET))
        for packet in packets:
            out.write(
                struct.pack("<IIII", *divmod(packet.at_us, 1_000_000), len(packet.data), packet.wire_bytes)
                + packet.data
            )
            count += 1
    return count


def rewrite(raw: Path, target: Path, port_numbers: set[int]) -> int:
    link, records = read(raw)
    if link != _SLL2:
        raise LabError(f"{raw} has link type {link}, not LINUX_SLL2")
    return write(target, sorted(to_ethernet(records, port_numbers), key=lambda packet: packet.at_us))
