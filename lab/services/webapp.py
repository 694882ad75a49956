# SPDX-License-Identifier: Apache-2.0
"""The dynamic application (webapp_server.py), reachable behind nginx and on its own port."""

from __future__ import annotations

from pathlib import Path

from lab.services.service import PYTHON, Service, in_background
from lab.topology import Host, Network

_PROGRAM = Path(__file__).with_name("webapp_server.py")


def _script(network: Network, host: Host) -> str:
    return in_background(f"{PYTHON} /srv/webapp_server.py {network.app_port}", "webapp")


SERVICE = Service(
    "webapp",
    lambda network, host: {"srv/webapp_server.py": _PROGRAM.read_text()},
    _script,
    lambda network, host: (network.app_port,),
    PYTHON,
)
