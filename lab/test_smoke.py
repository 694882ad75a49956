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
from functools import partial
from ipaddress import IPv4Interface, IPv6Interface
from pathlib import Path

import pytest

from lab import accounts, capture, labels, namespaces, networks
from lab.capture import Packet
from lab.machine import STATE, Machine
from lab.namespaces import LiveNetwork, alone, bring_up, take_down
from lab.plan import Pace
from lab.record import record
from lab.services import mail, samba, sip, snmpd
from lab.services.start import start_all
from lab.topology import Host, LabError, Segment, Wire

OFFICE = networks.by_name("office")
_MORE = {"web": ("pages",), "files": ("samba", "mail"), "infra": ("snmpd", "sip")}
# A name of its own, so that the tests never meet a recording that runs at the same time; with a machine beyond a tunnel.
SMALL = replace(
    OFFICE,
    name="smoke",
    segments=(
        *OFFICE.segments,
        Segment("line", IPv4Interface("198.18.30.1/28"), IPv6Interface("2001:db8:30::1/64")),
        Segment(
            "yard", IPv4Interface("198.18.31.1/26"), IPv6Interface("2001:db8:31::1/64"), 1450, tunnel="edge", vni=77
        ),
    ),
    hosts=(
        *(
            replace(h, services=h.services + _MORE.get(h.name, ()))
            for h in OFFICE.hosts
            if h.name in ("web", "files", "infra", "roots", "desk1", "desk3")
        ),
        Host("edge", "line", 2, wire=Wire(2.0)),
        Host("gate", "yard", 41, persona="clerk"),
    ),
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
    "chromium",
    "smbd",
    "smbclient",
    "dovecot",
    "snmpd",
    "snmpget",
    "sipp",
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
        up = bring_up(SMALL, lifetime_s=500)
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


def test_a_browser_beyond_a_tunnel_sees_a_whole_page_and_ends(live: LiveNetwork) -> None:
    gate, site = live.machines["gate"], f"https://web.{live.network.domain}"
    program = (
        "python3",
        "/srv/programs/chromium.py",
        "--count",
        "1",
        "--pause",
        "0",
        "--seconds",
        "100",
        "--patience",
        "90",
        site,
    )
    assert gate.run(*program, limit_s=120) == "1 pages\n"
    left = gate.run("ps", "-eo", "args")
    assert "chromium" not in left and not list((gate.files / "tmp").glob("chromium-*")), left


def test_the_servers_of_a_desks_day_answer(live: LiveNetwork) -> None:
    domain = live.network.domain
    run = partial(live.machines["desk1"].run, limit_s=90)  # a busy machine is no failure
    user, password = accounts.PEOPLE[0]
    assert "plan12.dat" in run("smbclient", f"//files.{domain}/{samba.SHARE}", f"-U{user}%{password}", "-c", "ls")
    letter, mailbox = f"smtp://files.{domain}:{mail.SUBMISSION}", f"imaps://files.{domain}/INBOX"
    post = f"printf 'From: x\\r\\n\\r\\nhello\\r\\n' | curl -k -s --ssl-reqd -u {user}:{password} --mail-from {user}@{domain} --mail-rcpt {user}@{domain} -T - {letter}"
    run("bash", "-c", post)
    assert "hello" in run("curl", "-k", "-s", "-u", f"{user}:{password}", f"{mailbox};MAILINDEX=1")
    infra = live.network.address4("infra")
    ask = ("snmpget", "-v2c", "-c", snmpd.COMMUNITY, infra, ".1.3.6.1.2.1.1.3.0")
    assert "Timeticks" in run(*ask)
    own = live.network.address4("desk1")
    run(
        "bash",
        "-c",
        f"cd /tmp && sipp {infra}:{sip.PORT} -sn uac -i {own} -d 100 -m 1 -nostdin -skip_rlimit -timeout 80",
    )


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
    seen = [Packet(*record) for record in capture.read(tmp_path / "capture.pcap")[1]]
    beyond = [p for p in seen if (row := labels.packet_row(p)) and row.src_ip.startswith("198.18.31.")]
    assert len(beyond) > 20 and all(capture.unwrapped(p.data) is not p.data for p in beyond)
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
