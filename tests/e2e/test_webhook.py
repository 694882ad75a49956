# SPDX-License-Identifier: Apache-2.0
"""Incidents told to a real HTTP server: signed, once each, whatever happens to the server or to weir."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
KEY = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SCHEMA = Draft202012Validator(
    json.loads((ROOT / "docs" / "webhook.schema.json").read_text()),
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)


def example_of_the_manual() -> Callable[..., bool]:
    page = (ROOT / "docs" / "webhooks.md").read_text()
    names: dict = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1), names)  # type: ignore[union-attr]
    return names["is_from_weir"]


class Receiver:
    """Answers with what `answer` says of the number of the request: a status, and headers."""

    def __init__(
        self, answer: Callable[[int], tuple[int, dict]] = lambda _: (204, {}), tls: ssl.SSLContext | None = None
    ):
        receiver = self
        self.requests: list[tuple[dict, bytes, int]] = []
        self.lock = Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    number = len(receiver.requests)
                    status, headers = answer(number)
                    receiver.requests.append((dict(self.headers), body, status))
                self.send_response(status)
                for name, value in ({"Content-Length": "0"} | headers).items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def taken(self) -> list[dict]:
        with self.lock:
            bodies = [json.loads(body) for _, body, status in self.requests if status < 300]
        return [event for body in bodies for event in body["events"]]


@pytest.fixture
def receivers() -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def make(*arguments, **named) -> Receiver:
        made.append(Receiver(*arguments, **named))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()


def config_for(folder: Path, url: str, **keys: str | float | bool) -> Path:
    (folder / "hook.key").write_text(KEY + "\n")
    lines = {"name": "hook", "kind": "webhook", "url": url, "signing_key": f"file:{folder / 'hook.key'}"} | keys
    path = folder / "weir.toml"
    path.write_text("[[sink]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items()))
    return path


def replay(weir, capture: Path, config: Path, *more: object):
    where = ("--state-dir", config.parent / "state", "--listen", "127.0.0.1:0")
    return weir("run", "-c", config, "-r", capture, "--exit-at-end", *where, *more)


def stored(folder: Path) -> set[str]:
    with sqlite3.connect(folder / "state" / "weir.db") as db:
        return {identity for (identity,) in db.execute("SELECT id FROM incidents")}


def opened(events: list[dict]) -> list[str]:
    return [event["incident"]["id"] for event in events if event["change"] == "opened"]


def test_each_incident_is_told_once_and_signed_as_the_manual_says(weir, demo, tmp_path, receivers):
    hook = receivers()
    result = replay(
        weir, demo, config_for(tmp_path, f"http://127.0.0.1:{hook.port}/x", page="https://weir.example.net")
    )
    assert result.returncode == 0, result.stderr
    is_from_weir = example_of_the_manual()
    for headers, body, _ in hook.requests:
        SCHEMA.validate(json.loads(body))
        assert is_from_weir(headers, body, KEY)
        assert not is_from_weir(headers, body + b" ", KEY)
        assert not is_from_weir(headers, body, "another key than the right one")
        assert not is_from_weir(headers | {"webhook-timestamp": "1614265330"}, body, KEY)
    events = hook.taken()
    assert sorted(opened(events)) == sorted(stored(tmp_path)) != []
    assert len({event["event_id"] for event in events}) == len(events)
    assert all(event["url"] == f"https://weir.example.net/incidents/{event['incident']['id']}" for event in events)
    assert all(event["story"] for event in events)
    assert f"events told to the webhook http://127.0.0.1:{hook.port}." in result.stdout
    with pytest.raises(Exception, match="is not|required|does not match"):
        SCHEMA.validate({"type": "weir.events", "version": 1, "events": [events[0] | {"event_id": "x"}]})


def test_an_ill_receiver_gets_everything_once_it_is_well(weir, demo, tmp_path, receivers):
    def answer(number: int) -> tuple[int, dict]:
        if number == 0:
            time.sleep(1)
            return 500, {}
        return (429, {"Retry-After": "1"}) if number == 1 else (204, {})

    hook = receivers(answer)
    config = config_for(tmp_path, f"http://127.0.0.1:{hook.port}/")
    replay(weir, demo, config)  # its end may come before the receiver is well
    assert replay(weir, demo, config).returncode == 0
    statuses = [status for _, _, status in hook.requests]
    assert statuses[:3] == [500, 429, 204]
    assert sorted(opened(hook.taken())) == sorted(stored(tmp_path)) != []


def test_a_dead_receiver_and_a_killed_weir_lose_nothing(serve, demo, tmp_path, receivers):
    hook = receivers()
    port = hook.port
    hook.close()
    config = config_for(tmp_path, f"http://127.0.0.1:{port}/")
    sensor = serve("-c", config, "-r", demo)
    sensor.wait_until_finished()
    told = tmp_path / "state" / "sinks" / "incidents-told"
    sensor.wait_until("some incident to be told", lambda: told.exists() and told.stat().st_size > 0)
    sensor.process.send_signal(signal.SIGKILL)
    sensor.process.wait()
    assert len(stored(tmp_path)) > 0

    hook = receivers()
    config_for(tmp_path, f"http://127.0.0.1:{hook.port}/")
    again = serve("-c", config, "-r", ROOT / "demo" / "small" / "port-scan.pcap")
    again.wait_until("all incidents", lambda: set(opened(hook.taken())) >= stored(tmp_path) != set())
    assert again.stop() == 0
    events = hook.taken()
    assert set(opened(events)) == stored(tmp_path)
    assert len({event["event_id"] for event in events}) == len(
        {json.dumps([event["incident"]["id"], event["change"], event["event_id"]]) for event in events}
    )


def test_what_people_say_is_told_and_nothing_is_told_twice_after_a_restart(serve, demo, tmp_path, receivers):
    hook = receivers()
    config = config_for(tmp_path, f"http://127.0.0.1:{hook.port}/")
    sensor = serve("-c", config, "-r", demo)
    sensor.wait_until_finished()
    sensor.wait_until("all incidents", lambda: set(opened(hook.taken())) == stored(tmp_path) != set())
    identity = opened(hook.taken())[0]
    request = urllib.request.Request(
        f"{sensor.url.rstrip('/')}/api/v1/incidents/{identity}/state",
        json.dumps({"state": "dismissed", "comment": "the nightly backup"}).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()
    sensor.wait_until("the judgement", lambda: hook.taken()[-1]["change"] == "dismissed")
    last = hook.taken()[-1]
    assert last["incident"]["id"] == identity
    assert last["incident"]["comment"] == "the nightly backup"
    assert last["event_id"] == f"{identity}-2"
    assert sensor.stop() == 0
    before = len(hook.taken())
    again = serve("-c", config, "-r", ROOT / "demo" / "small" / "port-scan.pcap")
    again.wait_until_finished()
    assert again.stop() == 0
    assert not {event["incident"]["id"] for event in hook.taken()[before:]} & set(opened(hook.taken()[:before]))


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Path:
    """A certificate for 127.0.0.1 that only those trust who are told to."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=hook -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run([*command.split(), *map(str, files)], check=True, capture_output=True)
    return folder


def test_tls_is_verified_and_what_could_not_be_sent_waits_for_the_next_start(
    weir, demo, tmp_path, receivers, authority
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "cert.pem", authority / "key.pem")
    hook = receivers(tls=context)
    url = f"https://127.0.0.1:{hook.port}/services/SECRET"
    refused = replay(weir, demo, config_for(tmp_path, url))
    assert refused.returncode == 3
    assert hook.requests == []
    assert "certificate" in refused.stdout
    assert "wait on the disk for the next start" in refused.stdout
    assert "SECRET" not in refused.stdout + refused.stderr
    told = replay(
        weir, ROOT / "demo" / "small" / "port-scan.pcap", config_for(tmp_path, url, ca_file=str(authority / "cert.pem"))
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert set(opened(hook.taken())) == stored(tmp_path) != set()


def test_a_chat_tool_gets_a_message_that_it_can_show(weir, demo, tmp_path, receivers):
    hook = receivers(lambda _: (200, {}))
    assert replay(weir, demo, config_for(tmp_path, f"http://127.0.0.1:{hook.port}/", template="slack")).returncode == 0
    shown = [attachment for _, body, _ in hook.requests for attachment in json.loads(body)["attachments"]]
    assert len(shown) >= len(stored(tmp_path)) > 0
    assert all(re.match(r"\[(LOW|MEDIUM|HIGH|CRITICAL), opened\] ", one["blocks"][0]["text"]["text"]) for one in shown)


def test_a_refused_event_is_counted_and_told(weir, demo, tmp_path, receivers):
    hook = receivers(lambda _: (400, {}))
    result = replay(weir, demo, config_for(tmp_path, f"http://127.0.0.1:{hook.port}/"))
    assert result.returncode == 3
    assert re.search(r"refused by it: http://127.0.0.1:\d+ answered 400", result.stdout), result.stdout


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"url": "hooks.example.net"}, "its URL is not of the form https://HOST/PATH"),
        (
            {"url": "http://hooks.example.net/T0/SECRET"},
            "http://hooks.example.net is not encrypted: use https, or allow_http = true",
        ),
        ({"url": "file:/no/such/url"}, "url: /no/such/url: No such file or directory"),
        ({"signing_key": "SECRET"}, "signing_key: a secret stands in a file or in the environment"),
        ({"signing_key": "env:WEIR_NO_SUCH"}, "signing_key: the environment has no WEIR_NO_SUCH"),
        ({"template": "irc"}, 'template = "irc" is not one of generic, slack, mattermost, teams, discord, text'),
        ({"events": ["flow"]}, 'events: "flow" is not one of incident, alert'),
        ({"ca_file": "/no/such.pem"}, "CA file /no/such.pem: No such file or directory"),
        ({"timeout_s": 0}, "timeout_s = 0 is out of range"),
        ({"uri": "https://a/"}, "there is no key uri for webhook"),
    ],
)
def test_each_mistake_gets_one_sentence(weir, small, tmp_path, keys, says):
    config = config_for(tmp_path, **{"url": "https://hooks.example.net/"} | keys)
    result = replay(weir, small / "port-scan.pcap", config)
    assert result.returncode in (1, 2)
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert says in result.stderr
    assert "SECRET" not in result.stderr


def test_the_doctor_says_whether_the_receiver_can_be_reached(weir, tmp_path, receivers):
    hook = receivers()
    config = config_for(tmp_path, f"http://127.0.0.1:{hook.port}/x")
    checked = weir("doctor", "-c", config, "--state-dir", tmp_path / "state", "--json")
    found = {check["name"]: check for check in json.loads(checked.stdout)["checks"]}
    assert found["sink hook"]["ok"], found["sink hook"]
    hook.close()
    checked = weir("doctor", "-c", config, "--state-dir", tmp_path / "state", "--json")
    found = {check["name"]: check for check in json.loads(checked.stdout)["checks"]}
    assert not found["sink hook"]["ok"]
    assert f"http://127.0.0.1:{hook.port}: " in found["sink hook"]["finding"]
    assert hook.requests == []
