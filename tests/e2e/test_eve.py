# SPDX-License-Identifier: Apache-2.0
"""Events in an EVE file: what the store has, in the form that the schema says, whatever happens to the file."""

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
    assert f"{len(found):,} events told to the EVE file {eve}." in result.stdout
    with pytest.raises(Exception, match="not valid under|is not|does not match"):
        SCHEMA.validate(found[0] | {"src_ip": "somewhere"})


def test_flows_and_stats_fit_the_schema_and_agree_with_the_account(serve, demo, tmp_path):
    eve = tmp_path / "eve.json"
    config = tmp_path / "weir.toml"
    config.write_text(
        f'[[sink]]\nname = "all"\nkind = "eve-file"\npath = "{eve}"\nevents = ["alert", "anomaly", "flow", "stats"]\n'
    )
    sensor = serve("-r", demo, "--config", config)
    sensor.wait_until_finished()
    sensor.wait_until("the flows", lambda: sensor.json("/api/v1/status")["sinks"][0]["waiting"] == 0)
    status = sensor.json("/api/v1/status")
    assert sensor.stop() == 0, sensor.output()
    found = events(eve)
    by_type: dict[str, list[dict]] = {}
    for event in found:
        by_type.setdefault(event["event_type"], []).append(event)
    for some in by_type.values():
        for event in some[:: max(1, len(some) // 100)]:  # of each kind a hundred: the validator is slow
            SCHEMA.validate(event)
    flows = {event["weir"]["flow_uid"]: event for event in by_type["flow"]}
    assert len(flows) == len(by_type["flow"]) == status["loss"]["flows"]["ended"], "each flow ends once"
    packets = sum(e["flow"]["pkts_toserver"] + e["flow"]["pkts_toclient"] for e in by_type["flow"])
    assert packets == status["loss"]["packets"]["in_flows"]
    assert any(event["flow"]["bytes_toclient"] > event["flow"]["bytes_toserver"] for event in by_type["flow"])
    alerted = {uid for uid, event in flows.items() if event["flow"]["alerted"]}
    assert alerted == anomalous(tmp_path / "state") == told(by_type["alert"] + by_type.get("anomaly", []))
    assert by_type["stats"][-1]["stats"]["decoder"]["pkts"] == status["loss"]["packets"]["seen"]
    assert by_type["stats"][-1]["weir"]["balanced"] is True


def test_a_file_that_is_moved_away_loses_no_alert(serve, demo, tmp_path):
    eve, moved = tmp_path / "eve.json", tmp_path / "moved.json"
    sensor = serve("-r", demo, "--speed", "60", "--eve", eve)
    sensor.wait_until("the first alert", lambda: eve.exists() and eve.stat().st_size > 0)
    eve.rename(moved)
    sensor.wait_until("the file anew", lambda: eve.exists() and eve.stat().st_size > 0)
    assert sensor.stop() == 0
    assert told(events(moved, eve)) == anomalous(tmp_path / "state")


def test_a_folder_that_goes_away_hurts_nothing_but_the_file_and_is_told(serve, weir, demo, small, tmp_path):
    folder = tmp_path / "eve"
    folder.mkdir()
    sensor = serve("-r", demo, "--eve", folder / "eve.json", "--speed", "60")
    folder.rename(tmp_path / "away")
    sensor.wait_until("the complaint", lambda: "eve.json: No such file or directory; trying again" in sensor.output())
    assert sensor.stop() == 3
    waiting = re.search(
        r"events told to the EVE file \S+, ([\d,]+) wait on the disk for the next start: EVE", sensor.output()
    )
    assert waiting, sensor.output()
    written = told(events(tmp_path / "away" / "eve.json"))
    everything = anomalous(tmp_path / "state")
    assert written < everything
    assert len(written) + int(waiting.group(1).replace(",", "")) >= len(everything)
    assert "The account adds up." in sensor.output()
    # Back again: what waited is written by the next run, though it watches something else.
    (tmp_path / "away").rename(folder)
    result = replay(weir, small / "port-scan.pcap", tmp_path / "state", "--eve", folder / "eve.json")
    assert result.returncode == 0, result.stderr
    assert told(events(folder / "eve.json")) == anomalous(tmp_path / "state") >= everything


def test_what_cannot_be_written_is_refused_at_the_start(weir, small, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, says in ((tmp_path / "no" / "eve.json", "No such file or directory"), (pipe, "not a regular file")):
        result = replay(weir, small / "port-scan.pcap", tmp_path / "state", "--eve", path)
        assert result.returncode == 1
        assert result.stderr.strip().splitlines()[-1] == f"weir: sink eve: EVE file {path}: {says}"
