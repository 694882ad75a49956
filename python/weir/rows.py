# SPDX-License-Identifier: Apache-2.0
"""Rows of `weir extract`: who talked with whom (text and times) beside a matrix of features."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from weir.preprocess import Bools, Floats

IDENTITY = (
    "flow_uid",
    "flow_id",
    "community_id",
    "ip_version",
    "src_ip",
    "src_port",
    "dst_ip",
    "dst_port",
    "protocol",
    "vlan",
    "tunnel_id",
    "started_us",
    "last_us",
    "packets",
    "bytes",
    "row_kind",
    "end_reason",
)
TIMING = ("slice_us", "new_packets")  # with --timing: when the sensor has the row, and what is new in it
# What joining and judging look at; the rest of the identity is not kept.
KEPT = ("flow_uid", "src_ip", "src_port", "dst_ip", "dst_port", "protocol", "started_us", "last_us", "row_kind")


@dataclass(frozen=True)
class Rows:
    identity: pd.DataFrame  # the columns of KEPT
    values: Floats  # [rows, features]
    names: Sequence[str]  # of the features

    def __len__(self) -> int:
        return len(self.values)

    def take(self, mask: Bools) -> "Rows":
        return Rows(self.identity[mask].reset_index(drop=True), self.values[mask], self.names)

    def columns(self, names: Sequence[str]) -> Floats:
        """The features of these names, in this order; all of them in theirs are not copied. Raises KeyError for an unknown one."""
        if list(names) == list(self.names):
            return self.values
        position = {name: i for i, name in enumerate(self.names)}
        return self.values[:, [position[name] for name in names]]


def read_csv(path: Path, features: Sequence[str]) -> Rows:
    """The rows of the file with the features of these names, which must all be there."""
    header = pd.read_csv(path, nrows=0).columns
    missing = [name for name in (*KEPT, *features) if name not in header]
    if missing:
        raise ValueError(f"{path} has no column {missing[0]}")
    types = dict.fromkeys(features, np.float32)
    text = dict.fromkeys(("flow_uid", "src_ip", "dst_ip", "row_kind"), str)
    timed = [name for name in TIMING if name in header]
    table = pd.read_csv(path, usecols=[*KEPT, *features, *timed], dtype={**types, **text})
    if "new_packets" in timed:
        table = table[table["new_packets"] > 0].reset_index(drop=True)  # the sensor does not score the others
    for name in ("src_port", "dst_port"):
        table[name] = table[name].fillna(0).astype(np.int64)
    return Rows(table[list(KEPT)], table[list(features)].to_numpy(np.float32), list(features))


def concat(parts: Sequence[Rows]) -> Rows:
    """One after the other; all have the same features."""
    identity = pd.concat([part.identity for part in parts], ignore_index=True)
    return Rows(identity, np.concatenate([part.values for part in parts]), parts[0].names)
