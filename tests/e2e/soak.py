#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets weir watch a steady link for a long time, with clients on its stream, and judges whether it stays flat.

    tests/e2e/soak.py --minutes 60
    tests/e2e/soak.py --minutes 15 --packets-per-s 5000 --workers 2 -- --db postgresql://...

The link is a veth pair in a network namespace of the script's own (needs root). The traffic is that of demo/small, browsing, a
port scan and guessed passwords, again and again between other hosts. Clients read the event stream, come and go, and poll the
pages' routes. Memory, descriptors and threads are sampled every 5 s; the first third warms up. Exit code 0: memory grows by less
than 4 MiB or 3 % an hour, threads do not, descriptors only by those of the store's readers, and the account adds up.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import private_link

ROOT = Path(__file__).resolve().parents[2]
MiB = 1024 * 1024
READERS = 6
# The store opens a reader when one is asked for: 4 at most, of 3 descriptors.
MOST_MORE = {"threads": 0, "descriptors": 9}
POLLED = ("/api/v1/status", "/api/v1/incidents?limit=100", "/api/v1/detections?limit=100", "/logs", "/metrics")


@dataclass
class Sample:
    at_s: float
    rss: int
    descriptors: int
    threads: int


@dataclass
class Clients:
    """Those who look on: some stay, one comes and goes, one polls."""

    port: int
    events: int = 0
    answers: int = 0
    late: int = 0
    wrong: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        work = [(self.follow, (3600.0,))] * READERS + [(self.come_and_go, ()), (self.poll, ())]
        for target, arguments in work:
            self.threads.append(threading.Thread(target=target, args=arguments, daemon=True))
            self.threads[-1].start()

    def stop(self) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join(30)

    def follow(self, seconds: float) -> None:
        """Reads the stream, and joins again when it is cut, as a page does."""
        end = time.monotonic() + seconds
        while not self.done.is_set() and time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                connection.request("GET", "/api/v1/stream")
                answer = connection.getresponse()
                while not self.done.is_set() and time.monotonic() < end and (line := answer.readline()):
                    self.events += line.startswith(b"event: ")
                connection.close()

    def come_and_go(self) -> None:
        while not self.done.wait(1):
            self.follow(3)

    def poll(self) -> None:
        for path in itertools.cycle(POLLED):
            if self.done.wait(0.5):
                return
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                connection.close()
                self.answers += 1
                if answer.status != 200:
                    self.wrong.append(f"{path} answers {answer.status}")
            except TimeoutError:
                self.late += 1
            except OSError as error:
                if not self.done.is_set():
                    self.wrong.append(f"{path}: {error}")


def sample(process: int, at_s: float) -> Sample:
    status = Path(f"/proc/{process}/status").read_text()

    def field_of(name: str) -> int:
        found = re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)
        assert found
        return int(found[1])

    return Sample(at_s, field_of("VmRSS") * 1024, len(list(Path(f"/proc/{process}/fd").iterdir())), field_of("Threads"))


def growth_an_hour(samples: list[Sample]) -> float:
    """Theil and Sen's slope of the resident memory: one large step in one sample does not move it."""
    thinned = samples[:: max(1, len(samples) // 200)]
    slopes = [
        (b.rss - a.rss) / (b.at_s - a.at_s) for a, b in itertools.combinations(thinned, 2) if b.at_s - a.at_s > 30
    ]
    return statistics.median(slopes) * 3600 if slopes else 0.0


def judge(samples: list[Sample]) -> tuple[list[str], list[str]]:
    """What was found, and what of it is wrong."""
    warm = samples[len(samples) // 3 :]
    half = len(warm) // 2
    growth = growth_an_hour(warm)
    median = statistics.median(s.rss for s in warm)
    found = [
        f"resident memory: median {median / MiB:.1f} MiB, highest {max(s.rss for s in samples) / MiB:.1f} MiB, "
        f"growing by {growth / MiB:+.2f} MiB an hour ({100 * growth / median:+.2f} %)",
    ]
    wrong = []
    if growth > 4 * MiB and growth > 0.03 * median:
        wrong.append("memory grows")
    for name in ("descriptors", "threads"):
        # The lowest count: one more may be somebody who just came.
        before = min(getattr(s, name) for s in warm[:half])
        after = min(getattr(s, name) for s in warm[half:])
        highest = max(getattr(s, name) for s in warm)
        found.append(f"{name}: {before} before, {after} after, {highest} at most")
        if after > before + MOST_MORE[name]:
            wrong.append(f"{name} grow")
    return found, wrong


def soak(given: argparse.Namespace, folder: Path) -> int:
    command = [given.program, "run", "-i", private_link.WATCHED, "--listen", "127.0.0.1:0", "--state-dir", folder]
    command += ["--workers", given.workers, "--log-requests", "false", *given.more]
    captures = sorted((ROOT / "demo" / "small").glob("*.pcap"))
    log = folder / "weir.log"
    with log.open("w") as output:
        process = subprocess.Popen([*map(str, command)], stdout=output, stderr=subprocess.STDOUT)
    try:
        while not (told := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text())):
            if process.poll() is not None:
                print(log.read_text())
                return 1
            time.sleep(0.1)
        clients = Clients(int(told[1]))
        clients.start()
        samples: list[Sample] = []
        with private_link.Traffic(captures, given.packets_per_s) as traffic:
            begin = time.monotonic()
            while (now := time.monotonic() - begin) < given.minutes * 60 and process.poll() is None:
                samples.append(sample(process.pid, now))
                if len(samples) % 60 == 0:
                    last = samples[-1]
                    print(f"{now / 60:5.1f} min  {last.rss / MiB:.1f} MiB, {last.descriptors} descriptors", flush=True)
                time.sleep(5)
        if process.poll() is None:
            time.sleep(2)
            status = ask(clients.port)
            clients.stop()
            process.send_signal(signal.SIGTERM)
        code = process.wait(30)
    finally:
        process.kill()
        process.wait()
    found, wrong = judge(samples)
    wrong += clients.wrong
    if code != 0:
        wrong.append(f"weir ended with {code}:\n{log.read_text()[-2000:]}")
    else:
        loss = status["loss"]
        found.append(
            f"{traffic.sent:,} packets sent, {loss['packets']['seen']:,} seen, {loss['packets']['kernel_drops']:,} "
            f"dropped; {loss['detections']['stored']:,} rows of detections stored"
        )
        found.append(f"clients: {clients.events:,} events, {clients.answers:,} answers, {clients.late} not within 20 s")
        if clients.late * 1000 > clients.answers:
            wrong.append("answers come late")
        if not loss["balanced"] or "The account adds up." not in log.read_text():
            wrong.append("the account does not add up")
        if loss["packets"]["seen"] + loss["packets"]["kernel_drops"] < traffic.sent:
            wrong.append("packets are missing")
    print(f"{given.minutes:g} minutes at {given.packets_per_s:g} packets/s, {len(samples)} samples")
    print("\n".join(found + [f"WRONG: {what}" for what in wrong]))
    return 1 if wrong else 0


def ask(port: int) -> dict:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/api/v1/status")
    return json.loads(connection.getresponse().read())


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=60)
    arguments.add_argument("--packets-per-s", type=float, default=2000)
    arguments.add_argument("--workers", type=int, default=1)
    arguments.add_argument("--program", type=Path, default=Path(os.environ.get("WEIR_BIN", ROOT / "build" / "weir")))
    arguments.add_argument("more", nargs="*", help="more options of `weir run`, after --")
    given = arguments.parse_args()
    private_link.enter()
    with tempfile.TemporaryDirectory() as folder:
        return soak(given, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
