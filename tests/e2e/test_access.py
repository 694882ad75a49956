# SPDX-License-Identifier: Apache-2.0
"""Who may ask a running weir, how they log in, and what it keeps for itself."""

import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import hostile
import pytest

DEFAULT_MODEL = Path(__file__).resolve().parents[2] / "models" / "default"

PAGE = {"Sec-Fetch-Site": "same-origin"}


def ask(sensor, method, path, body=None, context=None, **headers):
    """Status, headers and the body as JSON, if it is some."""
    address = urllib.parse.urlsplit(sensor.url)
    kind = http.client.HTTPSConnection if context else http.client.HTTPConnection
    options = {"context": context} if context else {}
    connection = kind(address.hostname, address.port, timeout=20, **options)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        sent["Content-Type"] = "application/json"
    connection.request(method, path, json.dumps(body) if body is not None else None, sent)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), json.loads(text) if text[:1] in (b"{", b"[") else text


def make_user(weir, folder: Path, name: str, role: str) -> str:
    made = weir("user", "--state-dir", folder, "add", name, "--role", role)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.fixture
def guarded(weir, serve, small, tmp_path):
    """A weir with an admin and a viewer: (sensor, tokens)."""
    tokens = {
        name: make_user(weir, tmp_path / "state", name, role) for name, role in [("adam", "admin"), ("vic", "viewer")]
    }
    return serve("-r", small / "port-scan.pcap"), tokens


def log_in(sensor, token: str, context: ssl.SSLContext | None = None) -> str:
    status, headers, _ = ask(sensor, "POST", "/api/v1/session", {"token": token}, context, **PAGE)
    assert status == 200
    assert "HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"]
    return headers["Set-Cookie"].split(";")[0]


def test_the_page_exchanges_a_token_for_a_session_that_ends_for_good(guarded):
    sensor, tokens = guarded
    assert ask(sensor, "GET", "/api/v1/session")[0] == 401
    cookie = log_in(sensor, tokens["vic"])
    assert ask(sensor, "GET", "/api/v1/session", Cookie=cookie)[2] == {"name": "vic", "role": "viewer"}
    assert ask(sensor, "GET", "/logs", Cookie=cookie)[0] == 200
    assert ask(sensor, "DELETE", "/api/v1/session", Cookie=cookie, **PAGE)[0] == 204
    assert ask(sensor, "GET", "/logs", Cookie=cookie)[0] == 401


def test_a_session_ends_with_the_token(weir, guarded, tmp_path):
    sensor, tokens = guarded
    cookie = log_in(sensor, tokens["vic"])
    assert weir("user", "--state-dir", tmp_path / "state", "renew", "vic").returncode == 0
    assert ask(sensor, "GET", "/logs", Cookie=cookie)[0] == 401


def test_a_stream_ends_when_its_user_is_removed(weir, guarded, tmp_path):
    sensor, tokens = guarded
    address = urllib.parse.urlsplit(sensor.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    connection.request("GET", "/api/v1/stream", headers={"Authorization": f"Bearer {tokens['vic']}"})
    answer = connection.getresponse()
    assert answer.status == 200 and answer.readline()
    assert weir("user", "--state-dir", tmp_path / "state", "remove", "vic").returncode == 0
    rest = answer.read().decode()
    assert "the permission to listen is over" in rest


def test_an_admin_manages_users_and_every_deed_is_written_down(guarded, tmp_path):
    sensor, tokens = guarded
    admin = {"Authorization": f"Bearer {tokens['adam']}"}
    viewer = {"Authorization": f"Bearer {tokens['vic']}"}
    new_user = {"name": "eve", "role": "analyst"}
    assert ask(sensor, "POST", "/api/v1/users", new_user, **viewer)[0] == 403
    status, _, made = ask(sensor, "POST", "/api/v1/users", new_user, **admin)
    assert status == 201
    assert ask(sensor, "GET", "/api/v1/session", Authorization=f"Bearer {made['token']}")[2]["role"] == "analyst"
    assert ask(sensor, "DELETE", "/api/v1/users/eve", **admin)[0] == 204
    assert ask(sensor, "DELETE", "/api/v1/users/adam", **admin)[0] == 409

    entries = ask(sensor, "GET", "/api/v1/audit", **admin)[2]["items"]
    told = [(e.get("user"), e["action"], e.get("status")) for e in reversed(entries)]
    assert (told[0][1], entries[-1]["remote"]) == ("weir user add", "local")
    assert ("vic", "POST /api/v1/users", 403) in told
    assert ("adam", "POST /api/v1/users", 201) in told
    assert ("adam", "DELETE /api/v1/users/eve", 204) in told
    log = (tmp_path / "state" / "audit.jsonl").read_text()
    assert not any(token in log for token in [*tokens.values(), made["token"]])


def certificate(folder: Path, name: str = "sensor") -> tuple[Path, Path]:
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made = subprocess.run(
        ["openssl", "req", "-x509", *curve, "-days", "2", *subject, "-keyout", key, "-out", cert], capture_output=True
    )
    assert made.returncode == 0, made.stderr
    key.chmod(0o600)
    return cert, key


def test_over_tls_weir_may_be_asked_from_elsewhere_by_who_has_a_token(weir, serve, small, tmp_path):
    cert, key = certificate(tmp_path)
    token = make_user(weir, tmp_path / "state", "ann", "viewer")
    sensor = serve(*("-r", small / "port-scan.pcap", "--tls-certificate", cert, "--tls-key", key), listen="0.0.0.0:0")
    assert sensor.url.startswith("https://")
    context = ssl.create_default_context(cafile=str(cert))
    assert ask(sensor, "GET", "/logs", context=context)[0] == 401
    status, headers, _ = ask(sensor, "GET", "/logs", context=context, Authorization=f"Bearer {token}")
    assert status == 200
    assert headers["Strict-Transport-Security"]
    cookie = log_in(sensor, token, context)
    assert cookie.startswith("__Host-weir_session")
    assert ask(sensor, "GET", "/logs", context=context, Cookie=cookie)[0] == 200

    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(sensor, "GET", "/healthz", context=old)

    # A new certificate is taken up by a reload; the old one is not trusted any more by who knows only the new one.
    new_cert, new_key = certificate(tmp_path, "new")
    cert.write_bytes(new_cert.read_bytes())
    key.write_bytes(new_key.read_bytes())
    sensor.process.send_signal(signal.SIGHUP)
    sensor.wait_until("the reload", lambda: "Reloaded" in sensor.output())
    renewed = ssl.create_default_context(cafile=str(new_cert))
    assert ask(sensor, "GET", "/healthz", context=renewed)[0] == 200


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "tokens would cross the network in the clear"),
        (["--tls-certificate", "x.crt"], "go together"),
        (["--tls-certificate", "x.crt", "--tls-key", "x.key"], "x.crt: No such file"),
        (["--tls-certificate", "/dev/null", "--tls-key", "/dev/null"], "/dev/null"),
        (["--tls-certificate", "/etc/hostname", "--tls-key", "/etc/hostname"], "/etc/hostname"),
    ],
)
def test_beyond_loopback_a_token_alone_is_not_enough(weir, small, tmp_path, arguments, told):
    make_user(weir, tmp_path, "ann", "viewer")
    where = ["--state-dir", tmp_path, "--listen", "0.0.0.0:0"]
    refused = weir("run", "-r", small / "port-scan.pcap", "--exit-at-end", *where, *arguments)
    assert refused.returncode == 1
    assert told in refused.stderr and len(refused.stderr.strip().splitlines()) == 1


def test_a_reload_takes_up_what_is_good_and_refuses_what_is_bad(guarded, weir, serve, small, tmp_path):
    config = tmp_path / "weir.toml"
    config.write_text('[store]\nlog = "anomalous"\n')
    sensor = serve("-r", small / "port-scan.pcap", "--speed", "1", "-c", config, state_dir=tmp_path / "second")
    admin = make_user(weir, tmp_path / "second", "adam", "admin")

    def reload() -> tuple[int, dict]:
        status, _, answer = ask(sensor, "POST", "/api/v1/reload", Authorization=f"Bearer {admin}")
        return status, answer

    assert reload() == (200, {"changed": []})
    config.write_text('[store]\nlog = "all"\n[capture]\nmax_packets = 7\n')
    status, answer = reload()
    assert status == 200
    assert answer["changed"] == ["capture.max_packets waits for the next start", "store.log is all"]
    for text, told in [
        ('[store]\nlog = "al"\n', "al"),
        ('[scoring]\nmodel = "nowhere"\n', "nowhere"),
        ("[[[", "line 1"),
    ]:
        config.write_text(text)
        status, answer = reload()
        assert status == 409 and told in answer["detail"], answer
    model = ask(sensor, "GET", "/api/v1/status", Authorization=f"Bearer {admin}")[2]
    assert model["state"] == "running"

    sensor.process.send_signal(signal.SIGHUP)
    sensor.wait_until("the refusal", lambda: "Not reloaded, all stays as it was" in sensor.output())
    assert sensor.stop() == 0
    assert '"action":"SIGHUP"' in (tmp_path / "second" / "audit.jsonl").read_text()


def test_a_signed_model_is_taken_by_who_knows_the_key_and_by_nobody_who_knows_another(weir, small, tmp_path):
    shutil.copytree(hostile.ROOT / "models" / "default", tmp_path / "mine")
    key = weir("model", "keygen", tmp_path / "secret.key").stdout.strip()
    other = weir("model", "keygen", tmp_path / "other.key").stdout.strip()
    run = [
        "run",
        "-r",
        small / "port-scan.pcap",
        "--exit-at-end",
        "--listen",
        "127.0.0.1:0",
        "--state-dir",
        tmp_path / "s",
    ]
    mine = ["--model", tmp_path / "mine", "--model-public-key"]
    unsigned = weir(*run, *mine, key)
    assert unsigned.returncode == 1 and "not signed" in unsigned.stderr
    assert weir("model", "sign", tmp_path / "mine", "--key", tmp_path / "secret.key").stdout.strip() == key
    assert weir("model", "verify", tmp_path / "mine", "--key", key).returncode == 0
    assert weir(*run, *mine, key).returncode == 0
    refused = weir(*run, *mine, other)
    assert refused.returncode == 1 and "signature" in refused.stderr


def proc_status(process: int) -> dict[str, str]:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return dict(re.split(r":\s+", line, maxsplit=1) for line in lines if re.search(r":\s+\S", line))


def test_a_running_weir_has_no_capability_and_no_way_to_get_one(serve, small, weir):
    sensor = serve("-r", small / "port-scan.pcap")
    looked_at = 0
    for task in Path(f"/proc/{sensor.process.pid}/task").iterdir():
        try:
            status = proc_status(int(task.name))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended since it was listed
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == int(status["CapAmb"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        looked_at += 1
    assert looked_at > 1
    confinement = next(c for c in json.loads(weir("doctor", "--json").stdout)["checks"] if c["name"] == "confinement")
    if "seccomp" in confinement["finding"]:
        assert proc_status(sensor.process.pid)["Seccomp"] == "2"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_hands_over_to_another_user(serve, small, weir, open_folder):
    folder = Path(f"/var/tmp/weir-user-{os.getpid()}")
    capture = shutil.copy(small / "port-scan.pcap", open_folder)  # a clone in a home folder may be closed to others
    model = shutil.copytree(DEFAULT_MODEL, open_folder / "model")
    try:
        sensor = serve("-r", capture, "--model", model, "--user", "nobody", state_dir=folder)
        assert "0" not in proc_status(sensor.process.pid)["Uid"].split()
        sensor.wait_until_finished()
        # What root does for it stays readable for it.
        token = make_user(weir, folder, "ann", "viewer")
        assert sensor.json("/api/v1/session", token)["name"] == "ann"
        assert sensor.stop() == 0
    finally:
        subprocess.run(["rm", "-rf", folder], check=True)


def test_hostile_requests_neither_get_in_nor_hurt(guarded):
    sensor, tokens = guarded
    port = urllib.parse.urlsplit(sensor.url).port
    cookie = hostile.log_in_and_out(port, tokens["vic"])
    target = hostile.Target(port, sensor.process.pid, tokens["vic"], cookie)
    findings = hostile.attack(target, 1000, seed=int(time.time()))
    assert findings.sound, findings.text()
    assert len(findings.sent) >= 20
    assert sensor.process.poll() is None


def test_the_hostile_requests_would_be_noticed_if_they_got_in(serve, small):
    """The same requests against a weir that is open: the check itself must be able to fail."""
    sensor = serve("-r", small / "port-scan.pcap")
    port = urllib.parse.urlsplit(sensor.url).port
    findings = hostile.Findings()
    no_token = [("no token", hostile.kinds()["no token"], 1)]
    hostile.send_all(hostile.Target(port, sensor.process.pid, "x", "x"), no_token, findings, threading.Lock())
    assert findings.wrong and not findings.sound


def test_the_api_keeps_its_own_description_under_generated_requests(serve, small, tmp_path):
    """schemathesis makes requests from openapi.yaml, good and bad ones, and holds each answer against it."""
    sensor = serve("-r", small / "port-scan.pcap", "--log", "all")
    sensor.wait_until_finished()
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    run = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "run", f"{sensor.url}api/v1/openapi.yaml"),
            *("--checks", checks, "--phases", "examples,fuzzing", "--max-examples", "25"),
            # Neither ends nor is JSON.
            *("--exclude-path-regex", "stream|metrics|openapi.yaml", "--workers", "2", "--seed", "1"),
            *("--request-timeout", "10", "--suppress-health-check", "all"),
        ],
        capture_output=True,
        text=True,
        timeout=170,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    generated = re.search(r"(\d+) generated", run.stdout)
    assert generated and int(generated.group(1)) > 500, run.stdout[-2000:]
