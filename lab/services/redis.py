# SPDX-License-Identifier: Apache-2.0
"""redis, in memory only."""

from __future__ import annotations

from lab.services.service import Service, in_background

PORT = 6379
PASSWORD = "copper-Lid-8"

SERVICE = Service(
    "redis",
    lambda network, host: {},
    lambda network, host: in_background(
        f"redis-server --bind '* -::*' --port {PORT} --protected-mode no --requirepass {PASSWORD} --save '' --dir /tmp",
        "redis",
    ),
    lambda network, host: (PORT,),
    "redis-server",
    ("redis-server", "--version"),
)
