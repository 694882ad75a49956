#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast weir's packet path is: against the limit of reading, against itself with more threads, against others.

usage: compare.py [--build build] [--inputs FOLDER] [--runs 5] [--only limits,rivals,growth,memory] [--patience SECONDS]

Everything is measured in this one run. The contenders of a table take turns, so that a busy machine slows all of them; medians
and the spread are printed, of wall time and of processor time, as Markdown. Inputs are written by generate_traffic when
they are missing (5 GB):

  A      5M packets of 110 stored bytes, 300k flows, 300 s      B      1M whole packets, 60k flows
  fifth  1M packets like A, for the slower rivals, of which some take a minute for them
  small  50k packets like A, for what would take hours          flood  4M packets, each a flow of its own, 100 s

Rivals that are not installed are left out by name: `tools/setup.sh bench` gets them. So is one that hangs, or takes longer than
`--patience`.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ["generate_traffic", "bare_walk", "stages", "weir"]
INPUTS = {
    "A": ["5000000", "300000", "110", "300", "1"],
    "B": ["1000000", "60000", "65535", "60", "2"],
    "fifth": ["1000000", "60000", "110", "300", "1"],
    "small": ["50000", "3000", "110", "300", "1"],
    "flood": ["1", "1", "110", "100", "1", "4000000"],
}
RIVAL_PYTHON = ROOT / ".deps" / "bench" / "bin" / "python"
NFSTREAM = """
import sys
from nfstream import NFStreamer
print(sum(1 for _ in NFStreamer(source=sys.argv[1], statistical_analysis=True, n_dissections=0)), "rows")
"""


@dataclass
class Contender:
    """One program on one input, and what its runs took."""

    name: str
    computes: str
    command: str  # for a shell; `exec` keeps it one process where it is one
    runs: int
    patience_s: float | None = None
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self) -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        process = subprocess.Popen(
            self.command,
            shell=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=scratch(),
            start_new_session=True,  # a group of its own: a pipeline ends as a whole
        )
        try:
            code = process.wait(self.patience_s)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        if code != 0:
            raise subprocess.CalledProcessError(code, self.command)
        self.wall.append(time.perf_counter() - started)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def scratch() -> Path:
    """Where rivals that insist on writing files may do so."""
    folder = Path(tempfile.gettempdir()) / f"weir-bench-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    return folder


def runs_here(contender: Contender) -> bool:
    """Runs it once; False, and said why, when it fails or hangs."""
    try:
        contender.run()
    except subprocess.CalledProcessError as error:
        print(f"<!-- {contender.name}: fails with exit code {error.returncode} -->")
        return False
    except subprocess.TimeoutExpired as error:
        print(f"<!-- {contender.name}: not done after {error.timeout:.0f} s -->")
        return False
    return True


def turns(contenders: list[Contender]) -> list[Contender]:
    """Runs all in turns, and gives those that can be run at all here."""
    # The first turn also brings the file into memory; kept: later runs outweigh it.
    working = [contender for contender in contenders if runs_here(contender)]
    for turn in range(1, max((contender.runs for contender in working), default=0)):
        working = [contender for contender in working if turn >= contender.runs or runs_here(contender)]
    return working


def table(title: str, packets: int, contenders: list[Contender], unit: str) -> None:
    """Prints one table; `unit` names the contender whose processor time is 1."""
    print(f"\n### {title}\n", flush=True)
    working = turns(contenders)
    base = next((statistics.median(c.cpu) for c in working if c.name == unit), None)
    print("| program | computes | Mpkt/s, wall | Mpkt/s of CPU time | CPU s | spread | CPU against weir |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for contender in working:
        wall, cpu = statistics.median(contender.wall), statistics.median(contender.cpu)
        spread = 50 * (max(contender.cpu) - min(contender.cpu)) / cpu if contender.runs > 1 else 0
        against = f"{cpu / base:.2f}" if base else ""
        print(
            f"| {contender.name} | {contender.computes} | {packets / wall / 1e6:.3f} | {packets / cpu / 1e6:.3f} "
            f"| {cpu:.2f} | ±{spread:.0f} % | {against} |",
            flush=True,
        )


class Bench:
    """The programs and inputs of one run."""

    def __init__(self, build: Path, inputs: Path, runs: int, patience_s: float) -> None:
        self.build, self.inputs, self.runs, self.patience_s = build.resolve(), inputs.resolve(), runs, patience_s
        self.weir = self.build / "weir"

    def make(self, targets: list[str]) -> None:
        subprocess.run(
            ["cmake", "--build", str(self.build), "--target", *targets], check=True, stdout=subprocess.DEVNULL
        )

    def input(self, name: str) -> Path:
        file = self.inputs / f"{name}.pcap"
        if not file.exists():
            self.inputs.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".part")
            program = self.build / "bench" / "generate_traffic"
            subprocess.run([str(program), str(partial), *INPUTS[name]], check=True, stdout=subprocess.DEVNULL)
            partial.rename(file)
        return file

    def packets(self, file: Path) -> int:
        command = [str(self.weir), "extract", "-r", str(file), "--count"]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0])

    def extract(self, file: Path, *flags: str) -> str:
        return f"exec {self.weir} extract -r {file} {' '.join(flags)}"

    def whole_program(self, file: Path) -> str:
        return (
            f"rm -rf state && exec {self.weir} run -r {file} --speed max --exit-at-end --state-dir state"
            " --listen 127.0.0.1:0 --log-requests=false"
        )

    def limits(self) -> None:
        """What weir costs, between the limit of reading and the whole program."""
        for name in ("A", "B"):
            file, runs = self.input(name), self.runs
            stages = f"exec {self.build}/bench/stages"
            contenders = [
                Contender(
                    "bare walk", "nothing: the limit of reading", f"exec {self.build}/bench/bare_walk {file}", runs
                ),
                Contender("read", "weir's reader", f"{stages} read {file}", runs),
                Contender("decode", "+ headers", f"{stages} decode {file}", runs),
                Contender("hash", "+ key and hash: the limit of decoding", f"{stages} hash {file}", runs),
                Contender("weir extract --count", "flows, all features, all rows", self.extract(file, "--count"), runs),
                Contender("… --workers 2", "the same", self.extract(file, "--count", "--workers 2"), runs),
                Contender("weir extract -o", "the same, as CSV", self.extract(file, "-o /dev/null"), runs),
                Contender(
                    "… --interim --count", "the rows that run scores", self.extract(file, "--interim --count"), runs
                ),
                Contender("… --interim -o", "those rows as CSV", self.extract(file, "--interim -o /dev/null"), runs),
                Contender("weir run", "and scores, SQLite, API", self.whole_program(file), runs),
                Contender("… --workers 2", "the same", self.whole_program(file) + " --workers 2", runs),
            ]
            table(f"{name}: from reading to the whole program", self.packets(file), contenders, "weir extract --count")

    def rivals(self) -> None:
        """The same file through others."""
        for name in ("A", "fifth", "B", "small"):
            file = self.input(name)
            contenders = [Contender("weir extract --count", "131 features", self.extract(file, "--count"), self.runs)]
            contenders += self.installed(file, name)
            table(f"{name}: others on the same file", self.packets(file), contenders, "weir extract --count")

    def installed(self, file: Path, name: str) -> list[Contender]:
        port = 9  # discard: softflowd sends its records to somewhere
        go = ROOT / ".deps" / "bench" / "goflows"
        cic = RIVAL_PYTHON.with_name("cicflowmeter")
        # softflowd by itself leaves IPv6 out, and keeps 8,192 flows: others end early.
        softflowd = f"exec softflowd -6 -v 9 -m 2000000 -r {file} -n 127.0.0.1:{port}"
        quick = [
            ("softflowd", "softflowd", "NetFlow counters", softflowd, 3),
            (
                "nfpcapd",
                "nfpcapd",
                "NetFlow counters, one way",
                f"rm -rf nf; mkdir nf; exec nfpcapd -r {file} -w nf",
                3,
            ),
            ("argus", "argus", "status records", f"exec argus -r {file} -w /dev/null", 3),
        ]
        everywhere = [
            *quick,
            ("argus and ra", "ra", "… as text", f"argus -r {file} -w - | ra -n -r -", 3),
            ("ndpiReader", "ndpiReader", "flows and protocols", f"exec ndpiReader -q -i {file}", 1),
            ("tshark -z conv,tcp", "tshark", "conversations", f"exec tshark -q -z conv,tcp -r {file}", 1),
            ("gopacket, map, RWMutex", str(go), "means, deviations (Go)", f"exec {go} {file}", 1),
            ("NFStream", str(RIVAL_PYTHON), "48 statistics", f"exec {RIVAL_PYTHON} -c '{NFSTREAM}' {file}", 1),
        ]
        hours = [
            ("cicflowmeter (Python)", str(cic), "82 columns", f"exec {RIVAL_PYTHON} {cic} -f {file} -c cic.csv", 1)
        ]
        contenders = []
        for title, program, computes, command, runs in {"A": quick, "small": hours}.get(name, everywhere):
            if shutil.which(program) is None:
                print(f"<!-- {title} is not installed: tools/setup.sh bench -->")
            else:
                contenders.append(Contender(title, computes, command, min(runs, self.runs), self.patience_s))
        return contenders

    def growth(self) -> None:
        """The cost of a packet by the number of open flows, each packet of a flow drawn at random."""
        self.make(["micro"])
        command = [str(self.build / "bench" / "micro"), "--benchmark_filter=^meter/", "--benchmark_format=json"]
        command += [f"--benchmark_repetitions={self.runs}", "--benchmark_enable_random_interleaving=true"]
        report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        medians = {
            int(b["run_name"].split("/")[1]): 1e9 / b["items_per_second"]
            for b in report["benchmarks"]
            if b.get("aggregate_name") == "median"
        }
        least = medians[min(medians)]
        print(
            "\n### Growth with the number of open flows\n\n| open flows | ns a packet | against the fewest |\n|---:|---:|---:|"
        )
        for flows, ns in sorted(medians.items()):
            print(f"| {flows:,} | {ns:.0f} | {ns / least:.2f} |")

    def memory(self) -> None:
        """Bytes that an open flow takes, all included: the peak of the process beyond what it takes without flows."""
        file = self.input("flood")
        flows = self.packets(file)
        empty, full = (self.peak_bytes(self.input("small")), self.peak_bytes(file))
        print(
            f"\n### Memory\n\n{flows:,} flows open at once: {full / 2**20:,.0f} MiB at the peak, {empty / 2**20:,.0f} MiB with "
            f"few: **{(full - empty) / flows:.0f} bytes a flow**, table, records and timers included."
        )

    def peak_bytes(self, file: Path) -> int:
        # By a pipe: the pages of a mapped file would count as the program's.
        command = f"cat {file} | {self.weir} extract -r - --count --max-flows 8000000"
        pid = os.posix_spawn("/bin/sh", ["sh", "-c", f"({command}) >/dev/null 2>&1; exit 0"], os.environ)
        _, _, usage = os.wait4(pid, 0)
        return usage.ru_maxrss * 1024


def machine() -> str:
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}, {date.today()}, load before the run {load:.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--inputs", type=Path, default=ROOT / "build" / "bench-inputs")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="limits,rivals,growth,memory")
    parser.add_argument("--patience", type=float, default=900, help="seconds that a rival may take for one run")
    parser.add_argument("--no-build", action="store_true")
    arguments = parser.parse_args()
    bench = Bench(arguments.build, arguments.inputs, arguments.runs, arguments.patience)
    parts = {"limits": bench.limits, "rivals": bench.rivals, "growth": bench.growth, "memory": bench.memory}
    wanted = arguments.only.split(",")
    if unknown := set(wanted) - set(parts):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; the parts are {', '.join(parts)}")
    if not arguments.no_build:
        bench.make(TARGETS)
    print(machine())
    try:
        for part in wanted:
            parts[part]()
    finally:
        shutil.rmtree(scratch(), ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
