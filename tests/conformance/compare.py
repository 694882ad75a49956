#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads every capture below a folder and says what became of it; where another tool's reading lies beside, compares.

usage: compare.py FOLDER [--weir PROGRAM] [--facts PROGRAM] [--only robustness|tcpdump|ipfixprobe]

FOLDER is a collection of the captures that other projects test themselves with; nothing of it comes with weir. Three questions:

robustness   each capture ends in an account that adds up, or in one sentence of refusal: no signal, no sanitizer's word, no
             hang. Use the program of build-asan (--weir build-asan/weir).
tcpdump      NAME.out beside NAME.pcap: for each packet that tcpdump prints with addresses, the decoder's source and destination
             are among them. Needs packet_facts (ninja -C build packet_facts).
ipfixprobe   tests/functional/outputs: packets and bytes of each talk, over all its records.

Prints tables in Markdown, then each difference. The exit code is 1 when a capture is not read as it should be.
"""

import argparse
import csv
import io
import re
import struct
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

TIMEOUT_S = 120
DAMAGED = 3  # weir's exit code for a capture that it read up to its damage
SUFFIXES = {".pcap", ".pcapng", ".cap", ".dmp", ".ntar"}
COUNT = re.compile(r"^ *([\d,]+) (.*)$")


# -- robustness ---------------------------------------------------------------------------------------------------------------


@dataclass
class Reading:
    """What `weir extract --count` said of one capture."""

    path: Path
    outcome: str  # "read", "damaged", "refused", or what went wrong
    detail: str = ""
    packets: int = 0
    in_flows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)


def account(reading: Reading, text: str) -> None:
    for line in text.splitlines():
        match = COUNT.match(line)
        if not match:
            continue
        number, words = int(match[1].replace(",", "")), match[2]
        if words == "packets":
            reading.packets = number
        elif words.startswith("in ") and words.endswith("flow records"):
            reading.in_flows = number
        elif words.startswith("of the "):
            reading.notes[words] += number
        else:
            reading.reasons[words.split(":")[0]] += number


def read(weir: str, path: Path, name: Path) -> Reading:
    command = [weir, "extract", "-r", str(path), "--count"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, errors="replace")
    except subprocess.TimeoutExpired:
        return Reading(name, "hang", f"longer than {TIMEOUT_S} s")
    if "Sanitizer" in result.stderr or "runtime error" in result.stderr:
        return Reading(name, "sanitizer", result.stderr.splitlines()[0])
    if result.returncode < 0:
        return Reading(name, "signal", str(-result.returncode))
    lines = result.stderr.strip().splitlines()
    if result.returncode not in (0, DAMAGED):
        one_sentence = len(lines) == 1 and lines[0].startswith("weir: ")
        return Reading(name, "refused" if one_sentence else "not one sentence", result.stderr.strip())
    reading = Reading(name, "damaged" if result.returncode == DAMAGED else "read")
    if reading.outcome == "damaged":
        reading.detail = lines[-1]
    account(reading, result.stderr)
    if reading.packets != reading.in_flows + sum(reading.reasons.values()):
        reading.outcome = "account does not add up"
        reading.detail = result.stderr.strip()
    return reading


def captures(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in SUFFIXES)


def packets_in_hex(folder: Path, scratch: Path) -> Path | None:
    """PcapPlusPlus keeps single packets as hexadecimal digits: all of them as one Ethernet capture."""
    out = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    found = 0
    for path in sorted(folder.rglob("*.dat")):
        digits = re.sub(rb"\s", b"", path.read_bytes())
        if len(digits) % 2 or re.search(rb"[^0-9A-Fa-f]", digits):
            continue
        packet = bytes.fromhex(digits.decode())
        out += struct.pack("<IIII", found, 0, len(packet), len(packet)) + packet
        found += 1
    if not found:
        return None
    file = scratch / "single packets in hexadecimal.pcap"
    file.write_bytes(out)
    return file


def robustness(weir: str, folder: Path) -> list[Reading]:
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        jobs = [(path, path.relative_to(folder)) for path in captures(folder)]
        if (packets := packets_in_hex(folder, Path(scratch))) is not None:
            jobs.append((packets, Path("PcapPlusPlus") / packets.name))
        return list(pool.map(lambda job: read(weir, *job), jobs))


def print_robustness(readings: list[Reading]) -> bool:
    print("\n| collection | captures | read whole | read to their damage | refused | packets | in flows | rejected |")
    print("|---|---|---|---|---|---|---|---|")
    groups: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        groups[reading.path.parts[0]].append(reading)
    for name, group in [*sorted(groups.items()), ("**all**", readings)]:
        outcomes = Counter(r.outcome for r in group)
        packets, flows = sum(r.packets for r in group), sum(r.in_flows for r in group)
        cells = [len(group), *(outcomes[o] for o in ("read", "damaged", "refused")), packets, flows, packets - flows]
        print(f"| {name} | " + " | ".join(f"{cell:,}" for cell in cells) + " |")
    for title, counts in (
        ("Rejected", sum((r.reasons for r in readings), Counter())),
        ("Noted", sum((r.notes for r in readings), Counter())),
        ("Refused", Counter(refusal(r) for r in readings if r.outcome == "refused")),
    ):
        print(f"\n{title}:\n")
        for words, number in counts.most_common():
            print(f"- {number:,} {words}")
    wrong = [r for r in readings if r.outcome not in ("read", "damaged", "refused")]
    for r in wrong:
        print(f"\nWRONG: {r.path}: {r.outcome}: {r.detail}")
    return not wrong


def refusal(reading: Reading) -> str:
    sentence = reading.detail.removeprefix("weir: ").split(": ", 1)[-1]
    return re.sub(r"\d+ \(0x[0-9a-f]+\)|at byte \d+|block \d+|packet \d+", "N", sentence)


# -- tcpdump ------------------------------------------------------------------------------------------------------------------

PRINTED = re.compile(r"^ *\d+  (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})\d* (.*)$")
ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:]*(?:\d{1,3}(?:\.\d{1,3}){3})?)"
PAIR = re.compile(rf"({ADDRESS})(?:\.(\d+))? > ({ADDRESS})(?:\.(\d+))?(?=[: ,]|$)")

Pair = tuple[str, str, str, str]  # source, its port, destination, its port; "" without ports
Fact = list[str]


def pairs_in(text: str) -> list[Pair]:
    found = []
    for match in PAIR.finditer(text):
        # The colon that ends the pair looks like a part of an IPv6 address; Ethernet's addresses look like one too.
        src, dst = (re.sub(r"(?<!:):$", "", match[end]) for end in (1, 3))
        try:
            found.append((str(ip_address(src)), match[2] or "", str(ip_address(dst)), match[4] or ""))
        except ValueError:
            continue
    return found


def printed_packets(file: Path) -> Iterator[tuple[int, list[Pair]]]:
    """Time in microseconds and address pairs of each packet, from the outside in."""
    time, text = 0, ""
    # What is printed with another kind of time (-t, -tt, nanoseconds) is left out.
    for line in [*file.read_text(errors="replace").splitlines(), "    0  1970-01-01 00:00:00.000000 end"]:
        match = PRINTED.match(line)
        if match is None:
            text += "\n" + line
            continue
        if time:
            yield time, pairs_in(text)
        stamp = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        time, text = int(stamp.timestamp()) * 1_000_000 + stamp.microsecond, match[2]


def capture_of(out: Path) -> Path | None:
    """geneve-vv.out is another way to print geneve.pcap."""
    name = out.stem
    while name:
        for suffix in (".pcap", ".pcapng"):
            if (file := out.with_name(name + suffix)).exists():
                return file
        name = name[: max(name.rfind("-"), name.rfind("_"), 0)]
    return None


def facts_of(facts: str, capture: Path) -> dict[int, list[Fact]] | None:
    result = subprocess.run([facts, str(capture)], capture_output=True, text=True, timeout=TIMEOUT_S)
    if result.returncode != 0:
        return None
    by_time: dict[int, list[Fact]] = defaultdict(list)
    for line in result.stdout.splitlines():
        fields = line.split("\t")
        by_time[int(fields[0])].append(fields)
    return by_time


def same_end(ours: Fact, pair: Pair) -> bool:
    ports = ours[6] in ("6", "17", "132")
    if (str(ip_address(ours[2])), str(ip_address(ours[4]))) != (pair[0], pair[2]):
        return False
    return not ports or pair[1] == "" or pair[3] == "" or (ours[3], ours[5]) == (pair[1], pair[3])


def judged(ours: list[Fact], pairs: list[Pair]) -> str:
    if not ours:
        return "not in the capture at that time"
    accepted = [fact for fact in ours if fact[1] == "accepted"]
    if any(same_end(fact, pairs[-1]) for fact in accepted):
        return "the innermost that tcpdump prints"
    if any(same_end(fact, pair) for fact in accepted for pair in pairs):
        return "one further out"
    return f"rejected: {ours[0][1]}" if not accepted else "other addresses"


def against_tcpdump(facts: str, folder: Path) -> tuple[Counter[str], list[str]]:
    verdicts: Counter[str] = Counter()
    differences: list[str] = []
    for out in sorted(folder.rglob("*.out")):
        capture = capture_of(out)
        ours = facts_of(facts, capture) if capture is not None else None
        if capture is None or ours is None:
            verdicts["(texts without a capture, or of one that is refused)"] += 1
            continue
        verdicts["(texts compared)"] += 1
        for time, pairs in printed_packets(out):
            if not pairs:
                continue
            verdict = judged(ours.get(time, []), pairs)
            verdicts[verdict] += 1
            if verdict != "the innermost that tcpdump prints":
                differences.append(f"{out.name}: {time}: {verdict}: {pairs} / {ours.get(time, [])[:2]}")
    return verdicts, differences


# -- ipfixprobe ---------------------------------------------------------------------------------------------------------------

# Which capture each expectation was made from (tests/functional/CMakeLists.txt), and where its packet and byte counts stand.
EXPECTATIONS = {"basic": "mixed.pcap", "vlan": "vlan.pcap", "bstats": "bstats.pcap"}
COLUMNS = {"basic": (9, 11, 14), "vlan": (9, 11, 15), "bstats": (9, 11, 14)}  # packets, ports, protocol

Talk = tuple[frozenset[tuple[str, int]], int]


def ipfixprobe_talks(file: Path, columns: tuple[int, int, int]) -> dict[Talk, tuple[int, int]]:
    talks: dict[Talk, tuple[int, int]] = defaultdict(lambda: (0, 0))
    packets_at, ports_at, protocol_at = columns
    for row in csv.reader(file.open(newline="")):
        if " " in row[0]:
            continue  # the names of the columns, somewhere in the midst
        ends = frozenset(((row[0], int(row[ports_at])), (row[1], int(row[ports_at + 1]))))
        before = talks[ends, int(row[protocol_at])]
        packets = int(row[packets_at]) + int(row[packets_at + 1])
        talks[ends, int(row[protocol_at])] = (before[0] + packets, before[1] + int(row[2]) + int(row[3]))
    return talks


def weir_talks(weir: str, capture: Path) -> dict[Talk, tuple[int, int]]:
    command = [weir, "extract", "-r", str(capture), "-o", "-"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    talks: dict[Talk, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in csv.DictReader(io.StringIO(text)):
        protocol = int(row["protocol"])
        ports = protocol in (6, 17, 132)  # ipfixprobe gives an ICMP echo no port
        ends = frozenset((row[f"{end}_ip"], int(row[f"{end}_port"]) if ports else 0) for end in ("src", "dst"))
        before = talks[ends, protocol]
        talks[ends, protocol] = (before[0] + int(row["packets"]), before[1] + int(row["bytes"]))
    return talks


def against_ipfixprobe(weir: str, folder: Path) -> tuple[list[str], list[str]]:
    rows, differences = [], []
    for outputs in folder.rglob("tests/functional/outputs"):
        for name, capture in EXPECTATIONS.items():
            theirs = ipfixprobe_talks(outputs / name, COLUMNS[name])
            ours = weir_talks(weir, outputs.parent / "inputs" / capture)
            both = theirs.keys() & ours.keys()
            packets = sum(theirs[t][0] == ours[t][0] for t in both)
            octets = sum(theirs[t] == ours[t] for t in both)
            cells = [capture, len(theirs), len(ours), len(both), packets, octets]
            rows.append("| " + " | ".join(map(str, cells)) + " |")
            for talk in theirs.keys() | ours.keys():
                if theirs.get(talk) != ours.get(talk):
                    ends = " - ".join(sorted(f"{a} {p}" for a, p in talk[0]))
                    differences.append(f"{capture}: {ends} /{talk[1]}: {theirs.get(talk)} / {ours.get(talk)}")
    return rows, differences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weir", default="build/weir", help="the program (default: build/weir)")
    parser.add_argument("--facts", default="build/tests/conformance/packet_facts", help="the program packet_facts")
    parser.add_argument("--only", choices=["robustness", "tcpdump", "ipfixprobe"], help="answer only this question")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        print(f"compare.py: {arguments.folder} is no folder", file=sys.stderr)
        return 2
    good = True
    differences: list[str] = []
    if arguments.only in (None, "robustness"):
        print("## Robustness")
        good = print_robustness(robustness(arguments.weir, arguments.folder))
    if arguments.only in (None, "tcpdump"):
        verdicts, found = against_tcpdump(arguments.facts, arguments.folder)
        differences += found
        print("\n## tcpdump\n\n| packets | the decoder's addresses are |\n|---|---|")
        for verdict, number in verdicts.most_common():
            print(f"| {number:,} | {verdict} |")
    if arguments.only in (None, "ipfixprobe"):
        rows, found = against_ipfixprobe(arguments.weir, arguments.folder)
        differences += found
        print("\n## ipfixprobe\n\n| capture | its talks | weir's | in both | same packets | same packets and bytes |")
        print("|---|---|---|---|---|---|\n" + "\n".join(rows))
    if differences:
        print("\n## Differences\n\n" + "\n".join(differences))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
