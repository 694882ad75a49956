#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a hostile or a very long capture does to `weir extract`: a flood of 10M random sources, 24 hours with 5M flows.

usage: hostile.py [--build build] [--inputs FOLDER] [--only flood,day] [--scale 1.0]

Captures are generated when they are missing (2 GB) and read through a pipe, so that the resident memory is the program's
own; it is sampled all along. Each line is a fact beside its bound; the exit code is 1 if any bound is broken.
"""

import argparse
import csv
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_FLOWS = 1_000_000
BYTES_PER_FLOW = 400


@dataclass
class Reading:
    """One capture read to its end."""

    packets: int
    rows: int
    cpu_s: float
    rss: list[int]  # resident bytes, sampled
    account: str

    @property
    def ns_per_packet(self) -> float:
        return self.cpu_s * 1e9 / self.packets


class Judge:
    """Prints facts beside their bounds, and remembers whether one was broken."""

    def __init__(self) -> None:
        self.broken = 0

    def hold(self, what: str, holds: bool) -> None:
        print(f"{'ok  ' if holds else 'FAIL'}  {what}", flush=True)
        self.broken += not holds


def read_through_pipe(weir: Path, capture: Path) -> Reading:
    command = [str(weir), "extract", "-r", "-", "--count", "--max-flows", str(MAX_FLOWS)]
    with capture.open("rb") as file:
        cat = subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE)
        process = subprocess.Popen(command, stdin=cat.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert cat.stdout
        cat.stdout.close()
    rss: list[int] = []
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        rss += [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")]
        time.sleep(0.05)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stderr
    account = process.stderr.read()
    cat.wait()
    if process.returncode != 0:
        raise SystemExit(f"weir failed: {account}")
    lines = account.splitlines()
    packets = number(lines[0])
    rows = int(lines[1].split(" in ")[1].split()[0].replace(",", ""))
    return Reading(packets, rows, usage.ru_utime + usage.ru_stime, rss, account)


def honest_rows_of(weir: Path, capture: Path, output: Path) -> list[dict[str, str]]:
    """The rows of all but the flood, which would be 7 GB of text."""
    command = f"{weir} extract -r {capture} -o - --max-flows {MAX_FLOWS} | grep -vF ',198.18.255.1,80,' > {output}"
    subprocess.run(command, shell=True, check=True, stderr=subprocess.DEVNULL)
    with output.open() as file:
        rows = list(csv.DictReader(file))
    output.unlink()
    return rows


def number(line: str) -> int:
    return int(line.split()[0].replace(",", ""))


def adds_up(reading: Reading) -> bool:
    """Packets are in flows or rejected, each by one reason; lines about `of the ...` speak of packets counted before."""
    lines = [line for line in reading.account.splitlines() if " of the " not in line]
    return number(lines[0]) == sum(number(line) for line in lines[1:])


def flood(bench: "Bench", judge: Judge) -> None:
    syns = int(10_000_000 * bench.scale)
    honest = [str(int(1_000_000 * bench.scale)), str(int(60_000 * bench.scale)), "110", "300", "3"]
    quiet_file, flood_file = bench.input("quiet", honest), bench.input("syn-flood", [*honest, str(syns)])
    print(
        f"\nA SYN flood of {syns:,} random sources within 300 s among {honest[1]} honest flows, at most {MAX_FLOWS:,} open"
    )
    quiet, flooded = read_through_pipe(bench.weir, quiet_file), read_through_pipe(bench.weir, flood_file)
    judge.hold(f"the account adds up: {flooded.packets:,} packets", adds_up(flooded) and flooded.packets > syns)
    bound = MAX_FLOWS * BYTES_PER_FLOW + 64 * 2**20
    judge.hold(f"memory {max(flooded.rss) / 2**20:,.0f} MiB, at most {bound / 2**20:,.0f}", max(flooded.rss) <= bound)
    slower = flooded.ns_per_packet / quiet.ns_per_packet
    judge.hold(f"a packet costs {slower:.2f} times what it costs without the flood, at most 3", slower <= 3)

    rows_file = bench.inputs / "rows.csv"
    expected = {row["flow_uid"]: row for row in honest_rows_of(bench.weir, quiet_file, rows_file)}
    same = evicted = honest_rows = 0
    others: list[str] = []
    cut: set[str] = (
        set()
    )  # connections of which a record was evicted before its time: what comes after is another record
    for row in honest_rows_of(bench.weir, flood_file, rows_file):
        honest_rows += 1
        before = expected.get(row["flow_uid"])
        if row == before:
            same += 1
        elif before and row["end_reason"] == "evicted" and {**row, "end_reason": before["end_reason"]} == before:
            evicted += 1
        else:
            others.append(row["community_id"])
            if row["end_reason"] == "evicted":
                cut.add(row["community_id"])
    judge.hold(
        f"of {honest_rows:,} honest rows {same:,} are those of the quiet capture, {evicted:,} are so but that they were evicted "
        f"after their last packet, {len(others):,} are parts of connections that were evicted while they paused",
        set(others) <= cut and honest_rows >= len(expected),
    )


def day(bench: "Bench", judge: Judge) -> None:
    flows = int(5_000_000 * bench.scale)
    file = bench.input("day", [str(2 * flows), str(flows), "110", "86400", "4"])
    print(f"\n24 hours with {flows:,} flows")
    reading = read_through_pipe(bench.weir, file)
    judge.hold(f"the account adds up: {reading.packets:,} packets", adds_up(reading))
    judge.hold(f"no flow is lost: {reading.rows:,} records", reading.rows >= flows)
    half = len(reading.rss) // 2
    first, second = max(reading.rss[:half]) / 2**20, max(reading.rss[half:]) / 2**20
    judge.hold(
        f"memory is flat: at most {first:.0f} MiB in the first half, {second:.0f} in the second (4 more are a leak)",
        second - first <= 4,
    )


class Bench:
    """Where things are."""

    def __init__(self, build: Path, inputs: Path, scale: float) -> None:
        self.weir = build.resolve() / "weir"
        self.generator = build.resolve() / "bench" / "generate_traffic"
        self.inputs, self.scale = inputs.resolve(), scale

    def input(self, name: str, arguments: list[str]) -> Path:
        file = self.inputs / f"{name}-{'-'.join(arguments)}.pcap"
        if not file.exists():
            self.inputs.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".part")
            subprocess.run([str(self.generator), str(partial), *arguments], check=True, stdout=subprocess.DEVNULL)
            partial.rename(file)
        return file


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--inputs", type=Path, default=ROOT / "build" / "bench-inputs")
    parser.add_argument("--only", default="flood,day")
    parser.add_argument("--scale", type=float, default=1.0, help="fewer or more of everything")
    arguments = parser.parse_args()
    bench, judge = Bench(arguments.build, arguments.inputs, arguments.scale), Judge()
    for part in arguments.only.split(","):
        {"flood": flood, "day": day}[part](bench, judge)
    return 1 if judge.broken else 0


if __name__ == "__main__":
    sys.exit(main())
