# SPDX-License-Identifier: Apache-2.0
"""mosquitto: the MQTT broker of the devices."""

from __future__ import annotations

from lab.services.service import Service, in_background

PORT = 1883

SERVICE = Service(
    "mosquitto",
    lambda network, host: {"srv/mosquitto.conf": f"listener {PORT}\nallow_anonymous true\nuser root\n"},
    lambda network, host: in_background("mosquitto -c /srv/mosquitto.conf", "mosquitto"),
    lambda network, host: (PORT,),
    "mosquitto",
    ("mosquitto", "-h"),
)
