# SPDX-License-Identifier: Apache-2.0
"""A new user's path: calibrate a bundle with normal traffic, look at it, run with it; and the same learnt by a running sensor."""

import json
import sqlite3
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

RUN = ("--exit-at-end", "--listen", "127.0.0.1:0")


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture(scope="module")
def calibrated(program, demo, tmp_path_factory) -> Path:
    """Fitted to the demonstration capture, attacks and all."""
    folder = tmp_path_factory.mktemp("calibrated") / "model"
    command = [program, "model", "calibrate", "-r", demo, "-o", folder]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "to expect" in result.stdout and "threshold" in result.stdout
    return folder


FROM_SCORES = ("model", "calibrate", "--from-scores", "-")


def test_a_calibrated_bundle_is_whole_and_says_where_it_comes_from(weir, calibrated):
    shipped = json.loads(weir("model", "inspect", "--json").stdout)
    inspected = json.loads(weir("model", "inspect", "--json", calibrated).stdout)
    assert inspected["version"].startswith(shipped["version"] + "+")
    assert inspected["calibration"]["threshold"] == inspected["threshold"]
    assert inspected["threshold"] <= shipped.get("floor", shipped["threshold"]) + 1e-6, "never looser than the floor"
    assert inspected["features"] != shipped["features"], "normal ranges are this network's"
    assert weir("model", "verify", calibrated).returncode == 0
    assert "Calibrated" in weir("model", "inspect", calibrated).stdout


def test_attacks_in_the_calibration_traffic_do_not_hide_themselves(weir, calibrated, demo, tmp_path):
    result = weir("run", "-r", demo, "--model", calibrated, "--state-dir", tmp_path, *RUN)
    assert result.returncode == 0, result.stderr
    with sqlite3.connect(tmp_path / "weir.db") as db:
        kinds = db.execute("SELECT DISTINCT attack_type FROM detections WHERE status = 'anomaly'").fetchall()
        versions = db.execute("SELECT DISTINCT model_version FROM detections").fetchall()
        explained = db.execute("SELECT explanation FROM detections WHERE explanation IS NOT NULL").fetchall()
    assert len(kinds) >= 2, kinds
    assert all("+" in version for (version,) in versions)
    sentences = [reason["sentence"] for (text,) in explained for reason in json.loads(text)["reasons"]]
    assert sentences and all(sentence.endswith(".") for sentence in sentences)


def test_calibrating_a_calibrated_bundle_starts_from_the_shipped_one(weir, calibrated, demo, tmp_path):
    again = tmp_path / "again"
    assert weir("model", "calibrate", "--model", calibrated, "-r", demo, "-o", again).returncode == 0
    assert manifest(again)["anomaly"] == manifest(calibrated)["anomaly"]
    assert manifest(again)["version"] == manifest(calibrated)["version"]


def test_a_store_that_kept_everything_serves_as_well_as_a_capture(weir, demo, tmp_path):
    url = f"sqlite:{tmp_path / 'weir.db'}"
    assert weir("run", "-r", demo, "--log", "all", "--state-dir", tmp_path, *RUN).returncode == 0
    result = weir("model", "calibrate", "--from-db", url, "-o", tmp_path / "model", "--alerts-per-day", "100")
    assert result.returncode == 0, result.stderr
    assert manifest(tmp_path / "model")["calibration"]["alerts_per_day"]["asked"] == 100


def test_a_sensor_learns_first_then_arms_and_keeps_what_it_learnt(weir, demo, tmp_path):
    result = weir("run", "-r", demo, "--calibrate-for", "2m", "--state-dir", tmp_path, *RUN)
    assert result.returncode == 0, result.stderr
    assert "Learnt what is normal here" in result.stdout
    assert "The account adds up." in result.stdout
    with sqlite3.connect(tmp_path / "weir.db") as db:
        first, versions = db.execute(
            "SELECT MIN(alerted_at), GROUP_CONCAT(DISTINCT model_version) FROM detections"
        ).fetchone()
    kept = manifest(tmp_path / "calibrated-model")
    assert kept["calibration"]["rows"] > 100
    assert versions is None or versions.endswith("+own")
    assert first is None or first > kept["calibration"]["until_us"], "no alert while it learns"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give a capture"),
        (["-r", "nowhere.pcap"], "nowhere.pcap"),
        (["--from-db", "mysql:x"], "neither sqlite"),
        (["--model", "nowhere", "-r", "x"], "nowhere"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(weir, tmp_path, arguments, says):
    result = weir("model", "calibrate", "-o", tmp_path / "model", *arguments)
    assert result.returncode != 0
    assert says in result.stderr and "terminate" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def scores(rows: Sequence[tuple[str, int, int, float, float]]) -> str:
    lines = [f"{source},{protocol},{port},{int(at * 1e6)},{score}" for source, protocol, port, at, score in rows]
    return "\n".join(["source,protocol,port,at_us,score", *lines]) + "\n"


def test_scores_of_any_model_give_thresholds_as_json(weir):
    quiet = [(f"198.18.0.{n}", 6, 443, at, 6 + n % 7) for n in range(1, 21) for at in range(0, 600, 5)]
    busy = [("198.18.0.5", 17, 53, at, -1 - at % 3) for at in range(0, 600, 2)]
    done = weir(*FROM_SCORES, "--floor=-0.5", "--shipped=-2", input=scores(quiet + busy))
    learned = json.loads(done.stdout)
    assert learned["threshold"] == -0.5
    (spot,) = learned["blind_spots"]
    assert (spot["host"], spot["service"], spot["rows"]) == ("198.18.0.5", "53/udp", 300)
    assert spot["threshold"] < -3


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("", "its first line must be source,protocol,port,at_us,score"),
        ("a,b\n", "its first line must be"),
        (scores([]) + "198.18.0.1,6,443,5\n", "line 2: a field is missing"),
        (scores([]) + "198.18.0.1,6,443,5,1\nx,6,443,5,1\n", "line 3: 'x' is no IP address"),
        (scores([]) + "198.18.0.1,6,443,5,nan\n", "'nan' is no score"),
        (scores([]) + "198.18.0.1,600,443,5,1\n", "'600' is no protocol number"),
        (scores([]), "nothing to learn from"),
    ],
)
def test_a_wrong_table_of_scores_is_told_in_a_sentence(weir, table, says):
    done = weir(*FROM_SCORES, input=table)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_seconds_of_traffic_teach_nothing(weir, small, tmp_path):
    result = weir("model", "calibrate", "-r", small / "normal-browsing.pcap", "-o", tmp_path / "model")
    assert result.returncode == 1
    assert "too little" in result.stderr
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("text", ["soon", "-5m", "10x", "5s"])
def test_a_time_that_is_none_is_refused(weir, demo, tmp_path, text):
    result = weir("run", "-r", demo, f"--calibrate-for={text}", "--state-dir", tmp_path, *RUN)
    assert result.returncode != 0
    assert "calibrate_for" in result.stderr
