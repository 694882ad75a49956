# SPDX-License-Identifier: Apache-2.0
"""A state folder in a bad state: each is told in one sentence, and nothing else is lost."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest


def flows_in(database: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return {uid for (uid,) in connection.execute("SELECT flow_uid FROM detections")}


def waiting(sensor) -> int:
    return sensor.json("/api/v1/status")["loss"]["detections"]["spooled_by_earlier_runs"]


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Nobody else writes or reads meanwhile."""
    with contextlib.closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


@pytest.fixture
def spooled(serve, demo, weir, tmp_path):
    """A state folder whose sensor was killed with most of its detections in the spool, and the flows of a clean replay."""
    clean = tmp_path / "clean"
    ended = weir("run", "-r", demo, "--log", "all", "--exit-at-end", "--listen", "127.0.0.1:0", "--state-dir", clean)
    assert ended.returncode == 0, ended.stderr
    state = tmp_path / "state"
    sensor = serve("-r", demo, "--log", "all", "--speed", "40")

    def detections() -> dict:
        return sensor.json("/api/v1/status")["loss"]["detections"]

    sensor.wait_until("the first flows", lambda: detections()["stored"] > 100)
    # Not until all of it is in the spool: what is still in the queue at a kill was told to nobody.
    with locked(state / "weir.db"):
        sensor.wait_until("the end", lambda: sensor.json("/api/v1/status")["state"] == "finished")
        sensor.wait_until(
            "the spool", lambda: detections()["spooled"] + detections()["stored"] == detections()["total"]
        )
        assert detections()["spooled"] > 1000
        sensor.process.kill()
        sensor.process.wait()
    return state, flows_in(clean / "weir.db")


def test_a_cut_spool_and_a_strange_file_in_it_cost_one_batch(spooled, serve, small):
    state, flows = spooled
    segments = sorted(path for path in (state / "spool").iterdir() if path.name.endswith(".spool"))
    newest = segments[-1]
    with newest.open("r+b") as file:
        file.truncate(newest.stat().st_size - 7)
    foreign = newest.with_name("0000000999.spool")  # a name as weir's own have
    foreign.write_text("mine")

    sensor = serve("-r", small / "port-scan.pcap", "--max-packets", "1")
    sensor.wait_until("what waited", lambda: waiting(sensor) == 0, 120)
    assert sensor.stop() == 0
    found = flows_in(state / "weir.db")
    told = [line for line in sensor.output().splitlines() if line.startswith("weir: ")]
    assert len([line for line in told if f"{foreign} is left as it is" in line]) == 1, told
    assert len([line for line in told if f"the last batch in {newest} was cut short" in line]) == 1, told
    assert len([line for line in told if "an earlier run left in the spool" in line]) == 1, told
    assert foreign.read_text() == "mine"
    # One batch has at most a thousand rows.
    missing = flows - found
    assert 0 < len(missing) <= 1000


def test_a_whole_spool_loses_nothing(spooled, serve, small):
    state, flows = spooled
    sensor = serve("-r", small / "port-scan.pcap", "--max-packets", "1")
    sensor.wait_until("what waited", lambda: waiting(sensor) == 0, 120)
    assert sensor.stop() == 0, sensor.output()
    assert flows <= flows_in(state / "weir.db")


def test_half_a_migration_is_refused_in_a_sentence_and_the_spool_waits(spooled, weir, small):
    state, flows = spooled
    with contextlib.closing(sqlite3.connect(state / "weir.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the file alone is the database
    kept = state.with_name("kept")
    shutil.copytree(state, kept)
    with contextlib.closing(sqlite3.connect(state / "weir.db")) as database:
        database.execute("DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)")
        database.execute("DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)")
        database.commit()
    run = ("run", "-r", small / "port-scan.pcap", "--exit-at-end", "--listen", "127.0.0.1:0", "--state-dir")
    refused = weir(*run, state)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert str(state / "weir.db") in refused.stderr
    left = {path.name: path.read_bytes() for path in (state / "spool").iterdir()}
    assert left == {path.name: path.read_bytes() for path in (kept / "spool").iterdir()}

    # With the right database again, all of it arrives.
    for name in ("weir.db", "weir.db-wal", "weir.db-shm"):
        (state / name).unlink(missing_ok=True)
    shutil.copy(kept / "weir.db", state / "weir.db")
    assert weir(*run, state).returncode == 0
    assert flows <= flows_in(state / "weir.db")
