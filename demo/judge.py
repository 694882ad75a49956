#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What weir makes of the demonstration: which attacks it finds and names, and how many normal flows it flags.

    PYTHONPATH=python demo/judge.py [--model DIR] [--weir PROGRAM] [CAPTURE LABELS]

runs the program itself on the capture and holds what it stored against the labels. The names in the last table are what
most of an attack's flagged flows are called.
"""

import argparse
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from weir import judge, label

ROOT = Path(__file__).resolve().parents[1]

DETECTIONS = """
SELECT flow_uid, src_ip, src_port, dst_ip, dst_port, protocol, started_at AS started_us,
       last_seen_at AS last_us, status, score, attack_type FROM detections
"""


def detections(weir: Path, capture: Path, model: Path) -> pd.DataFrame:
    """Every flow of the capture as weir stores it."""
    with tempfile.TemporaryDirectory() as state:
        command: list[str | Path] = [weir, "run", "-r", capture, "--exit-at-end", "--log", "all", "--model", model]
        command += ["--state-dir", state, "--listen", "127.0.0.1:0"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with sqlite3.connect(Path(state) / "weir.db") as database:
            return pd.read_sql(DETECTIONS, database)


def judge_detections(flows: pd.DataFrame, labels: Path) -> judge.Judgement:
    legs = label.label_rows(flows, label.read_legs(labels)).assign(recording="demo", capture=0)
    anomalous = (flows["status"] == "anomaly").to_numpy()
    names = flows["attack_type"].fillna("unknown").tolist()
    return judge.judge(flows, legs, flows["score"].to_numpy(dtype=np.float64), anomalous, names)


def episodes(judgement: judge.Judgement) -> str:
    lines = ["| attack | class | tool | flows | found | named |", "|---|---|---|---|---|---|"]
    for e in judgement.episodes:
        lines.append(f"| {e.episode_id} | {e.label} | {e.tool} | {e.flows} | {e.found_flows} | {e.named or 'missed'} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", nargs="?", type=Path, default=ROOT / "demo" / "demo.pcap.zst")
    parser.add_argument("labels", nargs="?", type=Path, default=ROOT / "demo" / "labels.csv")
    parser.add_argument("--weir", type=Path, default=ROOT / "build" / "weir")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "default")
    options = parser.parse_args()
    judgement = judge_detections(detections(options.weir, options.capture, options.model), options.labels)
    print(judge.markdown(judgement), episodes(judgement), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
