#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills weir by SIGKILL at random moments of a replay, and looks whether what it had told of was kept, and nothing twice.

    tests/e2e/durability.py --kills 200

A listener on the event stream notes each flow that weir tells of. After each kill all of them must be in the database: weir
tells of a flow once it is stored. After the last kill a whole replay into the same state must give exactly the flows of a clean
replay, each once.
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
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Kills:
    program: Path
    capture: Path
    folder: Path
    seed: int = 1
    told: set[str] = field(default_factory=set)
    rounds: int = 0
    wrong: list[str] = field(default_factory=list)

    def command(self, state: str, *more: str) -> list[str]:
        where = ["--listen", "127.0.0.1:0", "--state-dir", str(self.folder / state), "--log", "all"]
        return [str(self.program), "run", "-r", str(self.capture), *where, "--log-requests", "false", *more]

    def whole(self, state: str) -> set[str]:
        ended = subprocess.run(self.command(state, "--exit-at-end"), capture_output=True, text=True, timeout=300)
        assert ended.returncode == 0, ended.stderr
        return self.stored(state)

    def stored(self, state: str) -> set[str]:
        database = self.folder / state / "weir.db"
        if not database.exists():
            return set()
        with contextlib.closing(sqlite3.connect(database)) as connection:
            rows = [row[0] for row in connection.execute("SELECT flow_uid FROM detections")]
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if sound != "ok":
            self.wrong.append(f"the database is damaged: {sound}")
        if len(rows) != len(set(rows)):
            self.wrong.append(f"{len(rows) - len(set(rows))} flows are stored twice")
        return set(rows)

    def kill_once(self, after_s: float, speed: str) -> None:
        """One replay that is killed some time after its first event."""
        with subprocess.Popen(
            self.command("killed", "--speed", speed), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            port = next(int(m.group(1)) for line in process.stdout if (m := re.search(r"127\.0\.0\.1:(\d+)", line)))
            heard: set[str] = set()
            listener = threading.Thread(target=listen, args=(port, heard))
            listener.start()
            time.sleep(after_s)
            process.send_signal(signal.SIGKILL)
            listener.join()
        self.rounds += 1
        self.told |= heard
        missing = self.told - self.stored("killed")
        if missing:
            self.wrong.append(f"round {self.rounds}: {len(missing)} flows that weir had told of are not stored")

    def run(self, kills: int) -> None:
        rng = random.Random(self.seed)
        clean = self.whole("clean")
        for _ in range(kills):
            self.kill_once(rng.uniform(0.05, 1.5), rng.choice(["max", "50", "20"]))
        after = self.whole("killed")
        if after != clean:
            self.wrong.append(
                f"{len(clean - after)} flows are missing and {len(after - clean)} are new after the last replay"
            )

    def text(self) -> str:
        found = [f"{self.rounds} kills, {len(self.told)} flows told of before one, {len(self.wrong)} broken promises"]
        return "\n".join(found + self.wrong)


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
    arguments.add_argument("--read", type=Path, default=ROOT / "demo" / "demo.pcap.zst")
    arguments.add_argument("--program", type=Path, default=Path(os.environ.get("WEIR_BIN", ROOT / "build" / "weir")))
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kills = Kills(given.program, given.read, Path(folder), given.seed)
        kills.run(given.kills)
        print(kills.text())
    return 1 if kills.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
