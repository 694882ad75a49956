# SPDX-License-Identifier: Apache-2.0
"""Net-SNMP's agent: what a monitor reads of a server by poll and walk."""

from __future__ import annotations

from lab.services.service import Service, in_background
from lab.topology import Host, Network

PORT = 161
COMMUNITY = "lantern"


def _files(network: Network, host: Host) -> dict[str, str | bytes]:
    return {
        "srv/snmpd.conf": f"agentAddress udp:{PORT},udp6:{PORT}\nrocommunity {COMMUNITY}\nrocommunity6 {COMMUNITY}\nsysLocation rack 3\n"
    }


SERVICE = Service(
    "snmpd",
    _files,
    lambda network, host: in_background("snmpd -f -Lo -r -C -c /srv/snmpd.conf -p /run/snmpd.pid", "snmpd"),
    program="snmpd",
    version=("snmpd", "-v"),
)
