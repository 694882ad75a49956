# SPDX-License-Identifier: Apache-2.0
"""What things say to everyone: mDNS, SSDP, DHCP, NetBIOS; and one-way reports: syslog, metrics, flow records."""

from __future__ import annotations

import socket
import time

from common import Pace, arguments
from tunneler import question

GROUPS = {"mdns": ("224.0.0.251", 5353), "ssdp": ("239.255.255.250", 1900), "llmnr": ("224.0.0.252", 5355)}


def main() -> None:
    parser = arguments(__doc__, count=60, seconds=90)
    parser.add_argument("way", choices=(*GROUPS, "dhcp", "netbios", "report"))
    parser.add_argument("--own", required=True, help="this host's address")
    parser.add_argument("--to", default="", help="broadcast address, or the collector")
    parser.add_argument("--port", type=int, default=514)
    options = parser.parse_args()
    pace = Pace(options)
    chance = pace.chance
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(options.own))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
    if options.way in ("mdns", "dhcp", "netbios"):
        sock.bind((options.own, {"mdns": 5353, "dhcp": 68, "netbios": 137}[options.way]))
    while pace.go_on():
        if options.way in GROUPS:
            text = f"_svc{chance.randrange(9)}._tcp.local"
            data = question(text, chance) if options.way != "ssdp" else b"M-SEARCH * HTTP/1.1\r\nST: x\r\n\r\n" * 2
            target = GROUPS[options.way]
        else:
            data = chance.randbytes({"dhcp": 300, "netbios": 50}.get(options.way, chance.randint(60, 900)))
            target = (options.to, {"dhcp": 67, "netbios": 137}.get(options.way, options.port))
        for _ in range(chance.choice((1, 1, 2, 3))):
            try:
                sock.sendto(data, target)
            except OSError:
                pass
        time.sleep(pace.wait_s())


if __name__ == "__main__":
    main()
