# SPDX-License-Identifier: Apache-2.0
"""`weir run -i` on the loopback of a network namespace of its own, without a way out. Needs root; skipped without."""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IDLE_TIMEOUT_S = 5

# One datagram between the namespace's two addresses; the receiver is there, so that no ICMP error answers.
SEND = """
import socket, sys
port = int(sys.argv[1])
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("198.18.0.2", port))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("198.18.0.1", 0))
sender.sendto(b"hello", ("198.18.0.2", port))
receiver.recv(9)
"""


class LiveSensor:
    """A `weir run` that watches its namespace's loopback."""

    def __init__(self, process: subprocess.Popen[str], log: Path, state_dir: Path) -> None:
        self.process, self.log, self.state_dir = process, log, state_dir

    def inside(self, *command: object) -> None:
        namespace = f"--net=/proc/{self.process.pid}/ns/net"
        subprocess.run(["nsenter", namespace, *map(str, command)], check=True, timeout=30)

    def send(self, port: int) -> None:
        self.inside(sys.executable, "-c", SEND, port)

    def end_reason(self, port: int) -> str | None:
        """How the flow to this port ended, as stored; nothing while it is open, or not there."""
        with contextlib.suppress(sqlite3.OperationalError), sqlite3.connect(self.state_dir / "weir.db") as db:
            row = db.execute("SELECT end_reason FROM detections WHERE dst_port = ?", (port,)).fetchone()
            if row and row[0] != "none":
                return row[0]
        return None

    def wait_for_the_end_of(self, port: int, seconds: float) -> str:
        deadline = time.monotonic() + seconds
        while (reason := self.end_reason(port)) is None:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"the flow to port {port} does not end:\n{self.log.read_text()}"
            time.sleep(0.1)
        return reason


def quick_bundle(folder: Path) -> Path:
    """The default model, as if trained with flows that end sooner."""
    bundle = folder / "quick-model"
    shutil.copytree(ROOT / "models" / "default", bundle)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["contract"]["flow"] |= {"idle_timeout_s": IDLE_TIMEOUT_S, "tick_s": 1}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    return bundle


@pytest.fixture
def live(workers: int, program: Path, tmp_path: Path) -> Iterator[LiveSensor]:
    if os.geteuid() != 0 or shutil.which("nsenter") is None:
        pytest.skip("needs root and nsenter")
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode != 0:
        pytest.skip("no network namespace can be made here")
    links = "ip link set lo up && ip address add 198.18.0.1/32 dev lo && ip address add 198.18.0.2/32 dev lo"
    weir = f"exec {program} run -i lo --log all --workers {workers} --interval 1 --idle-timeout {IDLE_TIMEOUT_S}"
    weir += f" --model {quick_bundle(tmp_path)}"
    log = tmp_path / "weir.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", f"{links} && {weir} --listen 127.0.0.1:0 --state-dir {tmp_path}"],
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    sensor = LiveSensor(process, log, tmp_path)
    try:
        deadline = time.monotonic() + 30
        while not re.search(r"https?://\S+", log.read_text()):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield sensor
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


@pytest.mark.parametrize("workers", [1])
def test_a_flow_on_an_idle_link_ends_in_time_without_another_packet(live):
    live.send(4001)
    sent = time.monotonic()
    assert live.wait_for_the_end_of(4001, seconds=60) == "idle_timeout"
    assert time.monotonic() - sent >= IDLE_TIMEOUT_S - 1


@pytest.mark.parametrize("workers", [2])
def test_a_link_that_goes_down_and_comes_back_is_watched_on_and_the_cost_of_a_packet_is_told(live):
    live.inside("ip", "link", "set", "lo", "down")
    live.inside("ip", "link", "set", "lo", "up")
    live.send(4002)
    assert live.wait_for_the_end_of(4002, seconds=60) == "idle_timeout"
    live.process.send_signal(signal.SIGTERM)
    assert live.process.wait(15) == 0
    summary = live.log.read_text()
    assert "The account adds up." in summary
    assert re.search(r"processor time a packet +[\d,]+ +ns", summary), summary
