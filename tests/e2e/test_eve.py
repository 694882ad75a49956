# SPDX-License-Identifier: Apache-2.0
"""Alerts in an EVE file: what the store has, in the form that the schema says, whatever happens to the file."""

import json
import os
import re
import sqlite3
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Draft202012Validator(
    json.loads((ROOT / "docs" / "eve.schema.json").read_text()),
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)


def events(*files: Path) -> list[dict]:
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def told(found: list[dict]) -> set[str]:
    return {event["weir"]["flow_uid"] for event in found}


def anomalous(state_dir: Path) -> set[str]:
    with sqlite3.connect(state_dir / "weir.db") as db:
        rows = db.execute(
            "SELECT flow_uid FROM detections WHERE status = 'anomaly' AND coalesce(suppressed_by, '') = ''"
        )
        return {uid for (uid,) in rows}


def replay(weir, capture: Path, state_dir: Path, *more: object):
    where = ("--state-dir", state_dir, "--listen", "127.0.0.1:0")
    return weir("run", "-r", capture, "--exit-at-end", *where, *more)


def test_each_stored_alert_is_told_and_fits_the_schema(weir, demo, tmp_path):
    eve = tmp_path / "eve" / "eve.json"
    eve.parent.mkdir()
    result = replay(weir, demo, tmp_path / "state", "--eve", eve)
    assert result.returncode == 0, result.stderr
    found = events(eve)
    for event in found:
        SCHEMA.validate(event)
    assert told(found) == anomalous(tmp_path / "state") != set()
    pairs = [(event["weir"]["flow_uid"], event["alert"]["signature_id"]) for event in found]
    assert len(set(pairs)) == len(pairs), "an alert is told once"
    assert f"{len(found):,} alerts written to the EVE file." in result.stdout
    with pytest.raises(Exception, match="not valid under|is not|does not match"):
        SCHEMA.validate(found[0] | {"src_ip": "somewhere"})


def test_a_file_that_is_moved_away_loses_no_alert(serve, demo, tmp_path):
    eve, moved = tmp_path / "eve.json", tmp_path / "moved.json"
    sensor = serve("-r", demo, "--speed", "60", "--eve", eve)
    sensor.wait_until("the first alert", lambda: eve.exists() and eve.stat().st_size > 0)
    eve.rename(moved)
    sensor.wait_until("the file anew", lambda: eve.exists() and eve.stat().st_size > 0)
    assert sensor.stop() == 0
    assert told(events(moved, eve)) == anomalous(tmp_path / "state")


def test_a_folder_that_goes_away_hurts_nothing_but_the_file_and_is_told(serve, demo, tmp_path):
    folder = tmp_path / "eve"
    folder.mkdir()
    sensor = serve("-r", demo, "--eve", folder / "eve.json", "--speed", "60")
    folder.rename(tmp_path / "away")
    sensor.wait_until("the complaint", lambda: "eve.json: No such file or directory; trying again" in sensor.output())
    assert sensor.stop() == 3
    lost = re.search(
        r"alerts written to the EVE file, ([\d,]+) not, which only the store has: EVE file", sensor.output()
    )
    assert lost, sensor.output()
    written = told(events(tmp_path / "away" / "eve.json"))
    assert written <= anomalous(tmp_path / "state")
    assert len(written) + int(lost.group(1).replace(",", "")) >= len(anomalous(tmp_path / "state")) > 0
    assert "The account adds up." in sensor.output()


def test_what_cannot_be_written_is_refused_at_the_start(weir, small, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, says in ((tmp_path / "no" / "eve.json", "No such file or directory"), (pipe, "not a regular file")):
        result = replay(weir, small / "port-scan.pcap", tmp_path / "state", "--eve", path)
        assert result.returncode == 1
        assert result.stderr.strip().splitlines()[-1] == f"weir: EVE file {path}: {says}"
