# SPDX-License-Identifier: Apache-2.0
"""What hangs outside of every network alike."""

from __future__ import annotations

from lab.topology import Host, Wire

# What an attacker's machine serves: the far end of tunnels, and where stolen files go.
LAIR = ("iodined", "sink", "sshd", "vsftpd")


def outsider(name: str, number: int, wire: Wire, aliases: int = 0, services: tuple[str, ...] = ()) -> Host:
    """A machine of the world where episodes may start; between them its user visits as others do."""
    return Host(name, "out", number, services, "visitor", attacker=True, wire=wire, aliases=aliases)
