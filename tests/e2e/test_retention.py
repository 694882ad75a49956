# SPDX-License-Identifier: Apache-2.0
"""Old detections go, what is asked of the database says so, and nothing else is touched."""

import json
import time

SECOND_IN_DAYS = 1 / 86400


def test_detections_older_than_they_may_be_are_dropped_and_told_of(serve, small, weir, tmp_path):
    first = serve("-r", small / "port-scan.pcap", "--log", "all")
    first.wait_until_finished()
    found = first.json("/api/v1/summary")["total"]
    incidents = first.json("/api/v1/incidents")["items"]
    assert found > 100
    assert incidents
    assert first.stop() == 0
    time.sleep(2)

    keep = ("--keep-days", SECOND_IN_DAYS)
    second = serve("-r", small / "ssh-bruteforce.pcap", "--log", "all", "--max-packets", "1", *keep)
    second.wait_until("the drop", lambda: second.json("/api/v1/status")["store"]["dropped_by_age"] >= found)
    status = second.json("/api/v1/status")
    assert status["store"]["upkeep_problem"] is None
    assert status["loss"]["balanced"]
    assert (
        f'weir_store_dropped_total{{because="age"}} {status["store"]["dropped_by_age"]}'
        in second.get("/metrics").decode()
    )
    # Nobody judged them: they stay, with what they added up to.
    left = {item["id"]: item["flows"] for item in second.json("/api/v1/incidents")["items"]}
    assert left.items() >= {item["id"]: item["flows"] for item in incidents}.items()
    assert second.stop() == 0

    told = weir("db", "status", "--state-dir", tmp_path / "state", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["detections"] < found


def test_a_database_that_is_not_there_is_not_made_by_looking_at_it(weir, tmp_path):
    for what in ("status", "vacuum"):
        told = weir("db", what, "--db", f"sqlite:{tmp_path}/weir.db")
        assert told.returncode == 1
        assert told.stderr == f"weir: there is no database {tmp_path}/weir.db: name it with --db\n"
        assert list(tmp_path.iterdir()) == []


def test_the_limits_are_taken_up_by_a_reload(serve, small, tmp_path):
    config = tmp_path / "weir.toml"
    config.write_text("[store]\nkeep_days = 30\n")
    sensor = serve("-c", config, "-r", small / "port-scan.pcap", "--log", "all")
    sensor.wait_until_finished()
    config.write_text(f"[store]\nkeep_days = {SECOND_IN_DAYS}\n")
    time.sleep(2)
    sensor.process.send_signal(1)  # SIGHUP
    sensor.wait_until("the drop", lambda: sensor.json("/api/v1/status")["store"]["dropped_by_age"] > 100)
    assert "Reloaded: store.keep_days is" in sensor.output()
