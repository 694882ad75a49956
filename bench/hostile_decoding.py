#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Floods that aim at the decoder, with honest talks in their midst.

usage: hostile_decoding.py [--weir PROGRAM] [--packets N] [--folder FOLDER]

Writes captures of N packets each: an ordinary load; first fragments of datagrams that never go on; later fragments whose
first never comes, from random sources; small overlapping fragments; packets in 5 tunnels inside each other, and in 8; 31 tags in
front of IP. Between them go 200 honest talks over UDP, some of their datagrams in fragments, last piece first. Each flood is
extracted; its time per packet is compared with the ordinary load's (median of 3), and the rows of the honest talks with those
that they give alone. The exit code is 1 when a row differs, an account does not add up, or a flood costs more than 3 times as much.
"""

import argparse
import csv
import random
import re
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

START = 1_700_000_000
HONEST = 200
Packet = bytes


def ethernet(payload: bytes, ether_type: int = 0x0800) -> Packet:
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + struct.pack("!H", ether_type) + payload


def ipv4(src: bytes, dst: bytes, protocol: int, payload: bytes, identifier: int = 0, fragment: int = 0) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), identifier, fragment, 64, protocol, 0)
    return head + src + dst + payload


def udp(src: int, dst: int, payload: bytes) -> bytes:
    return struct.pack("!HHHH", src, dst, 8 + len(payload), 0) + payload


def honest_talks() -> list[tuple[float, Packet]]:
    """A datagram whole, the next in three pieces, the last of them first; and back."""
    packets = []
    for talk in range(HONEST):
        client, server = struct.pack("!BBH", 198, 18, talk), bytes((198, 19, 0, 1))
        for turn in range(6):
            at = turn * 0.15 + talk * 0.0005
            ends = (client, server) if turn % 2 == 0 else (server, client)
            ports = (20000 + talk, 5353) if turn % 2 == 0 else (5353, 20000 + talk)
            datagram = udp(*ports, bytes(40 + talk + 900 * (turn % 3 == 1)))
            if turn % 3 != 1:
                packets.append((at, ethernet(ipv4(*ends, 17, datagram))))
                continue
            for number, offset in enumerate((800, 400, 0)):
                more = 0x2000 if offset < 800 else 0
                piece = ipv4(*ends, 17, datagram[offset : offset + 400 if more else None], talk + 1, more | offset // 8)
                packets.append((at + number * 1e-5, ethernet(piece)))
    return sorted(packets)


def random_address(source: random.Random) -> bytes:
    return bytes((198, 18 + source.getrandbits(1))) + source.randbytes(2)


def ordinary(source: random.Random) -> Packet:
    number = source.getrandbits(14)
    client, server = struct.pack("!BBH", 198, 18, 0x8000 | number), bytes((198, 19, 1, number & 0xFF))
    return ethernet(ipv4(client, server, 17, udp(number, 443, bytes(60))))


def first_fragments(source: random.Random) -> Packet:
    return ethernet(
        ipv4(random_address(source), b"\xc6\x13\0\1", 17, udp(7, 9, bytes(72)), source.getrandbits(16), 0x2000)
    )


def later_fragments(source: random.Random) -> Packet:
    offset = 1 + source.getrandbits(12)
    return ethernet(
        ipv4(random_address(source), b"\xc6\x13\0\1", 17, bytes(80), source.getrandbits(16), 0x2000 | offset)
    )


def overlapping_fragments(source: random.Random) -> Packet:
    offset = source.getrandbits(4)
    return ethernet(
        ipv4(b"\xc6\x12\xff\xff", b"\xc6\x13\0\1", 17, udp(7, 9, bytes(40)), source.getrandbits(8), 0x2000 | offset)
    )


def tunnels(depth: int) -> Callable[[random.Random], Packet]:
    def packet(source: random.Random) -> Packet:
        inside = ipv4(random_address(source), b"\xc6\x13\0\1", 17, udp(7, 9, bytes(8)))
        for _ in range(depth):
            inside = ipv4(b"\xc6\x12\0\1", b"\xc6\x13\0\1", 47, struct.pack("!HH", 0, 0x0800) + inside)
        return ethernet(inside)

    return packet


def tags(source: random.Random) -> Packet:
    return ethernet(30 * struct.pack("!HH", 7, 0x8100) + struct.pack("!HH", 7, 0x0800) + ordinary(source)[14:], 0x8100)


LOADS = {
    "ordinary": ordinary,
    "first fragments": first_fragments,
    "later fragments": later_fragments,
    "overlapping fragments": overlapping_fragments,
    "5 tunnels": tunnels(5),
    "8 tunnels": tunnels(8),
    "31 tags": tags,
}


def write(path: Path, packets: int, load: Callable[[random.Random], Packet] | None) -> None:
    """The flood evenly over one second, the honest talks at their times."""
    source = random.Random(1)
    honest = honest_talks()
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

        def put(at: float, data: Packet) -> None:
            file.write(struct.pack("<IIII", START + int(at), int(at % 1 * 1e6), len(data), len(data)) + data)

        if load is not None:
            for number in range(packets):
                at = number / packets
                while honest and honest[0][0] <= at:
                    put(*honest.pop(0))
                put(at, load(source))
        for at, data in honest:
            put(at, data)


def seconds(weir: str, path: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([weir, "extract", "-r", str(path), "--count"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def resident_mib(weir: str, path: Path) -> float:
    result = subprocess.run(
        ["/usr/bin/time", "-f", "%M", weir, "extract", "-r", str(path), "--count"],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(result.stderr.splitlines()[-1]) / 1024


def honest_rows(weir: str, path: Path, folder: Path) -> tuple[list[list[str]], bool, str]:
    """The honest talks' rows, whether the account adds up, and its lines on fragments and tunnels."""
    output = folder / "rows.csv"
    result = subprocess.run(
        [weir, "extract", "-r", str(path), "-o", str(output)], check=True, capture_output=True, text=True
    )
    with output.open(newline="") as lines:
        rows = [row for row in csv.reader(lines) if row[1].startswith("198.18.0.") and ":5353/udp" in row[1]]
    counts = [(int(n.replace(",", "")), w) for n, w in re.findall(r"^ *([\d,]+) (.*)$", result.stderr, re.M)]
    packets, parts = counts[0][0], sum(n for n, words in counts[1:] if not words.startswith("of the"))
    notes = "; ".join(f"{n:,} {words.split(':')[0]}" for n, words in counts[2:])
    return sorted(rows), packets == parts, notes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default="build/weir", help="the program (default: build/weir)")
    parser.add_argument("--packets", type=int, default=500_000, help="packets of each flood (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where to keep the captures (default: nowhere)")
    arguments = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch)
        write(folder / "honest.pcap", 0, None)
        alone, _, _ = honest_rows(arguments.weir, folder / "honest.pcap", folder)
        if len(alone) != HONEST:
            print(f"hostile_decoding.py: the honest talks alone give {len(alone)} rows, not {HONEST}", file=sys.stderr)
            return 1
        print("| load | ns per packet | ratio | MiB | honest rows as alone | account |\n|---|---|---|---|---|---|")
        usual = 0.0
        for name, load in LOADS.items():
            capture = folder / (name.replace(" ", "-") + ".pcap")
            write(capture, arguments.packets, load)
            cost = statistics.median(seconds(arguments.weir, capture) for _ in range(3)) / arguments.packets * 1e9
            usual = usual or cost
            rows, adds_up, notes = honest_rows(arguments.weir, capture, folder)
            same = sum(row in alone for row in rows)
            memory = resident_mib(arguments.weir, capture)
            print(
                f"| {name} | {cost:.0f} | {cost / usual:.2f} | {memory:.0f} | {same} of {HONEST} | {notes or 'all in flows'} |"
            )
            good = good and adds_up and same == HONEST and cost <= 3 * usual
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
