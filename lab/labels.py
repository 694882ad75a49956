# SPDX-License-Identifier: Apache-2.0
"""labels.csv: writing it, reading it, and the join rule as a plain function (README.md says what the columns mean)."""

from __future__ import annotations

import csv
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NamedTuple

from lab.capture import Packet, read, unwrapped
from lab.plan import within

COLUMNS = (
    "episode_id",
    "campaign_id",
    "class",
    "tool",
    "technique",
    "attempted",
    "attacker",
    "attacker_port",
    "victim",
    "victim_port",
    "protocol",
    "start_us",
    "end_us",
)


@dataclass(frozen=True)
class LabelledLeg:
    """A line of labels.csv. A port of None: any."""

    episode_id: str
    campaign_id: str
    attack_class: str
    tool: str
    technique: str
    attempted: bool
    attacker: str
    attacker_port: int | None
    victim: str
    victim_port: int | None
    protocol: int
    start_us: int
    end_us: int


class Row(NamedTuple):
    """What the join needs of a row of `weir extract`, or of a packet."""

    src_ip: str
    src_port: int
    dst_ip: str
    dst_port: int
    protocol: int
    started_us: int


def find_leg(row: Row, legs: Iterable[LabelledLeg]) -> LabelledLeg | None:
    """The leg that a row belongs to; None: normal. The latest start wins."""
    fitting = [leg for leg in legs if belongs(row, leg)]
    return max(fitting, key=lambda leg: leg.start_us, default=None)


def belongs(row: Row, leg: LabelledLeg) -> bool:
    if row.protocol != leg.protocol or not leg.start_us <= row.started_us <= leg.end_us:
        return False
    return from_attacker(row, leg) or from_victim(row, leg)


def from_attacker(row: Row, leg: LabelledLeg) -> bool:
    return _ends(row.src_ip, row.src_port, leg.attacker, leg.attacker_port) and _ends(
        row.dst_ip, row.dst_port, leg.victim, leg.victim_port
    )


def from_victim(row: Row, leg: LabelledLeg) -> bool:
    return _ends(row.dst_ip, row.dst_port, leg.attacker, leg.attacker_port) and _ends(
        row.src_ip, row.src_port, leg.victim, leg.victim_port
    )


def _ends(address: str, port: int, place: str, wanted: int | None) -> bool:
    return (wanted is None or port == wanted) and within(address, place)


def write_labels(path: Path, legs: Iterable[LabelledLeg]) -> None:
    with path.open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(COLUMNS)
        for leg in legs:
            values = (getattr(leg, field.name) for field in fields(leg))
            table.writerow(
                "" if v is None else int(v) if isinstance(v, bool) else str(v).replace(",", " ") for v in values
            )


def read_labels(path: Path) -> list[LabelledLeg]:
    with path.open(newline="") as text:
        return [_leg(line) for line in csv.DictReader(text)]


def _leg(line: dict[str, str]) -> LabelledLeg:
    def port(name: str) -> int | None:
        return int(line[name]) if line[name] else None

    return LabelledLeg(
        line["episode_id"],
        line["campaign_id"],
        line["class"],
        line["tool"],
        line["technique"],
        line["attempted"] == "1",
        line["attacker"],
        port("attacker_port"),
        line["victim"],
        port("victim_port"),
        int(line["protocol"]),
        int(line["start_us"]),
        int(line["end_us"]),
    )


def packet_row(packet: Packet) -> Row | None:
    """Addresses and ports of an Ethernet packet of the lab (no VLAN, no IPv6 extension headers that matter here); of one in a
    tunnel those inside, as in weir's rows."""
    data = unwrapped(packet.data)
    kind = data[12:14]
    if kind == b"\x08\x00" and len(data) >= 34:
        protocol, start = data[23], 14 + (data[14] & 15) * 4
        src, dst = socket.inet_ntop(socket.AF_INET, data[26:30]), socket.inet_ntop(socket.AF_INET, data[30:34])
    elif kind == b"\x86\xdd" and len(data) >= 54:
        protocol, start = data[20], 54
        src, dst = socket.inet_ntop(socket.AF_INET6, data[22:38]), socket.inet_ntop(socket.AF_INET6, data[38:54])
    else:
        return None
    has_ports = protocol in (6, 17) and len(data) >= start + 4
    src_port, dst_port = struct.unpack_from(">HH", data, start) if has_ports else (0, 0)
    return Row(src, src_port, dst, dst_port, protocol, packet.at_us)


def mark_attempted(legs: list[LabelledLeg], capture: Path) -> tuple[list[LabelledLeg], dict[int, int]]:
    """The legs with `attempted` set where the victim's side sent nothing, and the packets of each leg by its place in the list."""
    answered: set[int] = set()
    packets = dict.fromkeys(range(len(legs)), 0)
    by_protocol: dict[int, list[int]] = {}
    for place, leg in enumerate(legs):
        by_protocol.setdefault(leg.protocol, []).append(place)
    for at_us, size, data in read(capture)[1]:
        row = packet_row(Packet(at_us, size, data))
        for place in by_protocol.get(row.protocol, ()) if row else ():
            leg = legs[place]
            if leg.start_us <= at_us <= leg.end_us and row:
                back = from_victim(row, leg)
                packets[place] += back or from_attacker(row, leg)
                if back:
                    answered.add(place)
    return [replace(leg, attempted=place not in answered) for place, leg in enumerate(legs)], packets
