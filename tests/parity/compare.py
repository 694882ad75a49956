#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares weir's flows with those of the corrected CICFlowMeter, column by column.

usage: compare.py FOLDER [--weir PROGRAM]

FOLDER holds pcap/NAME.pcap and cicflowmeter_engelen/NAME.pcap_Flow.csv, the fork's output for that capture. Nothing of it
comes with weir. Flows are matched by endpoints, protocol and start time. A column agrees where both numbers do to one part in
100,000; where weir says "undefined" the fork writes -1 or 0, which is counted apart.
"""

import argparse
import csv
import io
import json
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

TOLERANCE = 1e-5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Row = dict[str, str]
Key = tuple[frozenset[tuple[str, int]], int, int]


@dataclass
class Capture:
    """How the flows of one capture were matched."""

    name: str
    ours: int = 0
    theirs: int = 0
    matched: int = 0
    same_packets: int = 0


@dataclass
class Column:
    """How one feature compares over all matched flows of the same packets."""

    feature: str
    alias: str
    reason: str
    counts: Counter[str] = field(default_factory=Counter)

    def share(self, outcome: str) -> float:
        total = sum(self.counts.values())
        return self.counts[outcome] / total if total else 0.0


def weir_rows(weir: str, capture: Path) -> list[Row]:
    text = subprocess.run([weir, "extract", "-r", str(capture), "-o", "-"], check=True, capture_output=True, text=True)
    return list(csv.DictReader(io.StringIO(text.stdout)))


def fork_rows(file: Path) -> list[Row]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def microseconds(stamp: str) -> int:
    time = datetime.fromisoformat(stamp).replace(tzinfo=UTC)
    return (time - EPOCH) // timedelta(microseconds=1)


def our_key(row: Row) -> Key:
    protocol = int(row["protocol"])
    ports = protocol in (6, 17)  # the fork gives ICMP no port
    ends = frozenset((row[f"{end}_ip"], int(row[f"{end}_port"]) if ports else 0) for end in ("src", "dst"))
    return ends, protocol, int(row["started_us"])


def their_key(row: Row) -> Key:
    ends = frozenset((row[f"{end} IP"], int(row[f"{end} Port"])) for end in ("Src", "Dst"))
    return ends, int(row["Protocol"]), microseconds(row["Timestamp"])


def outcome(ours: str, theirs: str) -> str:
    if ours == "":
        return "undefined" if float(theirs) in (-1.0, 0.0) else "differs"
    a, b = float(ours), float(theirs)
    return "agrees" if abs(a - b) <= TOLERANCE * max(abs(a), abs(b), 1e-9) else "differs"


def packets(row: Row) -> tuple[int, int]:
    return int(row["Total Fwd Packet"]), int(row["Total Bwd packets"])


def compare(weir: str, folder: Path) -> tuple[list[Capture], list[Column]]:
    catalogue = json.loads(
        subprocess.run([weir, "features", "--json"], check=True, capture_output=True, text=True).stdout
    )
    columns = [Column(f["name"], f["cic_alias"], f["cic_difference"]) for f in catalogue["features"] if f["cic_alias"]]
    captures = []
    for file in sorted((folder / "pcap").glob("*.pcap")):
        capture = Capture(file.name)
        ours = weir_rows(weir, file)
        theirs: dict[Key, list[Row]] = defaultdict(list)
        for row in fork_rows(folder / "cicflowmeter_engelen" / f"{file.name}_Flow.csv"):
            theirs[their_key(row)].append(row)
            capture.theirs += 1
        for row in ours:
            capture.ours += 1
            candidates = theirs.get(our_key(row))
            if not candidates:
                continue
            match = candidates.pop()
            capture.matched += 1
            if packets(match) != (int(row["fwd_packets"]), int(row["bwd_packets"])):
                continue
            capture.same_packets += 1
            for column in columns:
                column.counts[outcome(row[column.feature], match[column.alias])] += 1
        captures.append(capture)
    return captures, columns


def markdown(captures: list[Capture], columns: list[Column]) -> str:
    lines = ["| capture | weir's flows | the fork's | same start | same packets |", "|---|---|---|---|---|"]
    lines += [f"| {c.name} | {c.ours} | {c.theirs} | {c.matched} | {c.same_packets} |" for c in captures]
    sums = [sum(getattr(c, name) for c in captures) for name in ("ours", "theirs", "matched", "same_packets")]
    lines.append("| **all** | " + " | ".join(str(total) for total in sums) + " |")
    lines += ["", "| column | feature | agrees | undefined | differs | why |", "|---|---|---|---|---|---|"]
    for c in columns:
        why = c.reason if c.share("agrees") < 1 else ""
        shares = " | ".join(f"{100 * c.share(name):.2f} %" for name in ("agrees", "undefined", "differs"))
        lines.append(f"| {c.alias} | `{c.feature}` | {shares} | {why} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weir", default="build/weir", help="the program (default: build/weir)")
    arguments = parser.parse_args()
    if not (arguments.folder / "pcap").is_dir():
        print(f"compare.py: {arguments.folder} has no folder pcap/", file=sys.stderr)
        return 2
    print(markdown(*compare(arguments.weir, arguments.folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
