# SPDX-License-Identifier: Apache-2.0
"""The API of a running weir against its own description: every answer has the shape that openapi.yaml promises."""

import http.client
import json
import threading
import urllib.error
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION = yaml.safe_load((ROOT / "src" / "api" / "openapi.yaml").read_text())


@pytest.fixture(scope="module")
def sensor(serve_for_all, small):
    """A weir that has read a small capture to its end and kept every flow. Tests only look at it."""
    sensor = serve_for_all("-r", small / "port-scan.pcap", "--log", "all")
    sensor.wait_until_finished()
    return sensor


def strict(schema):
    """The schema, refusing properties that it does not name: what is served must be described."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: strict(part) for name, part in schema.items()}
    if result.get("type") == "object" and "properties" in result:
        result.setdefault("unevaluatedProperties", False)
    return result


def described(
    path: str, status: str = "200", media: str = "application/json", method: str = "get"
) -> jsonschema.Draft202012Validator:
    """A validator of the answer that is described for a path."""
    response = DESCRIPTION["paths"][path][method]["responses"][status]
    if "$ref" in response:
        response = DESCRIPTION["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    schemas = strict(DESCRIPTION["components"]["schemas"])
    # A part of an allOf may not refuse what the other parts name: the whole does.
    for schema in schemas.values():
        for part in schema.get("allOf", []):
            part.pop("unevaluatedProperties", None)
    for base in ("Detection", "Incident"):
        schemas[base].pop("unevaluatedProperties")
        schemas[f"{base}Detail"]["unevaluatedProperties"] = False
    root = {**response["content"][media]["schema"], "components": {"schemas": schemas}}
    return jsonschema.Draft202012Validator(root, format_checker=jsonschema.FormatChecker())


def events(sensor, count: int, headers: dict[str, str] | None = None) -> Iterator[tuple[str, dict]]:
    """The first events of the stream, as (kind, data)."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(sensor.url).netloc, timeout=20)
    connection.request("GET", "/api/v1/stream", headers=headers or {})
    answer = connection.getresponse()
    assert answer.getheader("Content-Type") == "text/event-stream"
    kind = ""
    while count > 0:
        line = answer.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        if line.startswith("data: "):
            count -= 1
            yield kind, json.loads(line.removeprefix("data: "))
    connection.close()


def problem_of(sensor, path: str, token: str | None = None) -> tuple[int, dict]:
    with pytest.raises(urllib.error.HTTPError) as failure:
        sensor.get(path, token)
    return failure.value.code, json.loads(failure.value.read())


@pytest.mark.parametrize(
    "path",
    [
        "/logs",
        "/api/v1/detections",
        "/api/v1/incidents",
        "/api/v1/suppressions",
        "/api/v1/feedback",
        "/api/v1/summary",
        "/api/v1/throughput",
        "/api/v1/features",
        "/api/v1/status",
        "/healthz",
        "/readyz",
    ],
)
def test_an_answer_has_the_shape_that_is_described(sensor, path):
    described(path).validate(sensor.json(path))


def test_a_validator_notices_what_is_not_described(sensor):
    status = sensor.json("/api/v1/status") | {"surprise": 1}
    assert not described("/api/v1/status").is_valid(status)
    page = sensor.json("/api/v1/detections")
    del page["items"][0]["flow_id"]
    assert not described("/api/v1/detections").is_valid(page)


def test_every_flow_has_its_page(sensor):
    page = sensor.json("/api/v1/detections?limit=20")
    assert page["items"]
    for item in page["items"]:
        detail = sensor.json(f"/api/v1/detections/{item['flow_uid']}")
        described("/api/v1/detections/{flow_uid}").validate(detail)
        assert {name: detail[name] for name in item} == item
        assert detail["model"]["version"] == item["model_version"]
        assert detail["features"]


def test_pages_joined_by_cursors_are_the_whole_list(sensor):
    whole = [item["flow_uid"] for item in sensor.json("/api/v1/detections?limit=1000")["items"]]
    size = max(1, len(whole) // 5)
    found, cursor = [], None
    for _ in range(20):
        more = f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""
        page = sensor.json(f"/api/v1/detections?limit={size}{more}")
        found += [item["flow_uid"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == whole


def test_filters_give_exactly_the_flows_that_meet_them(sensor):
    items = sensor.json("/api/v1/detections?limit=1000")["items"]
    one = items[len(items) // 2]

    def uids(**conditions: str) -> set[str]:
        query = urllib.parse.urlencode({**conditions, "limit": "1000"})
        return {item["flow_uid"] for item in sensor.json(f"/api/v1/detections?{query}")["items"]}

    def expected(condition) -> set[str]:
        return {item["flow_uid"] for item in items if condition(item)}

    assert uids(flow_id=one["flow_id"]) == expected(lambda i: i["flow_id"] == one["flow_id"])
    assert uids(community_id=one["community_id"]) == expected(lambda i: i["community_id"] == one["community_id"])
    assert uids(host=one["src_ip"]) == expected(lambda i: one["src_ip"] in (i["src_ip"], i["dst_ip"]))
    assert uids(status=one["status"]) == expected(lambda i: i["status"] == one["status"])
    since = one["last_seen_at"]
    assert uids(**{"from": since}) == expected(lambda i: i["last_seen_at"] >= since)
    assert uids(to=since) == expected(lambda i: i["last_seen_at"] < since)
    assert uids(q=one["dst_ip"].upper()) == expected(lambda i: one["dst_ip"] in i["flow_id"])


def test_logs_hold_the_newest_flows_first(sensor):
    times = [entry["timestamp"] for entry in sensor.json("/logs?limit=1000")]
    assert times == sorted(times, reverse=True)
    newest = times[0]
    assert {entry["timestamp"] for entry in sensor.json(f"/logs?since={newest}")} == {newest}


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/logs?limit=0", "limit"),
        ("/logs?lmit=1", "lmit"),
        ("/api/v1/detections?host=router", "host"),
        ("/api/v1/detections?cursor=x", "cursor"),
        ("/api/v1/throughput?from=yesterday", "from"),
    ],
)
def test_a_bad_parameter_is_named(sensor, path, named):
    status, problem = problem_of(sensor, path)
    assert status == 400
    assert f"'{named}'" in problem["detail"]
    described(path.split("?")[0], "400", "application/problem+json").validate(problem)


def test_a_flow_that_is_not_logged_is_not_found(sensor):
    status, problem = problem_of(sensor, f"/api/v1/detections/{'0' * 32}")
    assert status == 404
    described("/api/v1/detections/{flow_uid}", "404", "application/problem+json").validate(problem)


def test_the_description_that_is_served_is_the_one_in_the_tree(sensor):
    assert yaml.safe_load(sensor.get("/api/v1/openapi.yaml")) == DESCRIPTION


def test_metrics_say_what_the_status_says(sensor):
    lines = sensor.get("/metrics").decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    packets = sensor.json("/api/v1/status")["loss"]["packets"]
    assert int(values["weir_packets_total"]) == packets["seen"] > 0
    assert int(values["weir_packets_in_flows_total"]) == packets["in_flows"]
    assert all(line.startswith(("# HELP weir_", "# TYPE weir_", "weir_")) for line in lines)


def test_the_stream_tells_of_flows_as_they_are_stored(serve, small):
    sensor = serve("-r", small / "port-scan.pcap", "--log", "all", "--speed", "5")
    seen: dict[str, dict] = {}
    for kind, data in events(sensor, 30):
        seen.setdefault(kind, data)
        if len(seen) == 4:
            break
    schemas = {
        "status": "/api/v1/status",
        "incident": "/api/v1/incidents",
        "detection": "/api/v1/detections",
        "throughput": "/api/v1/throughput",
    }
    assert "status" in seen and "detection" in seen
    for kind, data in seen.items():
        wrapped = {
            "status": data,
            "incident": {"items": [data], "next_cursor": None},
            "detection": {"items": [data], "next_cursor": None},
            "throughput": {"points": [data]},
        }
        described(schemas[kind]).validate(wrapped[kind])


def test_a_stop_says_goodbye_to_the_stream(serve, small):
    sensor = serve("-r", small / "port-scan.pcap")
    kinds: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        for kind, _ in events(sensor, 1000):
            kinds.append(kind)
            ready.set()
            if kind == "bye":
                return

    listener = threading.Thread(target=listen)
    listener.start()
    assert ready.wait(20)
    assert sensor.stop() == 0
    listener.join(20)
    assert kinds[-1] == "bye"


def test_a_token_closes_the_api_and_opens_it_again(weir, serve, small, tmp_path):
    state = tmp_path / "state"
    sensor = serve("-r", small / "port-scan.pcap", state_dir=state)
    assert sensor.json("/logs") is not None

    made = weir("user", "add", "ann", "--role", "viewer", "--state-dir", state)
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    status, problem = problem_of(sensor, "/logs")
    assert status == 401
    described("/logs", "401", "application/problem+json").validate(problem)
    assert problem_of(sensor, "/logs", token + "x")[0] == 401
    assert sensor.json("/logs", token) is not None
    assert sensor.json("/healthz")["status"] == "ok"
    assert sensor.get("/")
    assert token not in sensor.output()

    assert weir("user", "remove", "ann", "--state-dir", state).returncode == 0
    assert sensor.json("/logs") is not None


def test_others_may_not_read_without_a_token(weir, small, tmp_path):
    result = weir(
        *("run", "-r", small / "port-scan.pcap", "--exit-at-end", "--state-dir", tmp_path, "--listen", "0.0.0.0:0")
    )
    assert result.returncode != 0
    assert "weir user add" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
