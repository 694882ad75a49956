# SPDX-License-Identifier: Apache-2.0
"""Incidents and alerts told to Kafka: brokers of librdkafka's own mock cluster, which speak the real protocol on loopback."""

from __future__ import annotations

import ctypes
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PRODUCER, CONSUMER, BEGINNING, PARTITIONS = 0, 1, -2, 2


class Message(ctypes.Structure):
    _fields_ = [
        ("err", ctypes.c_int),
        ("rkt", ctypes.c_void_p),
        ("partition", ctypes.c_int32),
        ("payload", ctypes.c_void_p),
        ("len", ctypes.c_size_t),
        ("key", ctypes.c_void_p),
        ("key_len", ctypes.c_size_t),
        ("offset", ctypes.c_int64),
        ("private", ctypes.c_void_p),
    ]


def library() -> ctypes.CDLL:
    lib = ctypes.CDLL("librdkafka.so.1")
    for name in ("conf_new", "new", "mock_cluster_new", "topic_partition_list_new", "topic_partition_list_add"):
        getattr(lib, f"rd_kafka_{name}").restype = ctypes.c_void_p
    lib.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    lib.rd_kafka_consumer_poll.restype = ctypes.POINTER(Message)
    return lib


class Cluster:
    def __init__(self) -> None:
        self.lib = library()
        self.owner = self.client(PRODUCER, {})
        self.cluster = ctypes.c_void_p(self.lib.rd_kafka_mock_cluster_new(self.owner, 1))
        self.lib.rd_kafka_mock_topic_create(self.cluster, b"weir", PARTITIONS, 1)
        self.brokers = self.lib.rd_kafka_mock_cluster_bootstraps(self.cluster).decode()

    def client(self, kind: int, settings: dict[str, str]) -> ctypes.c_void_p:
        conf = ctypes.c_void_p(self.lib.rd_kafka_conf_new())
        for name, value in {"log_level": "0", **settings}.items():
            assert self.lib.rd_kafka_conf_set(conf, name.encode(), value.encode(), None, 0) == 0
        return ctypes.c_void_p(self.lib.rd_kafka_new(kind, conf, None, 0))

    def set_up(self, up: bool) -> None:
        (self.lib.rd_kafka_mock_broker_set_up if up else self.lib.rd_kafka_mock_broker_set_down)(self.cluster, 1)

    def messages(self) -> list[tuple[str, dict]]:
        """All that there is: key and event."""
        consumer = self.client(CONSUMER, {"bootstrap.servers": self.brokers, "group.id": "test"})
        places = ctypes.c_void_p(self.lib.rd_kafka_topic_partition_list_new(PARTITIONS))
        for partition in range(PARTITIONS):
            self.lib.rd_kafka_topic_partition_list_add(places, b"weir", partition)
            self.lib.rd_kafka_topic_partition_list_set_offset(places, b"weir", partition, ctypes.c_int64(BEGINNING))
        self.lib.rd_kafka_assign(consumer, places)
        found = []
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 2:
            message = self.lib.rd_kafka_consumer_poll(consumer, 100)
            if not message:
                continue
            if message.contents.err == 0:
                key = ctypes.string_at(message.contents.key, message.contents.key_len).decode()
                found.append((key, json.loads(ctypes.string_at(message.contents.payload, message.contents.len))))
                quiet_since = time.monotonic()
            self.lib.rd_kafka_message_destroy(message)
        self.lib.rd_kafka_topic_partition_list_destroy(places)
        self.lib.rd_kafka_consumer_close(consumer)
        self.lib.rd_kafka_destroy(consumer)
        return found

    def close(self) -> None:
        self.lib.rd_kafka_mock_cluster_destroy(self.cluster)
        self.lib.rd_kafka_destroy(self.owner)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    made.close()


def config_for(folder: Path, brokers: str, more: str = "") -> Path:
    path = folder / "weir.toml"
    path.write_text(
        f'[[sink]]\nname = "bus"\nkind = "kafka"\nbrokers = "{brokers}"\ntopic = "weir"\ntimeout_s = 5\n{more}'
    )
    return path


def replay(weir, capture: Path, config: Path):
    where = ("--state-dir", config.parent / "state", "--listen", "127.0.0.1:0")
    return weir("run", "-c", config, "-r", capture, "--exit-at-end", *where)


def column(folder: Path, query: str) -> set[str]:
    with sqlite3.connect(folder / "state" / "weir.db") as db:
        return {value for (value,) in db.execute(query)}


def told(messages: list[tuple[str, dict]]) -> tuple[set[str], set[str]]:
    events = [event for _, event in messages]
    return (
        {event["incident"]["id"] for event in events if event["event_type"] == "incident"},
        {event["weir"]["flow_uid"] for event in events if event["event_type"] == "alert"},
    )


def test_what_brokers_miss_while_they_are_away_comes_with_the_next_start(weir, demo, small, tmp_path, cluster):
    config = config_for(tmp_path, cluster.brokers, 'properties."reconnect.backoff.max.ms" = "100"\n')
    cluster.set_up(False)
    away = replay(weir, demo, config)
    assert away.returncode == 3, away.stdout + away.stderr
    assert "wait on the disk for the next start" in away.stdout
    cluster.set_up(True)
    again = replay(weir, small / "port-scan.pcap", config)
    assert again.returncode == 0, again.stdout + again.stderr

    messages = cluster.messages()
    incidents, flows = told(messages)
    assert incidents == column(tmp_path, "SELECT id FROM incidents") != set()
    anomalous = "SELECT flow_uid FROM detections WHERE status = 'anomaly' AND coalesce(suppressed_by, '') = ''"
    assert flows == column(tmp_path, anomalous) != set()
    for key, event in messages:
        if event["event_type"] == "alert":
            assert key == event["src_ip"]
        else:
            actors = event["incident"]["actors"]
            assert key == (actors["some"][0] if actors["count"] == 1 else event["incident"]["id"])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('properties."sasl.password" = "SECRET"\n', "sasl.password is a secret"),
        ('properties."no.such" = "1"\n', 'No such configuration property: "no.such"'),
        ('key = "port"\n', 'key = "port" is not one of actor, id'),
    ],
)
def test_each_mistake_gets_one_sentence(weir, small, tmp_path, more, says):
    result = replay(weir, small / "port-scan.pcap", config_for(tmp_path, "127.0.0.1:1", more))
    assert result.returncode in (1, 2)
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert says in result.stderr
    assert "SECRET" not in result.stderr


def test_the_doctor_asks_for_the_topic(weir, tmp_path, cluster):
    config = config_for(tmp_path, cluster.brokers)

    def finding() -> dict:
        checked = weir("doctor", "-c", config, "--state-dir", tmp_path / "state", "--json")
        return next(check for check in json.loads(checked.stdout)["checks"] if check["name"] == "sink bus")

    assert finding()["ok"], finding()
    config.write_text(config.read_text().replace('topic = "weir"', 'topic = "wier"'))
    assert "has no topic wier" in finding()["finding"]
