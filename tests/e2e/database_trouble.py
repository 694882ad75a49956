#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What weir does while its database is in trouble: is packet after packet still taken, and does everything arrive in the end?

    tests/e2e/database_trouble.py                              every kind, for as long as the capture still runs
    tests/e2e/database_trouble.py --only cut --speed 0.5 --outage 600     the network cut for ten minutes

Each kind replays a capture at a steady pace into a database of its own. Trouble begins in the midst, and ends only when all
packets were seen (and --outage seconds are over). Then everything must get into the database: the flows of a replay without
trouble, each once, none lost. Meanwhile packets must be taken at the capture's pace, and memory may grow by 64 MiB at most.

    killed   PostgreSQL dies by SIGKILL, and is started again
    refused  its host refuses connections, and ends those that were there
    cut      the network swallows every byte, without a word
    slow     each answer comes 5 s late
    full     PostgreSQL's disk is full: a tmpfs in a mount namespace of the script's own (needs root)
    file     the same for a SQLite file
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tcp_proxy import Proxy

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = Path("/usr/lib/postgresql/15/bin")
NOBODY = 65534
MiB = 1024 * 1024
MOST_GROWTH = 64 * MiB
CLONE_NEWNS = 0x20000


class Cluster:
    """A PostgreSQL of the script's own, on a free port of loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        if os.geteuid() == 0:
            shutil.chown(folder, NOBODY, NOBODY)
        # Small segments: the log of a cluster on a small disk is a small part of it.
        self.run("initdb", "-D", "data", "-U", "weir", "-A", "trust", "-E", "UTF8", "--no-sync", "--wal-segsize=1")
        self.start()
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "weir", "weir")

    def run(self, program: str, *arguments: str) -> str:
        command = [str(POSTGRES / program), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, **self.as_nobody()).stdout

    def as_nobody(self) -> dict:
        return {"cwd": self.folder} | ({"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {})

    def start(self) -> None:
        # One that was killed leaves sessions behind for a moment; they keep its memory, and so it cannot start.
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder}
        settings |= {"fsync": "off", "shared_buffers": "16MB", "max_wal_size": "4MB", "min_wal_size": "2MB"}
        command = [str(POSTGRES / "postgres"), "-D", "data"]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                with (self.folder / "postgres.log").open("ab") as log:
                    self.process = subprocess.Popen(command, stdout=log, stderr=log, **self.as_nobody())
            with contextlib.suppress(subprocess.CalledProcessError):
                self.run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "weir", "-c", "SELECT 1", "postgres")
                return
            time.sleep(0.2)
        raise RuntimeError((self.folder / "postgres.log").read_text())

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(30)

    def flows(self) -> list[str]:
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "weir", "-At"]
        rows = self.run("psql", *options, "-c", "SELECT flow_uid FROM detections", "weir")
        return [row.replace("-", "") for row in rows.split()]


@dataclass
class Finding:
    kind: str
    outage_s: float = 0.0
    packets_in_outage: int = 0
    longest_stall_s: float = 0.0
    growth: int = 0
    spooled: int = 0
    flows: int = 0
    catch_up_s: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def text(self) -> str:
        line = (
            f"{self.kind:<8} away {self.outage_s:5.1f} s: {self.packets_in_outage:>6,} packets taken meanwhile, longest pause "
            f"{self.longest_stall_s:.1f} s, memory {self.growth / MiB:+.1f} MiB, {self.spooled:,} rows spooled; all {self.flows:,} "
            f"flows stored {self.catch_up_s:.1f} s after it"
        )
        return "\n".join([line, *(f"         WRONG: {what}" for what in self.wrong)])


@dataclass
class Replay:
    """A weir that replays, and what was seen of it."""

    process: subprocess.Popen[str]
    log: Path
    url: str = ""
    seen_at: float = 0.0
    seen: int = 0
    longest_stall_s: float = 0.0
    highest_rss: int = 0

    def status(self) -> dict:
        if self.process.poll() is not None:
            raise RuntimeError(f"weir ended with {self.process.returncode}:\n{self.log.read_text()}")
        with urllib.request.urlopen(self.url + "api/v1/status", timeout=20) as answer:
            status = json.loads(answer.read())
        now, seen = time.monotonic(), status["loss"]["packets"]["seen"]
        if seen > self.seen or status["state"] == "finished":
            self.seen, self.seen_at = seen, now
        elif self.seen > 0:
            self.longest_stall_s = max(self.longest_stall_s, now - self.seen_at)
        self.highest_rss = max(self.highest_rss, status["rss_bytes"])
        return status

    def wait(self, what: str, true: Callable[[dict], bool], seconds: float) -> dict:
        end = time.monotonic() + seconds
        while not true(status := self.status()):
            if time.monotonic() > end:
                raise RuntimeError(f"{what} does not come within {seconds:g} s: {status['loss']} {status['problem']}")
            time.sleep(0.1)
        return status


class Trial:
    def __init__(self, given: argparse.Namespace, folder: Path) -> None:
        self.given, self.folder = given, folder
        self.clean: set[str] = set()

    def command(self, state: Path, database: str, speed: str) -> list[str]:
        where = ["--state-dir", str(state), "--db", database, "--listen", "127.0.0.1:0", "--log-requests", "false"]
        return [str(self.given.program), "run", "-r", str(self.given.read), "--log", "all", "--speed", speed, *where]

    def replay_without_trouble(self) -> None:
        file = self.folder / "clean.db"
        with self.replaying("clean", f"sqlite:{file}", "max") as replay:
            replay.wait("the last flow", is_all_stored, 300)
        self.clean = set(flows_of(file))

    @contextlib.contextmanager
    def replaying(self, kind: str, database: str, speed: str) -> Iterator[Replay]:
        state = self.folder / kind
        log = self.folder / f"{kind}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                self.command(state, database, speed), stdout=output, stderr=subprocess.STDOUT, text=True
            )
        try:
            replay = Replay(process, log)
            end = time.monotonic() + 60
            while not (told := re.search(r"http://\S+", log.read_text())):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(log.read_text())
                time.sleep(0.05)
            replay.url = told[0]
            yield replay
        finally:
            process.kill()
            process.wait()

    def go_through(
        self,
        kind: str,
        database: str,
        begin: Callable[[], None],
        end: Callable[[], None],
        flows: Callable[[], list[str]],
    ) -> Finding:
        finding = Finding(kind)
        try:
            with self.replaying(kind, database, str(self.given.speed)) as replay:
                # Some is in the database by then, and most is still to come.
                replay.wait(
                    "the first flows", lambda s: s["loss"]["detections"]["stored"] > 500, 60 + 300 / self.given.speed
                )
                before = replay.status()
                rss, began = before["rss_bytes"], time.monotonic()
                begin()
                replay.wait("the end of the capture", lambda s: s["state"] == "finished", 120 + 600 / self.given.speed)
                while time.monotonic() - began < self.given.outage:
                    replay.status()
                    time.sleep(0.5)
                after = replay.status()
                finding.outage_s = time.monotonic() - began
                finding.packets_in_outage = after["loss"]["packets"]["seen"] - before["loss"]["packets"]["seen"]
                finding.spooled = after["loss"]["detections"]["spooled"]
                if is_all_stored(after):
                    finding.wrong.append("everything was stored already: the trouble was none, and nothing is proved")
                end()
                healed = time.monotonic()
                replay.wait("the last flow", is_all_stored, 120)
                finding.catch_up_s = time.monotonic() - healed
                finding.longest_stall_s = replay.longest_stall_s
                finding.growth = replay.highest_rss - rss
                if not replay.status()["loss"]["balanced"]:
                    finding.wrong.append("the account does not add up")
                replay.process.send_signal(signal.SIGTERM)
                if replay.process.wait(20) != 0:
                    finding.wrong.append(
                        f"weir ended with {replay.process.returncode}:\n{replay.log.read_text()[-1500:]}"
                    )
                self.compare(flows(), finding)
        except (RuntimeError, subprocess.SubprocessError) as error:
            finding.wrong.append(str(error))
        return finding

    def compare(self, stored: list[str], finding: Finding) -> None:
        finding.flows = len(stored)
        if len(stored) != len(set(stored)):
            finding.wrong.append(f"{len(stored) - len(set(stored))} flows are there twice")
        if set(stored) != self.clean:
            missing, new = len(self.clean - set(stored)), len(set(stored) - self.clean)
            finding.wrong.append(f"{missing} flows are missing, {new} are none of the capture's")
        # The capture itself is quiet for up to 3 s of its own time.
        if finding.longest_stall_s > self.given.longest_pause + 3 / self.given.speed:
            finding.wrong.append(f"no packet was taken for {finding.longest_stall_s:.1f} s")
        if finding.growth > MOST_GROWTH:
            finding.wrong.append(f"memory grew by {finding.growth / MiB:.0f} MiB")

    def run(self, kind: str) -> Finding:
        if kind == "file":
            return self.full_file()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with mounted(folder, 128) if kind == "full" else contextlib.nullcontext():
                cluster = Cluster(folder)
                try:
                    return self.on_a_cluster(kind, cluster)
                finally:
                    cluster.stop()

    def on_a_cluster(self, kind: str, cluster: Cluster) -> Finding:
        def url(port: int) -> str:
            return f"postgresql://weir@127.0.0.1:{port}/weir"

        if kind == "killed":
            return self.go_through(kind, url(cluster.port), cluster.kill, cluster.start, cluster.flows)
        if kind == "full":
            filler = Filler(cluster.folder / "filler")

            def free() -> None:
                filler.remove()
                cluster.start()  # it gives up when it cannot write its log

            return self.go_through(kind, url(cluster.port), filler.fill, free, cluster.flows)
        with Proxy(cluster.port) as proxy:

            def late() -> None:
                proxy.delay_s = 5.0

            begin = {"refused": proxy.refuse, "cut": proxy.swallow, "slow": late}[kind]
            return self.go_through(kind, url(proxy.port), begin, proxy.heal, cluster.flows)

    def full_file(self) -> Finding:
        with tempfile.TemporaryDirectory() as name, mounted(Path(name), 64):
            filler, file = Filler(Path(name) / "filler"), Path(name) / "weir.db"
            return self.go_through("file", f"sqlite:{file}", filler.fill, filler.remove, lambda: flows_of(file))


class Filler:
    """Takes all the room that there is on a disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self) -> None:
        with self.path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    def remove(self) -> None:
        self.path.unlink()


@contextlib.contextmanager
def mounted(folder: Path, mib: int) -> Iterator[None]:
    """A small disk at the folder, that only this process and its children see."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise RuntimeError("no mount namespace can be made here (it needs root)")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def is_all_stored(status: dict) -> bool:
    detections = status["loss"]["detections"]
    return status["state"] == "finished" and detections["stored"] == detections["total"]


def flows_of(database: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute("SELECT flow_uid FROM detections")]


KINDS = ("killed", "refused", "cut", "slow", "full", "file")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", default=",".join(KINDS), help="some of the kinds, with commas")
    arguments.add_argument(
        "--longest-pause", type=float, default=3, help="seconds for which a busy machine may take no packet"
    )
    arguments.add_argument("--outage", type=float, default=0, help="seconds that trouble lasts at least")
    arguments.add_argument("--speed", type=float, default=25, help="of the replay; 25 takes 12 s")
    arguments.add_argument("--read", type=Path, default=ROOT / "demo" / "demo.pcap.zst")
    arguments.add_argument("--program", type=Path, default=Path(os.environ.get("WEIR_BIN", ROOT / "build" / "weir")))
    given = arguments.parse_args()
    kinds = given.only.split(",")
    if unknown := set(kinds) - set(KINDS):
        arguments.error(f"{', '.join(unknown)}: the kinds are {', '.join(KINDS)}")
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(given, Path(folder))
        trial.replay_without_trouble()
        findings = []
        for kind in kinds:
            findings.append(trial.run(kind))
            print(findings[-1].text(), flush=True)
    return 1 if any(finding.wrong for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
