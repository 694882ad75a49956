# SPDX-License-Identifier: Apache-2.0
"""iodined: the far end of the DNS tunnel, which answers for the tunnel's own zone."""

from __future__ import annotations

from lab.services.nsd import TUNNEL_ZONE
from lab.services.service import Service, in_background
from lab.topology import Host, Network

PASSWORD = "thimble"
INNER = "198.19.250.1"  # the far end's address inside the tunnel
INNER_BITS = 27


def zone(network: Network) -> str:
    return f"{TUNNEL_ZONE}.{network.domain}"


def _script(network: Network, host: Host) -> str:
    return in_background(
        f"iodined -f -c -P {PASSWORD} -n {network.address4(host)} {INNER}/{INNER_BITS} {zone(network)}", "iodined"
    )


SERVICE = Service("iodined", lambda network, host: {}, _script, program="iodined", version=("iodined", "-v"))
