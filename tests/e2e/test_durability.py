# SPDX-License-Identifier: Apache-2.0
"""What weir has told of is kept, whatever happens to it or to its disk."""

import os
import subprocess
import sys
import time
from pathlib import Path

import private_link
import pytest
from durability import Kills

ROOT = Path(__file__).resolve().parents[2]
DURABILITY = Path(__file__).parent / "durability.py"


def test_a_kill_at_any_moment_loses_no_flow_that_was_told_of_and_doubles_none(program, tmp_path):
    kills = Kills(program, ROOT / "demo" / "small" / "port-scan.pcap", tmp_path, seed=int(time.time()))
    kills.run(4)
    assert not kills.wrong, kills.text()
    assert kills.heard, "no flow was heard of before a kill: the test proves nothing"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_kill_on_a_live_link_loses_only_what_came_after_the_last_checkpoint(workers, program):
    if not private_link.is_possible():
        pytest.skip("needs root and network namespaces")
    command = [sys.executable, DURABILITY, "--program", program, "--live", "--kills", 2, "--workers", workers]
    command += ["--slack", 10]  # beside other tests
    ended = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=200)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture
def small_disk(tmp_path):
    """A file system of the test's own: 4 MiB, growing on demand."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_is_told_and_loses_nothing_once_there_is_room(serve, small, small_disk, weir, tmp_path):
    where = small_disk / "state"
    where.mkdir(mode=0o700)
    filler = small_disk / "filler"
    sensor = serve("-r", small / "port-scan.pcap", "--log", "all", "--speed", "20", state_dir=where)
    with filler.open("wb") as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"x" * 65536)
            file.flush()
    sensor.wait_until("the problem", lambda: not sensor.json("/api/v1/status")["store"]["ok"], 60)
    assert sensor.json("/api/v1/status")["problem"]
    filler.unlink()
    sensor.wait_until_finished(120)
    assert sensor.json("/api/v1/status")["loss"]["balanced"]
    summary = sensor.json("/api/v1/summary")
    assert sensor.stop() == 0

    clean = weir(
        *("run", "-r", small / "port-scan.pcap", "--log", "all", "--exit-at-end", "--listen", "127.0.0.1:0"),
        *("--state-dir", tmp_path / "clean"),
    )
    assert clean.returncode == 0
    again = serve("-r", small / "port-scan.pcap", "--log", "all", state_dir=tmp_path / "clean")
    again.wait_until_finished()
    assert summary["total"] == again.json("/api/v1/summary")["total"]
