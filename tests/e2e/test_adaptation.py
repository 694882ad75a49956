# SPDX-License-Identifier: Apache-2.0
"""A threshold that follows slow drift: over a day of quiet traffic, over a restart, and never unasked for a file."""

import importlib.util
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

RUN = ("--exit-at-end", "--listen", "127.0.0.1:0")
STEP = re.compile(r"the threshold goes from (\S+) to (\S+), one step looser, as \d+ rows of 24 calm hours ask for")
ROOT = Path(__file__).resolve().parents[2]


def wire_module():
    spec = importlib.util.spec_from_file_location("wire", ROOT / "tests" / "pcaps" / "wire.py")
    assert spec and spec.loader
    wire = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(wire)
    return wire


def packets(wire, hours: int) -> Iterator[tuple[int, bytes]]:
    """Fifteen hosts that look a name up every four minutes, and get an answer."""
    for minute in range(hours * 60):
        for host in range(minute % 4, 15, 4):
            at = 1_760_000_000_000_000 + minute * 60_000_000 + host * 3_000_000
            client, port = f"198.18.1.{host + 1}", 20_000 + minute
            question = wire.udp(port, 53, bytes(30 + host))
            answer = wire.udp(53, port, bytes(90 + 3 * host))
            yield at, wire.ethernet(0x0800, wire.ipv4(client, "198.18.2.53", 17, question))
            yield at + 11_000 + host, wire.ethernet(0x0800, wire.ipv4("198.18.2.53", client, 17, answer))


@pytest.fixture(scope="module")
def day(tmp_path_factory) -> Path:
    """26 hours of it."""
    wire = wire_module()
    path = tmp_path_factory.mktemp("day") / "day.pcap"
    path.write_bytes(wire.pcap(packets(wire, 26)))
    return path


def test_a_quiet_day_moves_the_threshold_a_step_and_all_of_it_is_told(weir, serve, day, tmp_path):
    done = weir("run", "-r", day, "--adapt", "always", "--log", "all", "--state-dir", tmp_path, *RUN)
    assert done.returncode == 0, done.stderr
    told = STEP.search(done.stderr)
    assert told, done.stderr
    was, becomes = float(told[1]), float(told[2])
    shipped = json.loads(weir("model", "inspect", "--json").stdout)
    assert was == pytest.approx(shipped["threshold"], abs=1e-3)
    assert 0 < becomes - was < 0.5, "a small step towards the floor"
    with sqlite3.connect(tmp_path / "weir.db") as db:
        judged = dict(db.execute("SELECT model_version, COUNT(*) FROM detections GROUP BY 1").fetchall())
        thresholds = dict(db.execute("SELECT version, threshold FROM models").fetchall())
    before, after = sorted(judged)
    assert before == f"{shipped['name']}@{shipped['version']}"
    assert after.startswith(before + "+adapted.")
    assert judged[before] > judged[after] > 100
    assert thresholds[after] == pytest.approx(becomes, abs=1e-3)
    assert f"threshold {told[1]} -> {told[2]}, model {after}" in (tmp_path / "audit.jsonl").read_text()

    sensor = serve("-r", day, "--max-packets", "100", "--adapt", "always", state_dir=tmp_path)
    sensor.wait_until_finished()
    model = sensor.json("/api/v1/status")["model"]
    assert model["version"] == after, "a restart goes on"
    assert model["adaptation"]["changes"] == 1
    assert model["adaptation"]["base_threshold"] < model["threshold"]
    assert model["adaptation"]["sentence"].startswith(f"threshold {told[2]}, set to {told[1]}, last moved 2025-10-10")


def test_a_damaged_memory_is_told_in_a_sentence_and_the_threshold_is_the_one_that_was_set(weir, serve, day, tmp_path):
    (tmp_path / "adaptation").write_text("weir-adaptation 00000000\n{}")
    sensor = serve("-r", day, "--max-packets", "100", "--adapt", "always", state_dir=tmp_path)
    sensor.wait_until_finished()
    assert "what the threshold had learnt is not taken up" in sensor.output()
    assert "it is damaged" in sensor.output()
    model = sensor.json("/api/v1/status")["model"]
    assert "adapted" not in model["version"]
    assert model["threshold"] == model["adaptation"]["base_threshold"]


def test_a_file_does_not_move_the_threshold_unless_asked(serve, day, tmp_path):
    sensor = serve("-r", day, "--max-packets", "100", state_dir=tmp_path)
    sensor.wait_until_finished()
    assert sensor.json("/api/v1/status")["model"]["adaptation"] is None
    assert not (tmp_path / "adaptation").exists()


def test_a_wrong_choice_is_told_with_those_there_are(weir, day, tmp_path):
    done = weir("run", "-r", day, "--adapt", "often", "--state-dir", tmp_path, *RUN)
    assert done.returncode != 0
    assert 'scoring.adapt = "often" is not one of live|always|off' in done.stderr
