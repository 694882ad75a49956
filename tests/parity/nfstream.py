#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares weir's flows with those of NFStream, column by column.

usage: nfstream.py FOLDER [--weir PROGRAM]

FOLDER holds pcap/NAME.pcap and nfstream/...NAME.pcap.csv, NFStream's flows with statistics and the first 10 packets (accounting
mode 0, its default timeouts). Nothing of it comes with weir, which runs with the same timeouts: idle 120 s, active 1,800 s. Flows
are matched by endpoints, protocol and start; columns are compared over those that hold the same packets in both directions.
NFStream's times are milliseconds cut off, so a time agrees within 1 ms, and a standard deviation within 1 ms too.
"""

import argparse
import ast
import csv
import io
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Row = dict[str, str]
Key = tuple[frozenset[tuple[str, int]], int, int]

MS = 1.0  # what cutting off to milliseconds can make of a difference of two times


@dataclass
class Column:
    """One of NFStream's columns, how weir says the same, and how often it does."""

    name: str
    ours: Callable[[Row], float | None] | None
    why: str = ""
    tolerance: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    def share(self, outcome: str) -> float:
        total = sum(self.counts.values())
        return self.counts[outcome] / total if total else 0.0


def number(feature: str, scale: float = 1.0) -> Callable[[Row], float | None]:
    return lambda row: float(row[feature]) * scale if row[feature] else None


def wire_bytes(row: Row) -> float:
    """NFStream counts frames; the header is Ethernet's 14 bytes where there is no tag."""
    packets = int(row["fwd_packets"]) + int(row["bwd_packets"])
    return float(row["bytes"]) + 14 * packets


SCOPES = {"bidirectional": ("flow", ""), "src2dst": ("fwd", "fwd_"), "dst2src": ("bwd", "bwd_")}
DIRECTED_FLAGS = ("psh", "urg", "rst")
SIZES = (
    "NFStream measures frames (or IP, or transport, by its accounting mode), weir payload: "
    "neither follows from the other."
)
DIRECTION = (
    "The source is the SYN's sender here, the first packet's sender there: hulk begins in the midst of six talks."
)
GAPS = "Whole milliseconds there, microseconds here. " + DIRECTION


def columns() -> list[Column]:
    found = [
        Column("bidirectional_packets", lambda row: float(row["fwd_packets"]) + float(row["bwd_packets"])),
        Column("src2dst_packets", number("fwd_packets")),
        Column("dst2src_packets", number("bwd_packets")),
        Column(
            "bidirectional_bytes",
            wire_bytes,
            "Frames there, with Ethernet's padding and tags; IP bytes here, 14 added for each packet.",
        ),
        Column("src2dst_bytes", None, SIZES),
        Column("dst2src_bytes", None, SIZES),
        Column("bidirectional_duration_ms", number("flow_duration_us", 1e-3), tolerance=MS),
        Column("src2dst_duration_ms", number("fwd_gap_total_us", 1e-3), DIRECTION, tolerance=MS),
        Column("dst2src_duration_ms", number("bwd_gap_total_us", 1e-3), DIRECTION, tolerance=MS),
    ]
    for scope, (gap, prefix) in SCOPES.items():
        found += [
            Column(f"{scope}_{theirs}_piat_ms", number(f"{gap}_gap_{ours}_us", 1e-3), GAPS, tolerance=MS)
            for theirs, ours in (("min", "min"), ("mean", "mean"), ("stddev", "std"), ("max", "max"))
        ]
        found += [Column(f"{scope}_{what}_ps", None, SIZES) for what in ("min", "mean", "stddev", "max")]
        for flag in ("syn", "cwr", "ece", "urg", "ack", "psh", "rst", "fin"):
            known = prefix == "" or flag in DIRECTED_FLAGS
            why = DIRECTION if known else "weir counts this flag for both directions together, as CICFlowMeter does."
            found.append(Column(f"{scope}_{flag}_packets", number(f"{prefix}{flag}_packets") if known else None, why))
    found.append(Column("splt_direction", None, "The sign of weir's early_NN_payload_bytes, for packets with payload."))
    found.append(Column("splt_ps", None, SIZES))
    found.append(Column("splt_piat_ms", None, GAPS, tolerance=MS))
    return found


def early_gaps_agree(ours: Row, theirs: Row) -> str:
    """The first packets' gaps, as many as both have."""
    gaps = [float(gap) for gap in ast.literal_eval(theirs["splt_piat_ms"])][1:]
    for number_of, gap in enumerate(gaps, start=2):
        mine = ours[f"early_{number_of:02}_gap_us"]
        if (gap < 0) != (mine == ""):
            return "differs"
        if mine and abs(float(mine) * 1e-3 - gap) > MS:
            return "differs"
    return "agrees"


def judged(column: Column, ours: Row, theirs: Row) -> str | None:
    if column.name == "splt_piat_ms":
        return early_gaps_agree(ours, theirs)
    if column.ours is None:
        return None
    mine, other = column.ours(ours), float(theirs[column.name])
    if mine is None:
        return "undefined" if other == 0 else "differs"
    return "agrees" if abs(mine - other) <= max(column.tolerance, 1e-6 * abs(other)) else "differs"


@dataclass
class Capture:
    name: str
    ours: int = 0
    theirs: int = 0
    matched: int = 0
    same_packets: int = 0


def weir_rows(weir: str, capture: Path) -> list[Row]:
    command = [weir, "extract", "-r", str(capture), "--active-timeout", "1800", "-o", "-"]
    text = subprocess.run(command, check=True, capture_output=True, text=True)
    return list(csv.DictReader(io.StringIO(text.stdout)))


def our_key(row: Row) -> Key:
    protocol = int(row["protocol"])
    ports = protocol in (6, 17, 132)
    ends = frozenset((row[f"{end}_ip"], int(row[f"{end}_port"]) if ports else 0) for end in ("src", "dst"))
    return ends, protocol, int(row["started_us"]) // 1000


def their_key(row: Row) -> Key:
    ends = frozenset((row[f"{end}_ip"], int(row[f"{end}_port"])) for end in ("src", "dst"))
    return ends, int(row["protocol"]), int(row["bidirectional_first_seen_ms"])


def csv_of(folder: Path, capture: Path) -> Path | None:
    """The collections' own names stand in front of the capture's, sometimes a digest behind it."""
    word = re.sub(r"^(tcp|udp)_|^(kihy|zeek)_|^ftp_?|^ssh", "", capture.stem)
    candidates = [file for file in (folder / "nfstream").glob("*.csv") if capture.stem in file.name]
    candidates = candidates or [file for file in (folder / "nfstream").glob("*.csv") if word in file.name]
    candidates = candidates or [
        file
        for file in (folder / "nfstream").glob("*.csv")
        if all(part in file.name for part in re.findall("ftp|ssh|bruteforce|guess|slowloris", capture.stem))
        and re.search("ftp|ssh|bruteforce|guess|slowloris", capture.stem)
    ]
    return min(candidates, key=lambda file: len(file.name), default=None)


def compare(weir: str, folder: Path) -> tuple[list[Capture], list[Column]]:
    captures, compared = [], columns()
    for file in sorted((folder / "pcap").glob("*.pcap")):
        if (expected := csv_of(folder, file)) is None:
            continue
        capture = Capture(file.name)
        theirs: dict[Key, list[Row]] = defaultdict(list)
        with expected.open(newline="") as lines:
            for row in csv.DictReader(lines):
                theirs[their_key(row)].append(row)
                capture.theirs += 1
        for row in weir_rows(weir, file):
            capture.ours += 1
            candidates = theirs.get(our_key(row))
            if not candidates:
                continue
            match = candidates.pop()
            capture.matched += 1
            if [match["src2dst_packets"], match["dst2src_packets"]] != [row["fwd_packets"], row["bwd_packets"]]:
                continue
            capture.same_packets += 1
            for column in compared:
                if (verdict := judged(column, row, match)) is not None:
                    column.counts[verdict] += 1
        captures.append(capture)
    return captures, compared


def markdown(captures: list[Capture], compared: list[Column]) -> str:
    lines = ["| capture | weir's flows | NFStream's | same start | same packets |", "|---|---|---|---|---|"]
    lines += [f"| {c.name} | {c.ours} | {c.theirs} | {c.matched} | {c.same_packets} |" for c in captures]
    sums = [sum(getattr(c, name) for c in captures) for name in ("ours", "theirs", "matched", "same_packets")]
    lines.append("| **all** | " + " | ".join(str(total) for total in sums) + " |")
    lines += ["", "| column | agrees | undefined | differs | why |", "|---|---|---|---|---|"]
    for c in compared:
        if not c.counts:
            lines.append(f"| {c.name} | | | | {c.why} |")
            continue
        shares = " | ".join(f"{100 * c.share(name):.2f} %" for name in ("agrees", "undefined", "differs"))
        lines.append(f"| {c.name} | {shares} | {c.why if c.share('agrees') < 1 else ''} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weir", default="build/weir", help="the program (default: build/weir)")
    arguments = parser.parse_args()
    if not (arguments.folder / "nfstream").is_dir():
        print(f"nfstream.py: {arguments.folder} has no folder nfstream/", file=sys.stderr)
        return 2
    print(markdown(*compare(arguments.weir, arguments.folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
