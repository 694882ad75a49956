# SPDX-License-Identifier: Apache-2.0
"""Starting the servers of a network that is up, and waiting until each listens."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from lab import services
from lab.namespaces import LiveNetwork
from lab.topology import Host, LabError

_PATIENCE_S = 60


def start_all(live: LiveNetwork) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda host: _start(live, host), live.network.hosts))
    for host in live.network.hosts:
        _await_ports(live, host)


def _start(live: LiveNetwork, host: Host) -> None:
    machine = live.machines[host.name]
    for name in host.services:
        service = services.ALL[name]
        for path, content in service.files(live.network, host).items():
            target = machine.files / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        machine.run("bash", "-c", service.script(live.network, host), limit_s=_PATIENCE_S)


def _await_ports(live: LiveNetwork, host: Host) -> None:
    wanted = {port: name for name in host.services for port in services.ALL[name].ports(live.network, host)}
    deadline = time.monotonic() + _PATIENCE_S
    while missing := wanted.keys() - _listening(live, host):
        if time.monotonic() > deadline:
            port = min(missing)
            raise LabError(f"{wanted[port]} on {live.network.name}/{host.name} does not listen on port {port}")
        time.sleep(0.3)


def _listening(live: LiveNetwork, host: Host) -> set[int]:
    lines = live.machines[host.name].run("ss", "-Hlnt").splitlines()
    return {int(line.split()[3].rsplit(":", 1)[1]) for line in lines}
