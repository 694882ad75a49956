#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether `weir extract` gives the same rows, byte for byte, with any number of workers, on large captures.

usage: same_rows.py [--build build] [--inputs FOLDER] [--workers 2,3,4] [CAPTURE ...]

Without a capture it reads input A of compare.py (5M packets, 300k flows), generated when it is missing. Each capture is read with
one worker and with each number of `--workers`: final rows, and interim rows with host context. Rows are compared as a set, since
several workers hand them on in another order; the header must be the first line. The exit code is 1 if any row differs, and the
first that do are shown.
"""

import argparse
import hashlib
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from compare import ROOT, Bench

KINDS = {"final rows": [], "interim rows with context": ["--interim"]}
SHOWN = 3


@dataclass(frozen=True)
class Rows:
    """What was read, regardless of order: two readings with other rows have, but for chance, another sum."""

    header: bytes
    count: int
    digest: int


def extract(weir: Path, capture: Path, flags: list[str]) -> "subprocess.Popen[bytes]":
    command = [str(weir), "extract", "-r", str(capture), "-o", "-", *flags]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def read(weir: Path, capture: Path, flags: list[str]) -> Rows:
    with extract(weir, capture, flags) as process:
        assert process.stdout
        header, count, digest = process.stdout.readline(), 0, 0
        for line in process.stdout:
            count += 1
            digest += int.from_bytes(hashlib.blake2b(line, digest_size=16).digest(), "little")
    if process.returncode != 0:
        sys.exit(f"weir extract {capture} {' '.join(flags)} ended with {process.returncode}")
    return Rows(header, count, digest)


def show_difference(weir: Path, capture: Path, flags: list[str], workers: int) -> None:
    """The first rows that only one reading has."""
    lines: Counter[bytes] = Counter()
    for number, sign in ((1, 1), (workers, -1)):
        with extract(weir, capture, [*flags, "--workers", str(number)]) as process:
            assert process.stdout
            for line in process.stdout:
                key = hashlib.blake2b(line, digest_size=16).digest()
                lines[key] += sign
    differing = {key for key, count in lines.items() if count != 0}
    for number in (1, workers):
        print(f"      only with {number}:")
        with extract(weir, capture, [*flags, "--workers", str(number)]) as process:
            assert process.stdout
            shown = 0
            for line in process.stdout:
                if hashlib.blake2b(line, digest_size=16).digest() in differing and shown < SHOWN:
                    shown += 1
                    print(f"        {line.decode().rstrip()[:400]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--inputs", type=Path, default=ROOT / "build" / "bench-inputs")
    parser.add_argument("--workers", default="2,3,4")
    parser.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE")
    arguments = parser.parse_args()
    numbers = [int(number) for number in arguments.workers.split(",")]
    bench = Bench(arguments.build, arguments.inputs, runs=1, patience_s=900)
    if not arguments.captures:
        bench.make(["generate_traffic", "weir"])
    failed = 0
    for capture in arguments.captures or [bench.input("A")]:
        for kind, flags in KINDS.items():
            expected = read(bench.weir, capture, flags)
            for workers in numbers:
                same = read(bench.weir, capture, [*flags, "--workers", str(workers)]) == expected
                print(
                    f"{'ok  ' if same else 'FAIL'}  {capture.name}: {expected.count:,} {kind}, {workers} workers",
                    flush=True,
                )
                if not same:
                    failed += 1
                    show_difference(bench.weir, capture, flags, workers)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
