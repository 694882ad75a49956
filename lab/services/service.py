# SPDX-License-Identifier: Apache-2.0
"""What a server is to the lab: files that it needs, a script that starts it, ports by which it is known to be up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.topology import Host, Network

# Not sys.executable: that one may live in a home folder, which hosts of the lab do not see.
PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Service:
    """`files` gives path under / -> content; `script` runs in the host by bash and returns at once; `ports` are TCP ports."""

    name: str
    files: Callable[[Network, Host], dict[str, str | bytes]]
    script: Callable[[Network, Host], str]
    ports: Callable[[Network, Host], tuple[int, ...]] = lambda network, host: ()
    program: str = ""
    version: tuple[str, ...] = ()


def in_background(command: str, log: str) -> str:
    """A line that starts a command that stays, with its words in /var/log."""
    return f"setsid {command} </dev/null >/var/log/{log}.log 2>&1 &\n"
