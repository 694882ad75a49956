#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds and runs every kind of test and counts them; the last line is `N passed, N failed, N skipped`.

Counts come from each runner's own JUnit report, never from its text. A kind that reports no test, whose build breaks,
whose runner ends badly without naming a test, or that takes too long counts as one failure: nothing passes by silence.
Full output of each step stays in build/test-reports/.

Two lanes run side by side: the sanitizer builds keep the compiler busy, and the other kinds mostly wait for programs,
browsers and clocks. --one-by-one gives up the time for quiet.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from test_report import Counts, read_junit

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "test-reports"
CORES = os.cpu_count() or 1


@dataclass
class Run:
    """One kind on its way: where its report and log go, and what it came to."""

    name: str
    counts: Counts = field(default_factory=Counts)
    seconds: float = 0.0

    @property
    def report(self) -> Path:
        return REPORTS / f"{self.name}.xml"

    @property
    def log(self) -> Path:
        return REPORTS / f"{self.name}.log"

    def step(self, command: list[str], minutes: float, env: dict[str, str] | None = None) -> str | None:
        """Runs one command, its output in the log; returns None when it ended well, else how it ended."""
        with self.log.open("a") as log:
            print("$", *command, file=log, flush=True)
            try:
                process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env={**os.environ, "NO_COLOR": "1", **(env or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                return f"could not be started: {error}"
            try:
                code = process.wait(minutes * 60)
            except subprocess.TimeoutExpired:
                return f"took longer than {minutes:g} minutes and was ended"
            finally:
                end_group(process.pid)
        return f"ended with {code}" if code else None

    def build(self, *command: str) -> bool:
        """A build step: true when it worked; a broken build is one failure of its kind."""
        trouble = self.step(list(command), minutes=25)
        if trouble:
            self.counts.fail(f"`{' '.join(command)}` {trouble}")
        return trouble is None

    def tests(self, command: list[str], minutes: float, env: dict[str, str] | None = None) -> None:
        """Runs a test runner that writes self.report, and counts what it wrote."""
        trouble = self.step(command, minutes, env)
        self.counts.add(read_junit(self.report))
        if self.counts.total == 0:
            self.counts.fail(f"its runner reported no test{f' and {trouble}' if trouble else ''}")
        elif trouble and self.counts.failed == 0:
            self.counts.fail(f"its runner {trouble} although no test failed")


def end_group(group: int) -> None:
    """Ends what a step left running, be it after a time limit or by a test that forgot a child."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def configure_and_build(run: Run, preset: str, folder: str, *targets: str) -> bool:
    if not (ROOT / folder / "build.ninja").exists() and not run.build("cmake", "--preset", preset):
        return False
    return run.build("nice", "cmake", "--build", folder, "-j", str(CORES), "--target", *targets)


def ctest(run: Run, folder: str, *chosen: str, env: dict[str, str]) -> None:
    # More at once than there are cores: the slowest tests wait for a clock or a peer.
    command = ["ctest", "--test-dir", folder, "--output-junit", str(run.report), "--output-on-failure"]
    command += ["--no-tests=error", "-j", str(2 * CORES), *chosen]
    whole_tests = ROOT / folder / "whole_tests"
    shutil.rmtree(whole_tests, ignore_errors=True)
    run.tests([*without_address_randomisation(), *command], minutes=15, env=env)
    count_whole_programs(run.counts, whole_tests)


def count_whole_programs(counts: Counts, reports: Path) -> None:
    """A program that ctest ran as one test: when it passed there, its own report says how many tests that were.

    A program that skipped all it has, for want of a server, must not read as passed.
    """
    for report in sorted(reports.glob("*.xml")):
        if not any(failure.startswith(report.stem) for failure in counts.failures):
            counts.passed -= 1
            counts.add(read_junit(report))


def without_address_randomisation() -> list[str]:
    """GCC 12's sanitizers cannot map their shadow on kernels that randomise more than 28 bits of an address."""
    setarch = ["setarch", "--addr-no-randomize"]
    try:
        allowed = subprocess.run([*setarch, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    return setarch if allowed else []


def pytest(run: Run, *paths: str, minutes: float = 10) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-ra", "--junit-xml", str(run.report), *paths]
    run.tests(command, minutes, env={"PYTHONPATH": str(ROOT / "python")})


def unit(run: Run) -> None:
    if configure_and_build(run, "dev", "build-asan", "unit_tests"):
        leaks = f"suppressions={ROOT / 'tests' / 'lsan.supp'}:print_suppressions=0"
        ctest(run, "build-asan", env={"ASAN_OPTIONS": "detect_stack_use_after_return=1", "LSAN_OPTIONS": leaks})


def threads(run: Run) -> None:
    if configure_and_build(run, "tsan", "build-tsan", "tsan_tests"):
        ctest(run, "build-tsan", "-L", "tsan", env={"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1"})


def e2e(run: Run) -> None:
    if run.build("make", "build"):
        pytest(run, "tests/e2e")


def python(run: Run) -> None:
    pytest(run, "python")


def lab(run: Run) -> None:
    pytest(run, "lab")


def web(run: Run) -> None:
    vitest = ["npm", "--prefix", "web", "test", "--", "--reporter=default", "--reporter=junit"]
    run.tests([*vitest, f"--outputFile.junit={run.report}"], minutes=10)


def browser(run: Run) -> None:
    if run.build("make", "build"):
        vitest = ["npm", "--prefix", "web", "run", "e2e", "--", "--reporter=default", "--reporter=junit"]
        run.tests([*vitest, f"--outputFile.junit={run.report}"], minutes=10)


def setup(run: Run) -> None:
    pytest(run, "tests/setup", "tests/tools")


def check(run: Run) -> None:
    if run.build("make", "build"):
        run.tests([sys.executable, "tools/check.py", "--junit-xml", str(run.report)], minutes=10)


@dataclass(frozen=True)
class Kind:
    name: str
    title: str
    execute: Callable[[Run], None]
    compiles: bool = False  # the lane: most of its time goes to the compiler


KINDS = [
    Kind("setup", "set-up and tools", setup),
    Kind("check", "format, lint, types, layers", check),
    Kind("unit", "C++ unit, ASan and UBSan", unit, compiles=True),
    Kind("threads", "C++ threads, TSan", threads, compiles=True),
    Kind("e2e", "the program, end to end", e2e),
    Kind("python", "Python package", python),
    Kind("lab", "lab", lab),
    Kind("web", "dashboard, unit", web),
    Kind("browser", "dashboard in Chromium", browser),
]


def execute(kind: Kind) -> Run:
    run = Run(kind.name)
    run.log.unlink(missing_ok=True)
    run.report.unlink(missing_ok=True)
    started = time.monotonic()
    kind.execute(run)
    run.seconds = time.monotonic() - started
    # In one piece, since another lane may have something to say at the same time.
    print("".join(f"{line}\n" for line in outcome(kind, run)), end="", flush=True)
    return run


def outcome(kind: Kind, run: Run) -> list[str]:
    lines = [f"{kind.title}: {run.counts} in {run.seconds:.0f} s"]
    lines += [f"  FAILED  {failure}" for failure in run.counts.failures]
    lines += [f"  skipped {skip}" for skip in run.counts.skips]
    if run.counts.failed:
        lines.append(f"  see {os.path.relpath(run.log, ROOT)}")
    return lines


def execute_all(kinds: list[Kind], one_by_one: bool) -> list[Run]:
    """The runs in the order of `kinds`."""
    if one_by_one:
        return [execute(kind) for kind in kinds]
    lanes = [[kind for kind in kinds if kind.compiles is compiles] for compiles in (True, False)]
    with ThreadPoolExecutor(len(lanes)) as pool:
        runs = [run for lane in pool.map(lambda lane: [execute(kind) for kind in lane], lanes) for run in lane]
    return sorted(runs, key=lambda run: [kind.name for kind in kinds].index(run.name))


def print_table(kinds: list[Kind], runs: list[Run]) -> None:
    print(f"\n{'kind':<28}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for kind, run in zip(kinds, runs, strict=True):
        counts = run.counts
        print(f"{kind.title:<28}{counts.passed:>8}{counts.failed:>8}{counts.skipped:>9}{run.seconds:>9.0f}")


def main() -> int:
    names = ", ".join(kind.name for kind in KINDS)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", nargs="*", help=f"run only these: {names}")
    parser.add_argument("--one-by-one", action="store_true", help="no two kinds at the same time")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.kind if name not in {kind.name for kind in KINDS}]
    if unknown:
        parser.error(f"no kind of test is called {unknown[0]!r}; there are {names}")

    REPORTS.mkdir(parents=True, exist_ok=True)
    kinds = [kind for kind in KINDS if not arguments.kind or kind.name in arguments.kind]
    print(f"running: {', '.join(kind.title for kind in kinds)}", flush=True)
    started = time.monotonic()
    runs = execute_all(kinds, arguments.one_by_one)
    print_table(kinds, runs)
    print(f"in {time.monotonic() - started:.0f} s")
    total = Counts()
    for run in runs:
        total.add(run.counts)
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
