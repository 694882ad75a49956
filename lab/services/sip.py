# SPDX-License-Identifier: Apache-2.0
"""A telephone exchange: SIPp answers calls and sends back the voice that it hears (RTP)."""

from __future__ import annotations

from lab.services.service import Service, in_background
from lab.topology import Host, Network

PORT = 5060
VOICE = 6000  # the first of the ports on which it hears


def _script(network: Network, host: Host) -> str:
    own = network.inner4(host)
    return in_background(
        f"sipp -sn uas -i {own} -p {PORT} -mi {own} -mp {VOICE} -rtp_echo -nostdin -bg -aa -skip_rlimit", "sip"
    )


SERVICE = Service("sip", lambda network, host: {}, _script, program="sipp", version=("sipp", "-v"))
