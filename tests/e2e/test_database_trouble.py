# SPDX-License-Identifier: Apache-2.0
"""The database in trouble while packets come: short runs of database_trouble.py, which has longer ones too."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from database_trouble import POSTGRES, Cluster
from tcp_proxy import Proxy

SCRIPT = Path(__file__).parent / "database_trouble.py"


@pytest.mark.parametrize("kind", ["killed", "cut", "slow", "full", "file"])
def test_every_packet_is_taken_meanwhile_and_every_flow_arrives_once(kind, program):
    if kind != "file" and not (POSTGRES / "initdb").exists():
        pytest.skip("PostgreSQL's server is not installed")
    if kind in ("full", "file") and (
        os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0
    ):
        pytest.skip("only root can mount a small file system of the test's own")
    command = [sys.executable, SCRIPT, "--program", program, "--only", kind, "--speed", "50"]
    command += [
        "--longest-pause",
        "30",
    ]  # beside other tests; had it waited for the database, the capture would not end
    ended = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_replay_ends_only_when_a_slow_database_has_all(serve, small, tmp_path):
    if not (POSTGRES / "initdb").exists():
        pytest.skip("PostgreSQL's server is not installed")
    postgres = tmp_path / "postgres"
    postgres.mkdir()
    for folder in [postgres, *list(postgres.parents)[:3]]:
        folder.chmod(0o755)  # it runs as another user
    cluster = Cluster(postgres)
    try:
        with Proxy(cluster.port) as proxy:
            url = f"postgresql://weir@127.0.0.1:{proxy.port}/weir"
            sensor = serve("-r", small / "port-scan.pcap", "--log", "all", "--exit-at-end", "--db", url)
            proxy.delay_s = 0.5
            begin = time.monotonic()
            assert sensor.process.wait(100) == 0, sensor.output()
            took = time.monotonic() - begin
        assert took > 8, "the database was not slower than a stop waits: the test proves nothing"
        found = re.search(r"^  flows +(\d+)$", sensor.output(), re.M)
        assert found and len(cluster.flows()) == int(found[1])
    finally:
        cluster.stop()
