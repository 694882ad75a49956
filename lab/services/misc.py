# SPDX-License-Identifier: Apache-2.0
"""The lab's own small servers in one process: mail, telnet, push, peers, SNMP-like answers, media, collectors."""

from __future__ import annotations

from lab.services.service import PYTHON, Service, in_background

SMTP, POP3, IMAP, TELNET, PUSH = 25, 110, 143, 23, 5228
PEER_PORTS = (6881, 51413, 6882)
SNMP, MEDIA, REPORTS = 161, (5004, 3478), (514, 2055, 8125)
REFLECTOR, BURSTS = 3702, 4433

SERVICE = Service(
    "misc",
    lambda network, host: {},
    lambda network, host: in_background(f"{PYTHON} /srv/programs/misc_server.py", "misc"),
    lambda network, host: (SMTP, POP3, IMAP, TELNET, PUSH, *PEER_PORTS),
    PYTHON,
)
