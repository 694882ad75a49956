# SPDX-License-Identifier: Apache-2.0
"""`weir run` from packets to stored detections: the account adds up, a stop loses nothing, rows are the same at any speed."""

import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

# What a detection says about a flow; without the wall clock of the verdict.
COLUMNS = "hex(flow_uid), flow_id, status, attack_type, score, packets, bytes, last_seen_at, alerted_at, end_reason"
# All that the packets decide: only when it was judged, and the incident's name, which comes of that, are the run's own.
OF_THE_RUN = {"scored_at", "incident_id"}


def stored(state_dir: Path) -> list[tuple]:
    with sqlite3.connect(state_dir / "weir.db") as db:
        return db.execute(f"SELECT {COLUMNS} FROM detections ORDER BY flow_uid").fetchall()


def stored_to_the_last_bit(state_dir: Path) -> list[tuple]:
    with sqlite3.connect(state_dir / "weir.db") as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(detections)")]
        assert set(names) >= {*OF_THE_RUN, "features", "score", "explanation"}
        columns = ", ".join(name for name in names if name not in OF_THE_RUN)
        return db.execute(f"SELECT {columns} FROM detections ORDER BY flow_uid").fetchall()


def account(text: str) -> dict[str, int]:
    """The numbers of the summary by their names."""
    numbers = {}
    for line in text.splitlines():
        words = line.rsplit("  ", 2) if line.startswith("  ") else []
        parts = line.strip().split("  ")
        cells = [part.strip() for part in parts if part.strip()]
        if words and len(cells) >= 2 and cells[1].replace(",", "").isdigit():
            numbers[cells[0]] = int(cells[1].replace(",", ""))
    return numbers


def replay(weir, state_dir: Path, path: Path, *more: object) -> subprocess.CompletedProcess[str]:
    result = weir(
        *("run", "-r", path, "--exit-at-end", "--log", "all", "--state-dir", state_dir, "--listen", "127.0.0.1:0"),
        *more,
    )
    assert result.returncode == 0, result.stderr
    return result


def test_the_demonstration_is_scored_stored_and_accounted_for(weir, demo, tmp_path):
    result = replay(weir, tmp_path, demo)
    text = result.stdout + result.stderr
    assert "The account adds up." in text
    numbers = account(text)
    rejected = sum(count for name, count in numbers.items() if name.startswith("rejected: "))
    assert numbers["packets seen"] == numbers["in flows"] + rejected
    assert numbers["detections"] == numbers["stored"] == numbers["rows"]
    assert len(stored(tmp_path)) == numbers["flows"]


def test_attacks_in_the_demonstration_are_found(weir, demo, tmp_path):
    replay(weir, tmp_path, demo)
    types = {row[3] for row in stored(tmp_path) if row[2] == "anomaly"}
    assert len(types - {"unknown", ""}) >= 3, types


def test_by_default_only_flows_that_matter_are_kept(weir, demo, tmp_path):
    result = weir("run", "-r", demo, "--exit-at-end", "--state-dir", tmp_path, "--listen", "127.0.0.1:0")
    assert result.returncode == 0, result.stderr
    assert {row[2] for row in stored(tmp_path)} <= {"anomaly", "unscored"}
    assert stored(tmp_path)


@pytest.mark.parametrize("speed", ["1", "37.5", "100", "200"])
def test_a_replay_at_a_pace_gives_the_rows_of_a_replay_at_full_speed(weir, small, tmp_path, speed):
    first_seconds = ["--max-packets", 80] if speed == "1" else []
    recorded_s = 4 if first_seconds else 26
    path = small / "port-scan.pcap"
    replay(weir, tmp_path / "max", path, "--speed", "max", *first_seconds)
    began = time.monotonic()
    replay(weir, tmp_path / "paced", path, "--speed", speed, *first_seconds)
    assert time.monotonic() - began > 0.9 * recorded_s / float(speed), "it did not keep to its pace"
    expected = stored_to_the_last_bit(tmp_path / "max")
    assert len(expected) > 5
    assert stored_to_the_last_bit(tmp_path / "paced") == expected


def test_several_workers_store_what_one_stores(weir, demo, tmp_path):
    replay(weir, tmp_path / "one", demo)
    expected = stored_to_the_last_bit(tmp_path / "one")
    for workers in (2, 5):
        result = replay(weir, tmp_path / str(workers), demo, "--workers", workers)
        assert "The account adds up." in result.stdout
        assert stored_to_the_last_bit(tmp_path / str(workers)) == expected


def test_reading_twice_into_one_database_stores_nothing_twice(weir, small, tmp_path):
    replay(weir, tmp_path, small / "port-scan.pcap")
    once = stored(tmp_path)
    replay(weir, tmp_path, small / "port-scan.pcap")
    assert stored(tmp_path) == once


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_in_the_middle_loses_nothing(weir, serve, demo, tmp_path, sign):
    state = tmp_path / "stopped"
    sensor = serve("-r", demo, "--speed", "20", "--log", "all", state_dir=state)
    sensor.wait_until("some packets", lambda: sensor.json("/api/v1/status")["loss"]["packets"]["seen"] > 2000)
    began = time.monotonic()
    assert sensor.stop(sign) == 0
    assert time.monotonic() - began < 10
    assert "The account adds up." in sensor.output()

    packets = account(sensor.output())["packets seen"]
    replay(weir, tmp_path / "same", demo, "--max-packets", packets)
    assert stored(state) == stored(tmp_path / "same")


def test_a_signal_that_comes_twice_at_once_is_one_signal(serve, demo):
    sensor = serve("-r", demo, "--speed", "1")
    sensor.process.send_signal(signal.SIGTERM)
    time.sleep(0.02)
    sensor.process.send_signal(signal.SIGTERM)
    assert sensor.process.wait(15) == 0
    assert "The account adds up." in sensor.output()


def test_the_page_and_the_api_are_served_until_the_signal(serve, small):
    sensor = serve("-r", small / "port-scan.pcap")
    sensor.wait_until_finished()
    assert b"<html" in sensor.get("/").lower() or b"<!doctype" in sensor.get("/").lower()
    assert sensor.json("/api/v1/status")["loss"]["balanced"] is True
    assert sensor.stop() == 0


def test_standard_input_is_read_like_a_file(program, tmp_path, small, weir):
    path = small / "port-scan.pcap"
    with path.open("rb") as capture:
        result = weir(
            *("run", "-r", "-", "--exit-at-end", "--log", "all", "--state-dir", tmp_path / "stdin"),
            *("--listen", "127.0.0.1:0"),
            stdin=capture,
        )
    assert result.returncode == 0, result.stderr
    replay(weir, tmp_path / "file", path)
    assert stored(tmp_path / "stdin") == stored(tmp_path / "file")
