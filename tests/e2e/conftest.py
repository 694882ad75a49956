# SPDX-License-Identifier: Apache-2.0
"""The real program, run as a user runs it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("WEIR_BIN", ROOT / "build" / "weir"))
ADDRESS = re.compile(r"https?://\S+")


@dataclass
class Sensor:
    """A `weir run` that serves: its process, its address, and where its output goes."""

    process: subprocess.Popen[str]
    log: Path
    url: str = ""

    def output(self) -> str:
        return self.log.read_text()

    def get(self, path: str, token: str | None = None) -> bytes:
        request = urllib.request.Request(self.url.rstrip("/") + path)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def json(self, path: str, token: str | None = None):
        return json.loads(self.get(path, token))

    def wait_until(self, what: str, condition: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, f"weir ended before {what}:\n{self.output()}"
            assert time.monotonic() < deadline, f"{what} did not come within {seconds} s:\n{self.output()}"
            time.sleep(0.05)

    def wait_until_finished(self, seconds: float = 60) -> None:
        """Until the file is read and scored, and every detection is in the store."""

        def all_stored() -> bool:
            status = self.json("/api/v1/status")
            detections = status["loss"]["detections"]
            return status["state"] == "finished" and detections["stored"] == detections["total"]

        self.wait_until("the end of the file", all_stored, seconds)

    def stop(self, sign: int = signal.SIGTERM, seconds: float = 15) -> int:
        self.process.send_signal(sign)
        return self.process.wait(seconds)


@pytest.fixture(scope="session")
def program() -> Path:
    assert PROGRAM.exists(), f"{PROGRAM} is not built; `make build` makes it"
    return PROGRAM


@pytest.fixture
def weir(program: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command to its end: weir("extract", "-r", path)."""

    def call(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
        options = {"capture_output": True, "text": True, "timeout": 120} | options
        return subprocess.run([program, *map(str, arguments)], **options)

    return call


@contextlib.contextmanager
def sensors_in(program: Path, folder: Path) -> Iterator[Callable[..., Sensor]]:
    sensors: list[Sensor] = []

    def start(*arguments: object, state_dir: Path | None = None, listen: str = "127.0.0.1:0") -> Sensor:
        log = folder / f"weir-{len(sensors)}.log"
        command = [program, "run", "--listen", listen, "--state-dir", state_dir or folder / "state"]
        with log.open("w") as output:
            process = subprocess.Popen(
                [*map(str, command), *map(str, arguments)], stdout=output, stderr=subprocess.STDOUT, text=True
            )
        sensor = Sensor(process, log)
        sensors.append(sensor)
        sensor.wait_until("its address", lambda: ADDRESS.search(sensor.output()) is not None)
        sensor.url = ADDRESS.search(sensor.output()).group()  # type: ignore[union-attr]
        return sensor

    try:
        yield start
    finally:
        for sensor in sensors:
            with contextlib.suppress(ProcessLookupError):
                sensor.process.kill()
            sensor.process.wait()


@pytest.fixture
def serve(program: Path, tmp_path: Path) -> Iterator[Callable[..., Sensor]]:
    """Starts `weir run` on a free port and gives it back once it says its address; ends it after the test."""
    with sensors_in(program, tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def serve_for_all(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Sensor]]:
    """As serve(), for the tests of a module that only look."""
    with sensors_in(program, tmp_path_factory.mktemp("shared")) as start:
        yield start


@pytest.fixture(scope="session")
def demo() -> Path:
    return ROOT / "demo" / "demo.pcap.zst"


@pytest.fixture(scope="session")
def small() -> Path:
    return ROOT / "demo" / "small"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user may enter, unlike tmp_path."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
