# SPDX-License-Identifier: Apache-2.0
"""A place that takes whatever is sent to it over plain TCP (exfiltration by nc), on two ports."""

from __future__ import annotations

from pathlib import Path

from lab.services.service import PYTHON, Service, in_background
from lab.topology import Host, Network

PORTS = (4444, 9001)

_PROGRAM = Path(__file__).with_name("sink_server.py")


def _script(network: Network, host: Host) -> str:
    return in_background(f"{PYTHON} /srv/sink_server.py {' '.join(map(str, PORTS))}", "sink")


SERVICE = Service(
    "sink",
    lambda network, host: {"srv/sink_server.py": _PROGRAM.read_text()},
    _script,
    lambda network, host: PORTS,
    PYTHON,
)
