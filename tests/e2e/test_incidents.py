# SPDX-License-Identifier: Apache-2.0
"""From detections to incidents, and what people do with them, on the real program."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from test_api import described


def send(sensor, method: str, path: str, body: dict | None = None):
    """A request that changes something; the status and the JSON of the answer."""
    request = urllib.request.Request(sensor.url.rstrip("/") + path, method=method)
    request.add_header("Content-Type", "application/json")
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, data, timeout=10) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def facts(sensor) -> set[tuple]:
    """What the incidents say, without their names."""
    items = sensor.json("/api/v1/incidents?limit=1000")["items"]
    return {(i["attack_type"], i["first_at"], i["last_at"], i["flows"], i["packets"], str(i["actors"])) for i in items}


@pytest.fixture(scope="module")
def sensor(serve_for_all, demo):
    """A weir that has read the demonstration to its end."""
    sensor = serve_for_all("-r", demo)
    sensor.wait_until_finished()
    return sensor


@pytest.fixture
def attacked(serve, demo) -> Iterator:
    """A weir of one's own, that has seen attacks."""
    sensor = serve("-r", demo)
    sensor.wait_until_finished()
    yield sensor


def test_every_anomalous_flow_is_in_exactly_one_of_few_incidents(sensor):
    page = sensor.json("/api/v1/incidents?limit=1000")
    described("/api/v1/incidents").validate(page)
    anomalous = sensor.json("/api/v1/summary")["by_status"]["anomaly"]
    assert sum(incident["flows"] for incident in page["items"]) == anomalous
    assert len(page["items"]) < anomalous / 5


def test_an_incident_tells_its_story_and_leads_to_its_flows(sensor):
    largest = max(sensor.json("/api/v1/incidents")["items"], key=lambda incident: incident["flows"])
    detail = sensor.json(f"/api/v1/incidents/{largest['id']}")
    described("/api/v1/incidents/{id}").validate(detail)
    assert detail["story"].count(".") >= 2
    assert sum(step["flows"] for step in detail["timeline"]["steps"]) == largest["flows"]
    flows: list[dict] = []
    cursor = ""
    while cursor is not None:
        page = sensor.json(f"/api/v1/detections?incident={largest['id']}&limit=1000" + (cursor and f"&cursor={cursor}"))
        flows += page["items"]
        cursor = page["next_cursor"]
    assert len(flows) == largest["flows"]
    assert {flow["attack_type"] or "unknown" for flow in flows} == {largest["attack_type"]}


def test_a_host_is_found_with_what_it_did_and_suffered(sensor):
    incident = sensor.json("/api/v1/incidents")["items"][0]
    for side, parties in (("as_actor", incident["actors"]), ("as_target", incident["targets"])):
        host = sensor.json(f"/api/v1/hosts/{parties['some'][0]}")
        described("/api/v1/hosts/{ip}").validate(host)
        assert incident["id"] in {one["id"] for one in host[side]}


def test_a_restart_and_a_second_reading_change_nothing(sensor, serve, demo, tmp_path):
    state = tmp_path / "twice"
    for _ in range(2):
        again = serve("-r", demo, state_dir=state)
        again.wait_until_finished()
        again.stop()
    third = serve("-r", demo, state_dir=state)
    third.wait_until_finished()
    assert facts(third) == facts(sensor)


def test_a_judgement_is_kept_with_its_comment_and_as_feedback(attacked):
    incident = attacked.json("/api/v1/incidents")["items"][0]
    path = f"/api/v1/incidents/{incident['id']}/state"
    status, judged = send(attacked, "POST", path, {"state": "dismissed", "comment": "our scanner"})
    assert status == 200
    described("/api/v1/incidents/{id}/state", method="post").validate(judged)
    assert (judged["state"], judged["comment"]) == ("dismissed", "our scanner")
    assert incident["id"] not in {one["id"] for one in attacked.json("/api/v1/incidents?state=open")["items"]}
    assert [one["id"] for one in attacked.json("/api/v1/incidents?state=dismissed")["items"]] == [incident["id"]]
    (feedback,) = attacked.json("/api/v1/feedback")["items"]
    assert (feedback["incident_id"], feedback["verdict"]) == (incident["id"], "false_alarm")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("POST", "/api/v1/incidents/0000000000000000/state", {"state": "closed"}, 404, "no incident"),
        ("POST", "/api/v1/incidents/0000000000000000/state", {"state": "solved"}, 400, "open, confirmed"),
        ("POST", "/api/v1/incidents/0000000000000000/state", {}, 400, "state"),
        ("POST", "/api/v1/suppressions", {"source": "10.0.0.5"}, 400, "reason"),
        ("POST", "/api/v1/suppressions", {"reason": "quiet"}, 400, "at least one condition"),
        ("POST", "/api/v1/suppressions", {"source": "10.0.0.0/40", "reason": "x"}, 400, "'source'"),
        ("POST", "/api/v1/suppressions", {"sorce": "10.0.0.5", "reason": "x"}, 400, "sorce"),
        ("POST", "/api/v1/suppressions/preview", {"ports": "0-99999"}, 400, "'ports'"),
        ("DELETE", "/api/v1/suppressions/none", None, 404, "no suppression"),
        ("POST", "/api/v1/feedback", {"verdict": "true_alarm"}, 400, "flow or an incident"),
        ("POST", "/api/v1/feedback", {"verdict": "true_alarm", "flow_uid": "0" * 32}, 404, "No flow"),
        ("PUT", "/api/v1/incidents", {}, 405, "GET"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(sensor, method, path, body, status, says):
    got, problem = send(sensor, method, path, body)
    assert (got, says in problem["detail"]) == (status, True), problem


def test_what_a_rule_hides_is_stored_and_counted_but_in_no_incident(serve, demo, tmp_path):
    first = serve("-r", demo, state_dir=tmp_path / "first")
    first.wait_until_finished()
    anomalous = first.json("/api/v1/summary")["by_status"]["anomaly"]
    actor = first.json("/api/v1/incidents")["items"][0]["actors"]["some"][0]

    status, preview = send(first, "POST", "/api/v1/suppressions/preview", {"source": actor})
    assert status == 200
    described("/api/v1/suppressions/preview", method="post").validate(preview)
    assert 0 < preview["would_hide"] <= preview["looked_at"] == anomalous

    second = serve("-r", "-", state_dir=tmp_path / "second")  # waits for its input: nothing is seen yet
    status, rule = send(second, "POST", "/api/v1/suppressions", {"source": actor, "reason": "our own scanner"})
    assert status == 201
    described("/api/v1/suppressions", "201", method="post").validate(rule)
    second.process.kill()
    second.process.wait()

    third = serve("-r", demo, state_dir=tmp_path / "second")
    third.wait_until_finished()
    summary = third.json("/api/v1/summary")
    assert summary["suppressed"] == preview["would_hide"]
    assert summary["by_status"]["anomaly"] == anomalous - preview["would_hide"]
    hidden = third.json("/api/v1/detections?suppressed=true&limit=1000")["items"]
    assert {flow["suppressed_by"] for flow in hidden} == {rule["id"]}
    assert {flow["incident_id"] for flow in hidden} == {None}
    assert all(incident["actors"]["some"] != [actor] for incident in third.json("/api/v1/incidents")["items"])

    assert send(third, "DELETE", f"/api/v1/suppressions/{rule['id']}") == (204, None)
    assert third.json("/api/v1/suppressions")["items"] == []
