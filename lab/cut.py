# SPDX-License-Identifier: Apache-2.0
"""Cutting a small capture with its labels out of a recording, for tests.

    python3 -m lab.cut RECORDING -o NAME --from SECONDS --seconds N [--hosts ADDRESS,...] [--snaplen BYTES] [--most PACKETS]

Writes NAME.pcap and NAME.labels.csv. With --hosts only packets between any two of these addresses are kept.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lab.capture import Packet, read, write
from lab.labels import LabelledLeg, packet_row, read_labels, write_labels
from lab.topology import LabError


@dataclass(frozen=True)
class Cut:
    from_us: int
    until_us: int
    hosts: frozenset[str]
    snaplen: int


def packets_within(records: Iterator[tuple[int, int, bytes]], cut: Cut) -> Iterator[Packet]:
    for at_us, size, data in records:
        if at_us > cut.until_us:
            return
        packet = Packet(at_us, size, data[: cut.snaplen])
        row = packet_row(packet)
        both = row is not None and row.src_ip in cut.hosts and row.dst_ip in cut.hosts
        if at_us >= cut.from_us and (both or not cut.hosts):
            yield packet


def first_us(path: Path) -> int:
    with path.open("rb") as capture:
        head = capture.read(32)
    if len(head) < 32:
        raise LabError(f"{path} holds no packet")
    seconds, micros = struct.unpack_from("<II", head, 24)
    return int(seconds) * 1_000_000 + int(micros)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m lab.cut", description="Cut a small capture with labels out of a recording."
    )
    parser.add_argument("recording", type=Path, help="folder with capture.pcap and labels.csv")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="NAME")
    parser.add_argument("--from", dest="start", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--hosts", default="", help="addresses, separated by commas")
    parser.add_argument("--snaplen", type=int, default=96)
    parser.add_argument("--most", type=int, default=2000, metavar="PACKETS")
    return parser.parse_args()


def cut(arguments: argparse.Namespace) -> None:
    capture = arguments.recording / "capture.pcap"
    start = first_us(capture) + int(arguments.start * 1e6)
    hosts = frozenset(h for h in arguments.hosts.split(",") if h)
    wanted = Cut(start, start + int(arguments.seconds * 1e6), hosts, arguments.snaplen)
    kept = list(islice(packets_within(read(capture)[1], wanted), arguments.most))
    legs = legs_of(kept, wanted, read_labels(arguments.recording / "labels.csv"))
    count = write(arguments.out.with_suffix(".pcap"), kept)
    write_labels(arguments.out.with_suffix(".labels.csv"), legs)
    print(f"{arguments.out.with_suffix('.pcap')}: {count} packets, {len(legs)} legs", file=sys.stderr)


def legs_of(kept: list[Packet], wanted: Cut, legs: list[LabelledLeg]) -> list[LabelledLeg]:
    """The legs that reach into the cut's time; of a cut between hosts, only those between two of them."""
    legs = [leg for leg in legs if leg.start_us <= wanted.until_us and leg.end_us >= wanted.from_us]
    ends = {frozenset((row.src_ip, row.dst_ip)) for row in map(packet_row, kept) if row}
    return [leg for leg in legs if not wanted.hosts or frozenset((leg.attacker, leg.victim)) in ends]


def main() -> int:
    try:
        cut(_arguments())
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"lab: {error.filename or 'system'}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
