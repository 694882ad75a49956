#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills weir by SIGKILL at random moments, and looks whether what it had told of was kept, and nothing twice.

    tests/e2e/durability.py --kills 200                  of replays, each into a state folder of its own
    tests/e2e/durability.py --kills 200 --workers 2
    tests/e2e/durability.py --kills 200 --one-folder     all into one, so that kills add up
    tests/e2e/durability.py --kills 50 --live            of a live link, with checkpoints (needs root)

A listener on the event stream notes each flow that weir tells of. After each kill all of them must be in the database: weir
tells of a flow once it is stored. Then weir starts again in the same folder.

Of a replay: it reads the file once more to its end, and exactly the flows of a clean replay must be there, each once.

On a link (a veth pair in a network namespace of the script's own, steady traffic): it takes up the checkpoint, and says how many
packets of how many seconds are missing in flows; these seconds must be less than the interval and two more. It is then stopped in
order, and all packets that were in flows before the kill, but for those missing, and all since the second start must be in the
flows of the database.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import private_link

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT_S = 2.0
PACKETS_PER_S = 1500
NOTED_EVERY_S = 0.2  # how far the progress was, for the account of the next start


@dataclass
class Kills:
    program: Path
    capture: Path
    folder: Path
    seed: int = 1
    workers: int = 1
    one_folder: bool = False
    told: set[str] = field(default_factory=set)
    rounds: int = 0
    heard: int = 0
    wrong: list[str] = field(default_factory=list)

    def command(self, state: str, *more: str) -> list[str]:
        where = ["--listen", "127.0.0.1:0", "--state-dir", str(self.folder / state), "--log", "all"]
        read = ["-r", str(self.capture), "--workers", str(self.workers)]
        return [str(self.program), "run", *read, *where, "--log-requests", "false", *more]

    def whole(self, state: str) -> set[str]:
        ended = subprocess.run(self.command(state, "--exit-at-end"), capture_output=True, text=True, timeout=300)
        assert ended.returncode == 0, ended.stderr
        return self.stored(state)

    def stored(self, state: str) -> set[str]:
        rows = [row[0] for row in rows_of(self.folder / state, "SELECT flow_uid FROM detections", self.wrong)]
        if len(rows) != len(set(rows)):
            self.wrong.append(f"{len(rows) - len(set(rows))} flows are stored twice")
        return set(rows)

    def kill_once(self, state: str, after_s: float, speed: str) -> None:
        """One replay that is killed some time after its first event."""
        with started(self.command(state, "--speed", speed)) as (process, port):
            heard, listener = listening(port)
            time.sleep(after_s)
            process.send_signal(signal.SIGKILL)
            listener.join()
        self.rounds += 1
        self.heard += len(heard)
        self.told |= heard
        missing = self.told - self.stored(state)
        if missing:
            self.wrong.append(f"round {self.rounds}: {len(missing)} flows that weir had told of are not stored")

    def run(self, kills: int) -> None:
        rng = random.Random(self.seed)
        clean = self.whole("clean")
        for number in range(kills):
            state = "killed" if self.one_folder else f"killed-{number}"
            if not self.one_folder:
                self.told = set()
            self.kill_once(state, rng.uniform(0.05, 1.5), rng.choice(["max", "50", "20"]))
            if self.one_folder and number + 1 < kills:
                continue
            after = self.whole(state)
            if after != clean:
                self.wrong.append(
                    f"round {self.rounds}: {len(clean - after)} flows are missing and {len(after - clean)} are new after "
                    "a whole replay"
                )
            if not self.one_folder:
                remove(self.folder / state)

    def text(self) -> str:
        found = [f"{self.rounds} kills, {self.heard} flows told of before one, {len(self.wrong)} broken promises"]
        return "\n".join(found + self.wrong)


@dataclass
class LiveKills:
    program: Path
    folder: Path
    seed: int = 1
    workers: int = 1
    slack_s: float = 2.0
    rounds: int = 0
    heard: int = 0
    without_checkpoint: int = 0
    missing_s: list[float] = field(default_factory=list)
    missing_packets: list[int] = field(default_factory=list)
    in_flows: int = 0
    wrong: list[str] = field(default_factory=list)

    def command(self, state: Path) -> list[str]:
        where = ["--listen", "127.0.0.1:0", "--state-dir", str(state), "--log", "all", "--log-requests", "false"]
        where += ["--checkpoint-interval", str(CHECKPOINT_S), "--workers", str(self.workers)]
        return [str(self.program), "run", "-i", private_link.WATCHED, *where]

    def run(self, kills: int) -> None:
        rng = random.Random(self.seed)
        captures = sorted((ROOT / "demo" / "small").glob("*.pcap"))
        with private_link.Traffic(captures, PACKETS_PER_S):
            for number in range(kills):
                state = self.folder / f"live-{number}"
                self.kill_once(state, rng.uniform(0.1, 4 * CHECKPOINT_S))
                remove(state)

    def kill_once(self, state: Path, after_s: float) -> None:
        self.rounds += 1
        with started(self.command(state)) as (process, port):
            heard, listener = listening(port)
            time.sleep(after_s)
            before = packets_in_flows(port)
            process.send_signal(signal.SIGKILL)
            listener.join()
        self.heard += len(heard)
        missing = heard - {row[0] for row in rows_of(state, "SELECT flow_uid FROM detections", self.wrong)}
        if missing:
            self.say(f"{len(missing)} flows that weir had told of are not stored")

        log = state / "second.log"
        with started(self.command(state), log) as (process, port):
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
            if process.wait(20) != 0:
                self.say(f"the second start ended with {process.returncode}")
        self.account(state, after_s, before, log.read_text())

    def account(self, state: Path, after_s: float, before: int, log: str) -> None:
        told = re.search(r"the (\d+) packets of the ([\d.]+) s .* are missing in flows", log)
        since = re.search(r"in flows +([\d,]+)", log)
        if since is None or "The account adds up." not in log:
            self.say(f"the account of the second start is none:\n{log}")
            return
        if told:
            self.missing_packets.append(int(told[1]))
            self.missing_s.append(float(told[2]))
            if self.missing_s[-1] > CHECKPOINT_S + self.slack_s:
                self.say(f"{told[2]} s are missing, the interval is {CHECKPOINT_S:g} s")
        else:
            self.without_checkpoint += 1  # killed before the first one
            if after_s > 2 * CHECKPOINT_S + self.slack_s:
                self.say(f"killed after {after_s:.1f} s, and there is no checkpoint")
        flows = rows_of(state, "SELECT flow_uid, packets FROM detections", self.wrong)
        if len(flows) != len({uid for uid, _ in flows}):
            self.say("flows are stored twice")
        stored = sum(packets for _, packets in flows)
        noted = int((2 * NOTED_EVERY_S + max(0.0, self.slack_s - 2) / 2) * PACKETS_PER_S)
        least = int(since[1].replace(",", "")) + (before - int(told[1]) - noted if told else 0)
        self.in_flows += stored
        if stored < least:
            self.say(f"flows in the database have {stored} packets, and should have {least} at least")

    def say(self, what: str) -> None:
        self.wrong.append(f"round {self.rounds}: {what}")

    def text(self) -> str:
        found = [
            f"{self.rounds} kills on a live link, {self.heard} flows told of before one, {self.in_flows:,} packets in flows; "
            f"{self.without_checkpoint} before the first checkpoint, {len(self.wrong)} broken promises"
        ]
        if self.missing_s:
            found.append(
                f"missing in flows by the next start's account: median {statistics.median(self.missing_s):.1f} s, at most "
                f"{max(self.missing_s):.1f} s; at most {max(self.missing_packets):,} packets (a checkpoint each {CHECKPOINT_S:g} s, "
                f"{PACKETS_PER_S} packets/s)"
            )
        return "\n".join(found + self.wrong)


@contextlib.contextmanager
def started(command: list[str], log: Path | None = None) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A weir that runs, and its port; killed at the end if it still does. With a log, all that it says goes there."""
    output = log.open("w") if log else subprocess.PIPE
    with subprocess.Popen(command, stdout=output, stderr=output if log else subprocess.DEVNULL, text=True) as process:
        try:
            if log is None:
                assert process.stdout is not None
                found = next(m for line in process.stdout if (m := re.search(r"127\.0\.0\.1:(\d+)", line)))
            else:
                end = time.monotonic() + 60
                while (told := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text())) is None:
                    assert process.poll() is None and time.monotonic() < end, log.read_text()
                    time.sleep(0.02)
                found = told
            yield process, int(found[1])
        finally:
            process.kill()


def rows_of(state: Path, query: str, wrong: list[str]) -> list[tuple]:
    if not (state / "weir.db").exists():
        return []
    with contextlib.closing(sqlite3.connect(state / "weir.db")) as connection:
        rows = connection.execute(query).fetchall()
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if sound != "ok":
        wrong.append(f"the database is damaged: {sound}")
    return rows


def remove(folder: Path) -> None:
    subprocess.run(["rm", "-r", str(folder)], check=True)


def packets_in_flows(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/api/v1/status")
    return json.loads(connection.getresponse().read())["loss"]["packets"]["in_flows"]


def listening(port: int) -> tuple[set[str], threading.Thread]:
    heard: set[str] = set()
    listener = threading.Thread(target=listen, args=(port, heard))
    listener.start()
    return heard, listener


def listen(port: int, heard: set[str]) -> None:
    """Notes every flow until the connection breaks."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/api/v1/stream", headers={"Last-Event-ID": "0-0"})
        answer = connection.getresponse()
        detection = False
        while line := answer.readline().decode():
            if line.startswith("event: "):
                detection = line.strip() == "event: detection"
            # A line that was cut by the kill was not told.
            if detection and line.startswith("data: ") and line.endswith("\n"):
                heard.add(json.loads(line[6:])["flow_uid"])


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--workers", type=int, default=1)
    arguments.add_argument("--one-folder", action="store_true", help="all kills into one state folder")
    arguments.add_argument("--live", action="store_true", help="kill a sensor on a link instead of a replay")
    arguments.add_argument(
        "--slack", type=float, default=2, help="seconds that a checkpoint may be late on this machine (with --live)"
    )
    arguments.add_argument("--read", type=Path, default=ROOT / "demo" / "demo.pcap.zst")
    arguments.add_argument("--program", type=Path, default=Path(os.environ.get("WEIR_BIN", ROOT / "build" / "weir")))
    given = arguments.parse_args()
    kills: Kills | LiveKills
    with tempfile.TemporaryDirectory() as folder:
        if given.live:
            private_link.enter()
            kills = LiveKills(given.program, Path(folder), given.seed, given.workers, given.slack)
        else:
            kills = Kills(given.program, given.read, Path(folder), given.seed, given.workers, given.one_folder)
        kills.run(given.kills)
        print(kills.text())
    return 1 if kills.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
