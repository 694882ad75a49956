# SPDX-License-Identifier: Apache-2.0
"""A link in a network namespace of this process's own, without a way out, and traffic on it from capture files.

enter() moves the whole process there, so a script calls it first and a test runs that script as a process. What is started
afterwards is there too; the namespace goes with the last of them. Needs root.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

WATCHED = "weir-rx"  # what a sensor watches
SENDING = "weir-tx"
CLONE_NEWNET = 0x40000000


def enter() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "a network namespace cannot be made here (it needs root)")
    for name in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
    for command in (
        "link set lo up",
        f"link add {WATCHED} type veth peer name {SENDING}",
        f"link set {WATCHED} up",
        f"link set {SENDING} up",
    ):
        subprocess.run(["ip", *command.split()], check=True)


def frames_of(capture: Path) -> list[bytes]:
    """The Ethernet frames of a little-endian pcap file."""
    data = capture.read_bytes()
    magic, link_type = struct.unpack_from("<I16xI", data)
    assert magic in (0xA1B2C3D4, 0xA1B23C4D) and link_type == 1, f"{capture} is no pcap of Ethernet frames"
    frames, at = [], 24
    while at < len(data):
        (length,) = struct.unpack_from("<8xI", data, at)
        frames.append(data[at + 16 : at + 16 + length])
        at += 16 + length
    return frames


def in_another_network(frame: bytes, number: int) -> bytes:
    """The same IPv4 frame between other hosts: the third byte of both addresses is moved on by `number`."""
    if frame[12:14] != b"\x08\x00" or number % 256 == 0:
        return frame
    changed = bytearray(frame)
    for at in (28, 32):
        changed[at] = (changed[at] + number) % 256
    return bytes(changed)


class Traffic:
    """Sends the frames again and again at a steady rate, each round between other hosts, from a thread of its own."""

    def __init__(self, captures: list[Path], packets_per_s: float) -> None:
        self.sent = 0
        self._frames = [frame for capture in captures for frame in frames_of(capture)]
        self._rate = packets_per_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)

    def __enter__(self) -> Traffic:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.bind((SENDING, 0))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def _send(self) -> None:
        begin = time.monotonic()
        for number in itertools.count():
            for frame in self._frames:
                ahead = begin + self.sent / self._rate - time.monotonic()
                if ahead > 0.005 and self._stop.wait(ahead):
                    return
                if self._stop.is_set():
                    return
                self._socket.send(in_another_network(frame, number))
                self.sent += 1


def is_possible() -> bool:
    return os.geteuid() == 0 and subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode == 0
