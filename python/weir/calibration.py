# SPDX-License-Identifier: Apache-2.0
"""The program's own calibration, for scores of any model: what is judged here is what a user gets."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from weir.preprocess import Bools, Doubles

_START_US = 1_700_000_000_000_000  # any time will do: only differences count
_FIRST_OWN_PORT = 32_768  # of src/scoring/calibration.h: from here on ports are given by chance, and one service
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6", 132: "sctp"}


@dataclass(frozen=True)
class Rule:
    """`weir model calibrate --from-scores`. Scores: lower is worse."""

    program: Path
    floor: float  # no threshold is looser
    shipped: float  # the threshold before calibration


def thresholds(rule: Rule, rows: pd.DataFrame, calibration: Bools) -> tuple[Doubles, int]:
    """For each row the score that makes it anomalous, and how many blind spots there are.

    rows: source, protocol, port (the destination's), seconds (since the capture began), score. `calibration`: what is learnt
    from. Raises RuntimeError, with the program's own words, when that is too little.
    """
    learnt = rows[calibration]
    table = pd.DataFrame(
        {
            "source": learnt["source"],
            "protocol": learnt["protocol"].astype(int),
            "port": learnt["port"].fillna(0).astype(int),
            "at_us": _START_US + (learnt["seconds"] * 1e6).astype(np.int64),
            "score": learnt["score"],
        }
    )
    command = [str(rule.program), "model", "calibrate", "--from-scores", "-"]
    command += [f"--floor={rule.floor!r}", f"--shipped={rule.shipped!r}"]
    done = subprocess.run(command, input=table.to_csv(index=False), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    learned = json.loads(done.stdout)
    limits = np.full(len(rows), learned["threshold"], np.float64)
    open_rows = np.ones(len(rows), np.bool_)
    services = service_names(rows["protocol"], rows["port"])
    for spot in learned["blind_spots"]:  # the most lenient first, and the first that covers a row counts
        covered = open_rows.copy()
        if "host" in spot:
            covered &= (rows["source"] == spot["host"]).to_numpy()
        if "service" in spot:
            covered &= services == spot["service"]
        limits[covered] = min(spot["threshold"], learned["threshold"])
        open_rows &= ~covered
    return limits, len(learned["blind_spots"])


def service_names(protocol: pd.Series, port: pd.Series) -> np.ndarray:
    """As the program writes a service: 443/tcp, icmp."""
    names = protocol.astype(int).map(lambda number: _PROTOCOLS.get(number, str(number)))
    ports = port.fillna(0).astype(int)
    known = (ports > 0) & (ports < _FIRST_OWN_PORT)
    return np.asarray(names.where(~known, ports.astype(str) + "/" + names), dtype=object)
