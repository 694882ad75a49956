# SPDX-License-Identifier: Apache-2.0
"""Wires with delay, jitter, loss and rate between namespaces: a program that joins pairs of TAP devices.

Kernels without netem have no other way. `python3 -m lab.wire` reads a list of wires as JSON from standard input, makes both
TAP devices of each, prints "ready", and copies frames until it is ended. Order within a direction is kept; a full queue drops.
TAP devices know no segmentation offload, so what passes here has real packet sizes.
"""

from __future__ import annotations

import fcntl
import heapq
import json
import os
import random
import select
import struct
import sys
import time
from dataclasses import dataclass, field

_TUNSETIFF = 0x400454CA
_IFF_TAP = 0x0002
_IFF_NO_PI = 0x1000
_CLONE_NEWNET = 0x40000000
_QUEUE_FRAMES = 2000
_FRAMES_PER_TURN = 64


@dataclass
class Lane:
    """One direction of a wire: where frames come from, where they go, and how they fare."""

    source: int
    sink: int
    delay_s: float
    jitter_s: float
    loss: float
    bytes_per_s: float
    chance: random.Random
    free_at: float = 0.0
    last_due: float = 0.0
    waiting: int = field(default=0)

    def due(self, size: int, now: float) -> float | None:
        """When a frame that arrives now comes out at the far end; None when it is lost."""
        if self.waiting >= _QUEUE_FRAMES or self.chance.random() < self.loss:
            return None
        self.free_at = max(self.free_at, now) + size / self.bytes_per_s
        jitter = self.jitter_s * min(abs(self.chance.gauss(0.0, 0.6)), 3.0)
        self.last_due = max(self.last_due, self.free_at + self.delay_s + jitter)
        return self.last_due


def _open_tap(namespace: str, device: str) -> int:
    with open(f"/run/netns/{namespace}", "rb") as handle:
        _setns(handle.fileno())
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _IFF_TAP | _IFF_NO_PI))
    return tap


def _setns(descriptor: int) -> None:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def open_lanes(wires: list[dict]) -> list[Lane]:
    """The two lanes of every wire; `wires` is what namespaces.py writes (names, device names, qualities)."""
    lanes = []
    for number, wire in enumerate(wires):
        far = _open_tap(wire["host_namespace"], wire["host_device"])
        near = _open_tap(wire["router_namespace"], wire["router_device"])
        for turn, (source, sink) in enumerate(((far, near), (near, far))):
            lanes.append(
                Lane(
                    source,
                    sink,
                    wire["delay_ms"] / 1e3,
                    wire["jitter_ms"] / 1e3,
                    wire["loss"],
                    wire["rate_mbit"] * 125e3,
                    random.Random(2 * number + turn),
                )
            )
    return lanes


def carry(lanes: list[Lane]) -> None:
    """Copies frames for ever."""
    poll = select.epoll()
    by_source = {lane.source: lane for lane in lanes}
    for source in by_source:
        poll.register(source, select.EPOLLIN)
    flying: list[tuple[float, int, Lane, bytes]] = []
    serial = 0
    while True:
        wait = max(0.0, flying[0][0] - time.monotonic()) if flying else None
        for source, _ in poll.poll(wait):
            serial = _take_in(by_source[source], flying, serial)
        _hand_out(flying)


def _take_in(lane: Lane, flying: list, serial: int) -> int:
    for _ in range(_FRAMES_PER_TURN):
        try:
            frame = os.read(lane.source, 65536)
        except (BlockingIOError, OSError):
            break
        due = lane.due(len(frame), time.monotonic())
        if due is not None:
            serial += 1
            lane.waiting += 1
            heapq.heappush(flying, (due, serial, lane, frame))
    return serial


def _hand_out(flying: list) -> None:
    now = time.monotonic() + 2e-5
    while flying and flying[0][0] <= now:
        _, _, lane, frame = heapq.heappop(flying)
        lane.waiting -= 1
        try:
            os.write(lane.sink, frame)
        except OSError:
            pass  # the far device is down, or its queue is full: a lost frame


def main() -> None:
    lanes = open_lanes(json.load(sys.stdin))
    print("ready", flush=True)
    try:
        carry(lanes)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
