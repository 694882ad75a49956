# SPDX-License-Identifier: Apache-2.0
"""Sinks against real receivers: dead, slow, killed and restarted, nothing is lost and nothing else is hurt."""

import contextlib
import json
import re
import socket
import socketserver
import sqlite3
import threading
import time
from pathlib import Path

import pytest

PLAIN = re.compile(
    r"<\d{1,3}>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ weir \d+ alert "
    r'\[weir@32473( [a-z_]+="([^"\\\]]|\\["\\\]])*")+\] \S.*'
)


def anomalous(state_dir: Path) -> set[str]:
    with sqlite3.connect(state_dir / "weir.db") as db:
        rows = db.execute(
            "SELECT flow_uid FROM detections WHERE status = 'anomaly' AND coalesce(suppressed_by, '') = ''"
        )
        return {uid for (uid,) in rows}


def flow_uid(message: str) -> str:
    found = re.search(r"(?:flow_uid=\"|externalId=|\"flow_uid\":\")([0-9a-f]{32})", message)
    assert found, message
    return found.group(1)


class TcpReceiver:
    """Takes octet-counted messages (RFC 6587) on loopback; it can go away and come back at the same port."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.port = 0
        self.server: socketserver.ThreadingTCPServer | None = None

    def start(self) -> None:
        messages = self.messages

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while head := self.rfile.read(1):
                    while not head.endswith(b" "):
                        head += self.rfile.read(1)
                    messages.append(self.rfile.read(int(head)).decode())

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


@pytest.fixture
def tcp():
    receiver = TcpReceiver()
    receiver.start()
    yield receiver
    receiver.stop()


def config_of(folder: Path, text: str) -> Path:
    path = folder / "weir.toml"
    path.write_text(text)
    return path


def syslog(port: int, more: str = "", name: str = "siem") -> str:
    return f'[[sink]]\nname = "{name}"\nkind = "syslog"\naddress = "tcp://127.0.0.1:{port}"\n{more}\n'


def sink(sensor, name: str) -> dict:
    return next(one for one in sensor.json("/api/v1/status")["sinks"] if one["name"] == name)


def test_syslog_gets_each_alert_once_in_both_forms(serve, demo, tmp_path, tcp):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    udp.bind(("127.0.0.1", 0))
    cef = (
        f'[[sink]]\nname = "cef"\nkind = "syslog"\naddress = "udp://127.0.0.1:{udp.getsockname()[1]}"\nformat = "cef"\n'
    )
    sensor = serve("-r", demo, "--config", config_of(tmp_path, syslog(tcp.port) + cef))
    sensor.wait_until_finished()
    sensor.wait_until("the sinks", lambda: sink(sensor, "siem")["waiting"] + sink(sensor, "cef")["waiting"] == 0)
    status = sink(sensor, "siem")
    metrics = sensor.get("/metrics").decode()
    assert sensor.stop() == 0, sensor.output()
    assert status["told"] == status["sent"] == len(tcp.messages)
    assert f'weir_sink_sent_total{{sink="siem"}} {status["sent"]}' in metrics
    for message in tcp.messages:
        assert PLAIN.fullmatch(message), message
        assert len(message) <= 2048
    assert {flow_uid(m) for m in tcp.messages} == anomalous(tmp_path / "state") != set()
    udp.settimeout(1)
    datagrams: list[str] = []
    while len(datagrams) < status["sent"]:
        datagrams.append(udp.recv(65536).decode())
    assert all(re.search(r" alert - CEF:0\|weir\|weir\|[^|]+\|\w+\|WEIR \w+\|\d+\|externalId=", d) for d in datagrams)
    assert {flow_uid(d) for d in datagrams} == anomalous(tmp_path / "state")


@pytest.mark.parametrize("kind", ["stream", "datagram"])
def test_a_unix_socket_takes_eve_as_lines(serve, demo, tmp_path, kind):
    stream = kind == "stream"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "eve.sock"))
    listener.settimeout(30)
    received: list[bytes] = []

    def receive() -> None:
        connection = listener.accept()[0] if stream else listener
        with contextlib.suppress(TimeoutError):  # the test is over by then
            while piece := connection.recv(1 << 16):
                received.append(piece)

    if stream:
        listener.listen()
    threading.Thread(target=receive, daemon=True).start()
    config = f'[[sink]]\nname = "eve"\nkind = "eve-socket"\npath = "{tmp_path}/eve.sock"\ntype = "{kind}"\n'
    sensor = serve("-r", demo, "--config", config_of(tmp_path, config))
    sensor.wait_until_finished()
    sensor.wait_until("the sink", lambda: sink(sensor, "eve")["waiting"] == 0)
    expected = anomalous(tmp_path / "state")
    sensor.wait_until("the events", lambda: len(b"".join(received).splitlines()) >= sink(sensor, "eve")["sent"])
    assert sensor.stop() == 0, sensor.output()
    found = [json.loads(line) for line in b"".join(received).splitlines()]
    assert {event["weir"]["flow_uid"] for event in found} == expected != set()


def test_a_dead_sink_hurts_neither_the_other_nor_the_store_and_gets_all_when_it_is_back(serve, demo, tmp_path, tcp):
    away = TcpReceiver()
    away.start()
    away.stop()
    sensor = serve("-r", demo, "--config", config_of(tmp_path, syslog(tcp.port) + syslog(away.port, name="away")))
    sensor.wait_until_finished()
    sensor.wait_until("the sink that is there", lambda: sink(sensor, "siem")["waiting"] == 0)
    dead = sink(sensor, "away")
    assert (dead["ok"], dead["sent"], dead["waiting"]) == (False, 0, dead["told"])
    assert "Connection refused" in dead["last_error"]
    assert "the sink away fails" in sensor.json("/api/v1/status")["problem"]
    away.start()
    sensor.wait_until("the sink that was away", lambda: sink(sensor, "away")["waiting"] == 0)
    assert sink(sensor, "away")["ok"]
    assert sensor.stop() == 0, sensor.output()
    away.stop()
    assert {flow_uid(m) for m in away.messages} == {flow_uid(m) for m in tcp.messages} == anomalous(tmp_path / "state")
    assert len(away.messages) == len(set(away.messages))


def test_a_receiver_that_reads_nothing_holds_up_no_one(serve, demo, tmp_path, tcp):
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    silent.bind(("127.0.0.1", 0))
    silent.listen(0)
    slow = syslog(silent.getsockname()[1], name="slow")
    sensor = serve("-r", demo, "--config", config_of(tmp_path, syslog(tcp.port) + slow))
    sensor.wait_until_finished()
    sensor.wait_until("the other sink", lambda: sink(sensor, "siem")["waiting"] == 0)
    begin = time.monotonic()
    assert sensor.stop() in (0, 3), sensor.output()
    assert time.monotonic() - begin < 12
    assert {flow_uid(m) for m in tcp.messages} == anomalous(tmp_path / "state")


def test_a_killed_sensor_loses_nothing_that_it_had_found(serve, demo, tmp_path):
    receiver = TcpReceiver()
    receiver.start()
    receiver.stop()  # nobody is there while the first run goes
    config = config_of(tmp_path, syslog(receiver.port))
    first = serve("-r", demo, "--config", config)
    first.wait_until_finished()
    first.wait_until("the spool", lambda: sink(first, "siem")["spool_bytes"] > 0)
    first.wait_until("all told", lambda: sink(first, "siem")["waiting"] >= len(anomalous(tmp_path / "state")))
    time.sleep(0.5)  # what is told is on the disk within a moment
    first.process.kill()
    first.process.wait()
    expected = anomalous(tmp_path / "state")
    receiver.start()
    second = serve("-r", demo, "--max-packets", "1", "--config", config)
    second.wait_until("what the killed run left", lambda: sink(second, "siem")["waiting_of_earlier"] == 0)
    assert second.stop() == 0, second.output()
    receiver.stop()
    assert {flow_uid(m) for m in receiver.messages} == expected != set()


def test_what_waits_for_a_sink_that_was_removed_is_told(serve, demo, small, tmp_path):
    nobody = TcpReceiver()
    nobody.start()
    nobody.stop()
    first = serve("-r", demo, "--config", config_of(tmp_path, syslog(nobody.port)))
    first.wait_until_finished()
    assert first.stop() == 3, first.output()
    second = serve("-r", small / "port-scan.pcap", "--config", config_of(tmp_path, ""))
    told = re.search(r"weir: ([\d,]+) events wait in (\S+) for a sink that is no longer configured", second.output())
    assert told, second.output()
    assert (told[1], told[2]) == (
        f"{len(anomalous(tmp_path / 'state')):,}",
        str(tmp_path / "state" / "sinks" / "siem.syslog"),
    )
    assert second.stop() == 0


def test_doctor_says_which_sinks_can_be_reached_and_mistakes_are_one_sentence(weir, small, tmp_path, tcp):
    gone = TcpReceiver()
    gone.start()
    gone.stop()
    config = config_of(tmp_path, syslog(tcp.port) + syslog(gone.port, name="gone"))
    result = weir("doctor", "--config", config, "--state-dir", tmp_path / "state")
    assert re.search(r"^OK    sink siem +syslog, its receiver can be reached$", result.stdout, re.M), result.stdout
    assert re.search(r"^CARE  sink gone +syslog tcp://127.0.0.1:\d+: connect: Connection refused$", result.stdout, re.M)
    assert tcp.messages == []
    config.write_text('[[sink]]\nname = "x"\nkind = "syslog"\naddress = "log.example.net"\n')
    run = (
        "run",
        "-r",
        small / "port-scan.pcap",
        "--exit-at-end",
        "--state-dir",
        tmp_path / "state",
        "--config",
        config,
    )
    result = weir(*run, "--listen", "127.0.0.1:0")
    assert result.returncode == 1
    assert result.stderr.strip() == (
        'weir: sink x: address = "log.example.net" is none: write udp://HOST:PORT, tcp://HOST:PORT or unix:PATH'
    )
    config.write_text('[[sink]]\nname = "x"\nkind = "syslog"\nadress = "udp://h:1"\n')
    result = weir(*run)
    assert result.returncode == 2
    assert result.stderr.strip().endswith("sink x: there is no key adress for syslog; the nearest is address")
