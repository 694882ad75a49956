# SPDX-License-Identifier: Apache-2.0
"""Joins rows of `weir extract` with the lab's labels; lab/README.md states the rule.

    python -m weir.label rows.csv labels.csv -o labelled.csv

adds the columns label (`normal` or the attack's class), episode_id, tool and attempted.
"""

import argparse
import ipaddress
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from weir.preprocess import Bools

NORMAL = "normal"

Indices = npt.NDArray[np.int64]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Leg:
    """A set of flows that one run of one tool caused."""

    episode_id: str
    label: str
    tool: str
    attempted: bool
    attacker: ipaddress.IPv4Network | ipaddress.IPv6Network
    attacker_port: int | None
    victim: ipaddress.IPv4Network | ipaddress.IPv6Network
    victim_port: int | None
    protocol: int
    start_us: int
    end_us: int


def read_legs(path: Path) -> list[Leg]:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return [
        Leg(
            episode_id=row["episode_id"],
            label=row["class"],
            tool=row["tool"],
            attempted=row["attempted"] == "1",
            attacker=ipaddress.ip_network(row["attacker"], strict=False),
            attacker_port=_port(row["attacker_port"]),
            victim=ipaddress.ip_network(row["victim"], strict=False),
            victim_port=_port(row["victim_port"]),
            protocol=int(row["protocol"]),
            start_us=int(row["start_us"]),
            end_us=int(row["end_us"]),
        )
        for row in table.to_dict("records")
    ]


def techniques(path: Path) -> dict[str, str]:
    """What exactly each episode did, in the lab's words."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return dict(zip(table["episode_id"], table["technique"], strict=True))


def _port(text: str) -> int | None:
    return int(text) if text else None


def find_legs(identity: pd.DataFrame, legs: Iterable[Leg]) -> Indices:
    """For each row the index of its leg, -1 for none. Of several, the leg that started last."""
    ordered = sorted(enumerate(legs), key=lambda item: item[1].start_us)
    source = _Addresses(identity["src_ip"])
    destination = _Addresses(identity["dst_ip"])
    started = identity["started_us"].to_numpy()
    protocol = identity["protocol"].to_numpy()
    found = np.full(len(identity), -1, dtype=np.int64)
    for index, leg in ordered:
        mask = (protocol == leg.protocol) & (started >= leg.start_us) & (started <= leg.end_us)
        if not mask.any():
            continue
        attacker_first = source.within(leg.attacker) & destination.within(leg.victim)
        attacker_first &= _ports(identity, leg.attacker_port, leg.victim_port)
        victim_first = source.within(leg.victim) & destination.within(leg.attacker)
        victim_first &= _ports(identity, leg.victim_port, leg.attacker_port)
        found[mask & (attacker_first | victim_first)] = index
    return found


def _ports(identity: pd.DataFrame, source: int | None, destination: int | None) -> Bools:
    mask = np.ones(len(identity), dtype=np.bool_)
    if source is not None:
        mask &= identity["src_port"].to_numpy() == source
    if destination is not None:
        mask &= identity["dst_port"].to_numpy() == destination
    return mask


class _Addresses:
    """A column of addresses; each distinct one is parsed once."""

    def __init__(self, column: pd.Series) -> None:
        self._codes, texts = pd.factorize(column)
        parsed = [ipaddress.ip_address(text) for text in texts]
        self._v4 = np.array([address.version == 4 for address in parsed], dtype=np.bool_)
        self._numbers = np.array([int(address) for address in parsed], dtype=object)

    def within(self, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Bools:
        low, high = int(network.network_address), int(network.broadcast_address)
        inside = (self._v4 == (network.version == 4)) & (self._numbers >= low) & (self._numbers <= high)
        return np.asarray(inside, dtype=np.bool_)[self._codes]


def label_rows(identity: pd.DataFrame, legs: list[Leg]) -> pd.DataFrame:
    """The columns label, episode_id, tool, attempted for each row."""
    index = find_legs(identity, legs)
    return pd.DataFrame(
        {
            "label": [legs[i].label if i >= 0 else NORMAL for i in index],
            "episode_id": [legs[i].episode_id if i >= 0 else "" for i in index],
            "tool": [legs[i].tool if i >= 0 else "" for i in index],
            "attempted": [int(legs[i].attempted) if i >= 0 else 0 for i in index],
        }
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="weir.label", description="Label rows of `weir extract`.")
    parser.add_argument("rows", type=Path, help="CSV that `weir extract` wrote")
    parser.add_argument("labels", type=Path, help="labels.csv of the recording")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    rows = pd.read_csv(options.rows, low_memory=False)
    labels = label_rows(rows, read_legs(options.labels))
    pd.concat([rows, labels], axis=1).to_csv(options.output, index=False)
    counts = labels["label"].value_counts()
    print("\n".join(f"{name:<16} {count}" for name, count in counts.items()), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
