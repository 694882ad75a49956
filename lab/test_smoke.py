# SPDX-License-Identifier: Apache-2.0
"""The lab itself: a network up, one page fetched, one port scan, and nothing left of it. Needs root and the lab's packages."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab import labels, namespaces, networks
from lab.machine import STATE, Machine
from lab.namespaces import LiveNetwork, alone, bring_up, take_down
from lab.plan import Pace
from lab.record import record
from lab.services.start import start_all
from lab.topology import LabError

OFFICE = networks.by_name("office")
# A name of its own, so that the tests never meet a recording that runs at the same time.
SMALL = replace(
    OFFICE,
    name="smoke",
    hosts=tuple(h for h in OFFICE.hosts if h.name in ("web", "files", "infra", "roots", "desk1", "desk3")),
)
TOOLS = [
    "nginx",
    "sshd",
    "nsd",
    "unbound",
    "vsftpd",
    "mosquitto",
    "curl",
    "nmap",
    "hydra",
    "tcpdump",
    "ethtool",
]

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or any(shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin") is None for tool in TOOLS),
    reason="needs root and the packages of lab/packages.txt",
)


@pytest.fixture(scope="module")
def live() -> Iterator[LiveNetwork]:
    take_down(SMALL.name)
    try:
        up = bring_up(SMALL, lifetime_s=120)
        start_all(up)
        yield up
    finally:
        take_down(SMALL.name)


def test_a_page_and_a_port_scan_work_inside(live: LiveNetwork) -> None:
    desk, web = live.machines["desk1"], live.network.host("web")
    assert (
        desk.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://web.{live.network.domain}/") == "200"
    )
    found = desk.run("nmap", "-n", "-Pn", "-p", "22,80,81", live.network.address4(web))
    assert "80/tcp open" in found and "81/tcp closed" in found


def test_no_host_has_a_way_out(live: LiveNetwork) -> None:
    for machine in (live.router, *live.machines.values()):
        routes = machine.run("ip", "-4", "route") + machine.run("ip", "-6", "route")
        assert "default" not in routes, machine.name
    names = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    assert "p-desk1" not in names and "br-lan" not in names


def test_a_host_writes_to_its_own_folders_only(live: LiveNetwork) -> None:
    assert "Read-only" in live.machines["desk1"].run(
        "bash", "-c", "touch /usr/weir-lab-was-here /var/lib/weir-lab-was-here 2>&1; true"
    )
    live.machines["desk1"].run(
        "bash", "-c", "touch /etc/weir-lab-was-here /root/weir-lab-was-here /tmp/weir-lab-was-here"
    )
    for folder in ("/etc", "/root", "/tmp"):
        assert not Path(folder, "weir-lab-was-here").exists()


def test_nothing_is_left_of_a_network_that_was_taken_down(live: LiveNetwork) -> None:
    keepers = [m.keeper for m in live.machines.values()]
    assert take_down("smoke") == len(live.network.hosts) + 1
    assert namespaces.leftovers("smoke") == [] and not (STATE / "smoke").exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in keepers)


def test_a_failure_in_the_middle_of_a_recording_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("lab.record.carry_out", fail)
    with pytest.raises(RuntimeError, match="in the middle"):
        record(SMALL, 1, Pace(30, quiet_s=30), tmp_path)
    assert namespaces.leftovers("smoke") == [] and not (STATE / "smoke").exists()


def test_a_short_recording_holds_its_attack_and_says_so(tmp_path: Path) -> None:
    meta = record(SMALL, 2, Pace(45, quiet_s=2, episodes_per_minute=2, gentle=True, only=("http-flood",)), tmp_path)
    assert meta["packets"] > 200 and meta["episodes"] == {"flood": 1} and meta["episodes_without_packets"] == []
    legs = labels.read_labels(tmp_path / "labels.csv")
    assert {leg.attack_class for leg in legs} == set(meta["episodes"])
    assert namespaces.leftovers("smoke") == []


RECORD_SMALL = """
import sys
from lab import __main__, networks
from lab.test_smoke import SMALL
networks.ALL["smoke"] = SMALL
sys.argv = ["lab", "record", "--network", "smoke", "--seed", "1", "--seconds", "60", "-o", sys.argv[1]]
sys.exit(__main__.main())
"""


def test_a_recording_that_is_asked_to_end_takes_its_network_down(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    lab = subprocess.Popen(
        [sys.executable, "-c", RECORD_SMALL, str(tmp_path)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509 - as in a shell's background
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "raw.pcap").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(2)
    for _ in range(3):  # who waits asks again
        lab.send_signal(signal.SIGTERM)
        time.sleep(0.02)
    assert lab.wait(timeout=60) == 143
    assert namespaces.leftovers("smoke") == [] and not (STATE / "smoke").exists()


def test_a_network_that_is_being_recorded_is_not_recorded_twice(tmp_path: Path) -> None:
    with alone("smoke"), pytest.raises(LabError, match="network smoke is being recorded by another process"):
        record(SMALL, 1, Pace(30, quiet_s=30), tmp_path)


def test_a_network_that_is_being_recorded_is_not_taken_down_by_another() -> None:
    down = [sys.executable, "-m", "lab", "down", "--network", "smoke"]
    with alone("smoke"):
        done = subprocess.run(down, cwd=Path(__file__).parent.parent, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("lab: network smoke is being recorded by another process")


def test_a_keeper_that_outlives_its_lab_ends_itself() -> None:
    machine = Machine("smoke", "alone")
    try:
        machine.start(1, [], ("", ""))
        time.sleep(1.5)
        assert not Path(f"/proc/{machine.keeper}").exists()
    finally:
        take_down("smoke")
