#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long GET /logs takes with a million detections behind it, in SQLite or in PostgreSQL.

    bench/logs_latency.py sqlite                   a database of its own in a temporary folder
    bench/logs_latency.py postgresql://USER@HOST/EMPTY_DATABASE

weir makes the schema and stores the detections of a small capture; SQL then multiplies these, with times spread over a
month. Prints the median, the 99th percentile and the maximum over --requests requests, one after another.
"""

import argparse
import http.client
import re
import signal
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CAPTURE = ROOT / "demo" / "small" / "port-scan.pcap"
MONTH_US = 30 * 86400 * 1_000_000

SQLITE_COPY = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {copies})
INSERT INTO detections ({columns}) SELECT {values} FROM detections, numbers
"""
POSTGRES_COPY = "INSERT INTO detections ({columns}) SELECT {values} FROM detections, generate_series(1, {copies})"


def serve(weir: Path, url: str, state: Path) -> tuple[subprocess.Popen[str], int]:
    command = [weir, "run", "-r", CAPTURE, "--log", "all", "--log-requests", "false", "--db", url]
    process = subprocess.Popen(
        [*map(str, command), "--state-dir", str(state), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
            return process, int(found.group(1))
    raise SystemExit("weir did not start")


def multiply_sqlite(path: Path, rows: int) -> int:
    with sqlite3.connect(path) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(detections)")]
        have = db.execute("SELECT count(*) FROM detections").fetchone()[0]
        values = {
            "flow_uid": "lower(hex(randomblob(16)))",
            "last_seen_at": f"last_seen_at - abs(random()) % {MONTH_US}",
        }
        listed = ", ".join(values.get(column, column) for column in columns)
        db.execute(SQLITE_COPY.format(columns=", ".join(columns), values=listed, copies=max(1, rows // have)))
        return int(db.execute("SELECT count(*) FROM detections").fetchone()[0])


def psql(url: str, statement: str) -> str:
    return subprocess.run(
        ["psql", "-XAtq", url, "-c", statement], check=True, capture_output=True, text=True
    ).stdout.strip()


def multiply_postgres(url: str, rows: int) -> int:
    columns = psql(
        url,
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'detections' ORDER BY ordinal_position",
    ).split()
    have = int(psql(url, "SELECT count(*) FROM detections"))
    uid = psql(url, "SELECT data_type FROM information_schema.columns WHERE column_name = 'flow_uid' LIMIT 1")
    values = {
        "flow_uid": {"uuid": "gen_random_uuid()", "bytea": "uuid_send(gen_random_uuid())"}.get(
            uid, "replace(gen_random_uuid()::text, '-', '')"
        ),
        "last_seen_at": "last_seen_at - random() * interval '30 days'",
    }
    listed = ", ".join(values.get(column, column) for column in columns)
    psql(url, POSTGRES_COPY.format(columns=", ".join(columns), values=listed, copies=max(1, rows // have)))
    psql(url, "ANALYZE detections")
    return int(psql(url, "SELECT count(*) FROM detections"))


def measure(port: int, requests: int) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times = []
    for number in range(requests + 20):
        begin = time.perf_counter()
        connection.request("GET", "/logs")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"GET /logs answered {answer.status}: {body[:200]!r}")
        if number >= 20:  # after a warm-up
            times.append(time.perf_counter() - begin)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", help="sqlite, or the URL of an empty PostgreSQL database")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--weir", type=Path, default=ROOT / "build" / "weir")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sqlite_path = folder / "bench.db"
        url = f"sqlite:{sqlite_path}" if options.database == "sqlite" else options.database
        first, _ = serve(options.weir, url, folder)
        time.sleep(2)
        first.send_signal(signal.SIGTERM)
        first.wait(30)
        if options.database == "sqlite":
            rows = multiply_sqlite(sqlite_path, options.rows)
        else:
            rows = multiply_postgres(url, options.rows)
        process, port = serve(options.weir, url, folder)
        try:
            times = sorted(measure(port, options.requests))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    p99 = times[int(len(times) * 0.99)]
    print(
        f"GET /logs, {rows} detections, {len(times)} requests: median {statistics.median(times) * 1e3:.2f} ms, "
        f"p99 {p99 * 1e3:.2f} ms, maximum {times[-1] * 1e3:.2f} ms"
    )


if __name__ == "__main__":
    main()
