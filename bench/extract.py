#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast `weir extract` is, against the limit of reading and against NFStream, on the same files in one run.

usage: extract.py [--build build] [--inputs FOLDER] [--runs 5] [--nfstream PYTHON]

The inputs are made by generate_traffic when they are missing: A (5M packets of 110 stored bytes, 300k flows) and B (1M whole
packets, 60k flows). The runs of the rivals take turns, so that a busy machine slows all of them; medians and the spread are
printed, of wall time and of processor time. --nfstream names a Python interpreter that has NFStream.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

INPUTS = {
    "A": ["5000000", "300000", "110", "300", "1"],
    "B": ["1000000", "60000", "65535", "60", "2"],
}

NFSTREAM = """
import sys
from nfstream import NFStreamer
rows = sum(1 for _ in NFStreamer(source=sys.argv[1], statistical_analysis=True, n_dissections=0))
print(rows, "rows")
"""


@dataclass
class Rival:
    """One program on one input, and what its runs took."""

    name: str
    command: list[str]
    runs: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self) -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        subprocess.run(self.command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wall.append(time.perf_counter() - started)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def build(folder: Path) -> None:
    targets = ["generate_traffic", "bare_walk", "weir"]
    subprocess.run(["cmake", "--build", str(folder), "--target", *targets], check=True, stdout=subprocess.DEVNULL)


def make_input(folder: Path, name: str, generator: Path) -> Path:
    file = folder / f"{name}.pcap"
    if not file.exists():
        subprocess.run([str(generator), str(file), *INPUTS[name]], check=True)
    return file


def count_packets(weir: Path, file: Path) -> int:
    text = subprocess.run(
        [str(weir), "extract", "-r", str(file), "--count"], check=True, capture_output=True, text=True
    )
    return int(text.stdout.split()[0].replace(",", ""))


def line(rival: Rival, packets: int, weir_cpu: float) -> str:
    wall, cpu = statistics.median(rival.wall), statistics.median(rival.cpu)
    spread = (max(rival.cpu) - min(rival.cpu)) / cpu
    rates = f"{packets / wall / 1e6:9.3f} {packets / cpu / 1e6:9.3f}"
    return f"{rival.name:<24} {rates}  {wall:8.2f} s {cpu:8.2f} s  ±{50 * spread:3.0f} %  {cpu / weir_cpu:8.2f}"


def measure(name: str, file: Path, arguments: argparse.Namespace) -> None:
    weir = arguments.build / "weir"
    rivals = [
        Rival("bare walk", [str(arguments.build / "bench" / "bare_walk"), str(file)], arguments.runs),
        Rival("weir extract --count", [str(weir), "extract", "-r", str(file), "--count"], arguments.runs),
        Rival("weir extract -o", [str(weir), "extract", "-r", str(file), "-o", "/dev/null"], arguments.runs),
    ]
    if arguments.nfstream:
        rivals.append(Rival("NFStream, statistics", [arguments.nfstream, "-c", NFSTREAM, str(file)], 1))
    packets = count_packets(weir, file)  # and the file is in memory from now on
    for turn in range(arguments.runs):
        for rival in rivals:
            if turn < rival.runs:
                rival.run()
    weir_cpu = statistics.median(rivals[1].cpu)
    print(f"\n{name}: {packets:,} packets\n{'':<24} Mpkt/s: wall     CPU       wall       CPU  spread   CPU : weir's")
    for rival in rivals:
        print(line(rival, packets, weir_cpu))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--inputs", type=Path, default=Path("build/bench-inputs"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--nfstream", help="a Python interpreter that has NFStream")
    parser.add_argument("--only", choices=sorted(INPUTS), help="one input instead of all")
    parser.add_argument("--no-build", action="store_true")
    arguments = parser.parse_args()
    if not arguments.no_build:
        build(arguments.build)
    arguments.inputs.mkdir(parents=True, exist_ok=True)
    for name in INPUTS:
        if arguments.only in (None, name):
            measure(name, make_input(arguments.inputs, name, arguments.build / "bench" / "generate_traffic"), arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
