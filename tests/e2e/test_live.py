# SPDX-License-Identifier: Apache-2.0
"""`weir run -i` on the loopback of a network namespace of its own, without a way out. Needs root; skipped without."""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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


# The frames of a capture onto the loopback, eight times as fast as they were recorded.
PLAY = """
import socket, struct, sys, time
raw = open(sys.argv[1], "rb").read()
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("lo", 0))
at, began, first = 24, time.monotonic(), None
while at < len(raw):
    seconds, micros, held, _ = struct.unpack_from("<IIII", raw, at)
    when = (seconds + micros / 1e6) / 8
    first = when if first is None else first
    time.sleep(max(0, when - first - (time.monotonic() - began)))
    out.send(raw[at + 16 : at + 16 + held])
    at += 16 + held
"""


def counted(state_dir: Path) -> dict[tuple, tuple]:
    """What of each flow does not hang on the clock: its packets and bytes, and the features that count them."""
    inputs = json.loads((ROOT / "models" / "default" / "manifest.json").read_text())["contract"]["features"]
    counts = re.compile(
        r"(?!src|dst|pair|service|subflow|early).*(_packets|_payload_bytes|_l4_header_bytes|_data_packets)"
    )
    places = [place for place, name in enumerate(inputs) if counts.fullmatch(name)]
    assert len(places) > 20
    with sqlite3.connect(state_dir / "weir.db") as db:
        rows = db.execute(
            "SELECT src_ip, src_port, dst_ip, dst_port, protocol, packets, bytes, features FROM detections"
        )
        flows = {}
        for *key, packets, size, features in rows:
            values = struct.unpack(f"<{len(inputs)}f", features)
            assert tuple(key) not in flows
            flows[tuple(key)] = (packets, size, *(values[place] for place in places))
        return flows


@pytest.mark.parametrize("workers", [1, 2])
def test_packets_on_a_link_give_the_flows_that_they_give_in_a_file(live, program, small, tmp_path):
    capture, state = small / "port-scan.pcap", tmp_path / "file"
    command = [program, "run", "-r", capture, "--exit-at-end", "--log", "all", "--state-dir", state]
    subprocess.run([*command, "--listen", "127.0.0.1:0"], check=True, capture_output=True, timeout=60)
    expected = counted(state)
    assert len(expected) > 200
    live.inside(sys.executable, "-c", PLAY, capture)
    live.process.send_signal(signal.SIGTERM)
    assert live.process.wait(30) == 0, live.log.read_text()
    assert counted(live.state_dir) == expected


# A datagram each 50 ms for as long as it is let live, always between the same ports.
TALK = """
import socket, time
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("198.18.0.2", 4003))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("198.18.0.1", 40003))
while True:
    sender.sendto(b"hello", ("198.18.0.2", 4003))
    receiver.recv(9)
    time.sleep(0.05)
"""


class Talk:
    """A namespace of its own, in which one flow goes on while sensors come and go."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.log = folder / "weir.log"
        links = "ip link set lo up && ip address add 198.18.0.1/32 dev lo && ip address add 198.18.0.2/32 dev lo"
        self.talker = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", f"{links} && exec {sys.executable} -c '{TALK}'"]
        )
        self.sensor: subprocess.Popen[bytes] | None = None
        self.bundle = quick_bundle(folder)
        # Before that it is still in our own namespace, and a sensor that joined it would be too.
        deadline = time.monotonic() + 30
        while not Path(f"/proc/{self.talker.pid}/cmdline").read_bytes().startswith(sys.executable.encode()):
            assert self.talker.poll() is None, "the talk ended"
            assert time.monotonic() < deadline, "the talk does not begin"
            time.sleep(0.02)

    def start(self) -> None:
        weir = [self.program, "run", "-i", "lo", "--log", "all", "--interval", "1", "--model", self.bundle]
        weir += ["--idle-timeout", IDLE_TIMEOUT_S, "--checkpoint-interval", "0.3", "--listen", "127.0.0.1:0"]
        with self.log.open("w") as output:
            self.sensor = subprocess.Popen(
                ["nsenter", f"--net=/proc/{self.talker.pid}/ns/net", *map(str, weir), "--state-dir", self.folder],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.wait_until("it runs", lambda: "Open http" in self.log.read_text())

    def wait_until(self, what: str, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 40
        while not true():
            assert self.sensor is not None
            assert self.sensor.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"{what} does not come:\n{self.log.read_text()}"
            time.sleep(0.05)

    def stored(self) -> dict[str, int]:
        """The packets of each flow of the talk, by its uid."""
        with contextlib.suppress(sqlite3.OperationalError), sqlite3.connect(self.folder / "weir.db") as db:
            return dict(db.execute("SELECT flow_uid, packets FROM detections WHERE dst_port = 4003"))
        return {}

    def wait_for_more_packets(self, count: int) -> None:
        before = sum(self.stored().values())
        self.wait_until("another row of the flow", lambda: sum(self.stored().values()) >= before + count)

    def end(self, how: signal.Signals) -> int:
        assert self.sensor is not None
        self.sensor.send_signal(how)
        return self.sensor.wait(15)

    def close(self) -> None:
        for process in filter(None, (self.sensor, self.talker)):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()


@pytest.fixture
def talk(program: Path, tmp_path: Path) -> Iterator[Talk]:
    if os.geteuid() != 0 or shutil.which("nsenter") is None:
        pytest.skip("needs root and nsenter")
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode != 0:
        pytest.skip("no network namespace can be made here")
    talk = Talk(program, tmp_path)
    try:
        yield talk
    finally:
        talk.close()


def test_an_open_flow_goes_on_over_a_kill_and_over_a_stop(talk):
    talk.start()
    checkpoint = talk.folder / "checkpoint"
    talk.wait_for_more_packets(20)
    talk.wait_until("a checkpoint", checkpoint.exists)
    taken = checkpoint.stat().st_mtime
    talk.wait_until("another checkpoint", lambda: checkpoint.exists() and checkpoint.stat().st_mtime > taken)
    talk.end(signal.SIGKILL)
    before = talk.stored()
    assert len(before) == 1

    talk.start()
    told = re.search(
        r"took up (\d+) open flows and \d+ hosts .*; the (\d+) packets of the ([\d.]+) s .* are missing in flows",
        talk.log.read_text(),
    )
    assert told, talk.log.read_text()
    assert int(told[1]) == 1
    assert float(told[3]) < 10
    talk.wait_for_more_packets(20)
    assert talk.stored().keys() == before.keys(), "another flow began after the kill"
    assert talk.end(signal.SIGTERM) == 0
    assert re.search(r"  taken up besides +1 ", talk.log.read_text()), talk.log.read_text()
    assert re.search(r"  open +1 +saved for the next start", talk.log.read_text())
    assert "The account adds up." in talk.log.read_text()

    talk.start()
    assert re.search(r"took up 1 open flows .*, when weir stopped\.", talk.log.read_text()), talk.log.read_text()
    talk.wait_for_more_packets(20)
    assert talk.stored().keys() == before.keys(), "another flow began after the stop"
    assert talk.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:-9]), "it is cut short"),
        (lambda file: file.write_bytes(b"not ours"), "it is no checkpoint of weir"),
        (lambda file: file.write_bytes(file.read_bytes()[:400] + b"!" + file.read_bytes()[401:]), "it is damaged"),
    ],
    ids=["cut", "foreign", "damaged"],
)
def test_a_bad_checkpoint_is_refused_in_a_sentence_and_the_one_before_is_taken_up(talk, damage, why):
    talk.start()
    checkpoint, before = talk.folder / "checkpoint", talk.folder / "checkpoint.before"
    talk.wait_for_more_packets(20)
    talk.wait_until("two checkpoints", lambda: before.exists() and checkpoint.exists())
    assert talk.end(signal.SIGTERM) == 0
    damage(checkpoint)
    talk.start()
    log = talk.log.read_text()
    assert f"{checkpoint} cannot be taken up: {why}; it is kept as checkpoint.refused." in log, log
    assert "took up 1 open flows" in log, log
    assert (talk.folder / "checkpoint.refused").exists()
    assert talk.end(signal.SIGTERM) == 0


def test_a_disk_that_takes_no_checkpoint_is_told_and_hurts_nothing_else(talk):
    (talk.folder / "checkpoint.new").mkdir()  # in the way of the file
    (talk.folder / "checkpoint.new" / "foreign").touch()
    talk.start()
    talk.wait_for_more_packets(20)
    assert talk.end(signal.SIGTERM) == 3
    log = talk.log.read_text()
    assert "Note: no checkpoint was taken: cannot begin it: Is a directory." in log, log
    assert "The account adds up." in log
    assert (talk.folder / "checkpoint.new" / "foreign").exists()
