# SPDX-License-Identifier: Apache-2.0
"""A time server of the lab's own (ntp_server.py): every packaged one conflicts with the one that the machine itself may run."""

from __future__ import annotations

from pathlib import Path

from lab.services.service import PYTHON, Service, in_background

PORT = 123
_PROGRAM = Path(__file__).with_name("ntp_server.py")

SERVICE = Service(
    "ntp",
    lambda network, host: {"srv/ntp_server.py": _PROGRAM.read_text()},
    lambda network, host: in_background(f"{PYTHON} /srv/ntp_server.py {PORT}", "ntp"),
    program=PYTHON,
)

# What a client runs: four bytes of header, its transmit time, and as many samples as asked for, two seconds apart.
CLIENT = """
import socket, struct, sys, time
name, port, samples = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
family, kind, _, _, address = socket.getaddrinfo(name, port, type=socket.SOCK_DGRAM)[0]
with socket.socket(family, kind) as client:
    client.settimeout(3)
    for sample in range(samples):
        client.sendto(struct.pack(">BBbb36xQ", 0x23, 0, 6, -20, int((time.time() + 2208988800) * 2**32)), address)
        client.recv(200)
        time.sleep(2)
"""
