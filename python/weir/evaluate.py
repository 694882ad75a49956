# SPDX-License-Identifier: Apache-2.0
"""Judges a bundle on labelled recordings that its training did not see.

    python -m weir.evaluate models/default --rows rows.csv --labels labels.csv

Prints, as Markdown: episodes found and rightly named by class, false alarms, and what simpler detectors find at the same
number of false alarms.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from weir import datasets, judge, label, rows
from weir.bundle import BundleRunner
from weir.datasets import DataSet
from weir.preprocess import Bools, Doubles, Floats


def evaluate(runner: BundleRunner, data: DataSet) -> judge.Judgement:
    verdicts = runner.score(data.rows.columns(runner.features))
    return judge.judge(data.rows.identity, data.labels, verdicts.scores, verdicts.anomalous, verdicts.names)


def best_single_feature(data: DataSet, features: list[str], share: float) -> tuple[str, int]:
    """The one feature, in the better direction, that finds most episodes while flagging this share of normal rows.

    It is chosen on the very rows it is judged on: the most that one feature could do.
    """
    found: dict[str, int] = {}
    for name in features:
        column = data.rows.columns([name])[:, 0]
        for sign, direction in ((1.0, "low"), (-1.0, "high")):
            found[f"{direction} {name}"] = episodes_found(data, _finite(sign * column), share)
    best = max(found, key=lambda name: found[name])
    return best, found[best]


def most_telling_feature(raw: Floats, attack: Bools, weights: Doubles) -> tuple[int, float]:
    """The feature, and its sign, whose ranking tells attacks from normal rows best (weighted AUC)."""
    best, sign, distance = 0, 1.0, -1.0
    for n in range(raw.shape[1]):
        area = auc(_finite(-raw[:, n]), attack, weights)
        if abs(area - 0.5) > distance:
            best, sign, distance = n, -1.0 if area > 0.5 else 1.0, abs(area - 0.5)
    return best, sign


def auc(scores: Doubles, attack: Bools, weights: Doubles) -> float:
    """The chance that an attack row scores lower than a normal one; equal scores count half."""
    order = np.argsort(scores, kind="stable")
    ordered, hit, w = scores[order], attack[order], weights[order]
    _, group = np.unique(ordered, return_inverse=True)
    attacks = np.bincount(group, w * hit)
    normals = np.bincount(group, w * ~hit)
    if not attacks.sum() or not normals.sum():
        return 0.5
    before = np.cumsum(attacks) - attacks / 2
    return float((before * normals).sum() / (attacks.sum() * normals.sum()))


def episodes_found(data: DataSet, scores: Doubles, share: float) -> int:
    """By any score, with the threshold that flags at most this share of the normal rows here."""
    flagged = data.attack & (scores <= strict_threshold(scores[~data.attack], share))
    return int(data.labels.loc[flagged, "episode_id"].nunique())


def strict_threshold(normal_scores: Doubles, share: float) -> float:
    """The largest threshold that at most this share of the normal scores reach; ties count as reached."""
    ordered = np.sort(normal_scores)
    allowed = int(share * len(ordered))
    return float(np.nextafter(ordered[allowed], -np.inf)) if allowed < len(ordered) else float("inf")


def _finite(column: Floats) -> Doubles:
    """Undefined values as the least suspicious ones."""
    values = column.astype(np.float64)
    return np.where(np.isfinite(values), values, np.inf)


def report(runner: BundleRunner, data: DataSet) -> str:
    judgement = evaluate(runner, data)
    normal_rows = max(int((~data.attack).sum()), 1)
    flagged = runner.score(data.rows.columns(runner.features)).anomalous[~data.attack].sum()
    share = float(flagged) / normal_rows
    name, single = best_single_feature(data, runner.features, share)
    lines = [
        judge.markdown(judgement),
        "",
        f"Best single feature at the same share of normal rows flagged ({100 * share:.3f} %): {name} finds "
        f"{single} of {len(judgement.episodes)} episodes.",
    ]
    missed = [f"{e.episode_id} ({e.label}, {e.tool})" for e in judgement.episodes if not e.found]
    misnamed = [
        f"{e.episode_id} ({e.label} as {e.named})" for e in judgement.episodes if e.found and not e.named_rightly
    ]
    lines += [
        "",
        "Missed: " + (", ".join(missed) or "none") + ".",
        "Misnamed: " + (", ".join(misnamed) or "none") + ".",
    ]
    return "\n".join(lines)


def read(row_file: Path, label_file: Path | None, features: list[str]) -> DataSet:
    table = rows.read_csv(row_file, features)
    legs = label.read_legs(label_file) if label_file else []
    labels = label.label_rows(table.identity, legs)
    return DataSet(table, labels.assign(recording=row_file.stem, network=row_file.stem, capture=0))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="weir.evaluate", description="Judge a bundle on labelled recordings.")
    parser.add_argument("bundle", type=Path, help="folder with manifest.json")
    parser.add_argument("--rows", type=Path, action="append", required=True, help="CSV of `weir extract --interim`")
    parser.add_argument("--labels", type=Path, action="append", default=[], help="labels.csv for each --rows, in order")
    options = parser.parse_args(arguments)
    if options.labels and len(options.labels) != len(options.rows):
        parser.error("give --labels for every --rows, or for none when all traffic is normal")
    runner = BundleRunner(options.bundle)
    label_files = options.labels or [None] * len(options.rows)
    parts = [read(r, lab, runner.features) for r, lab in zip(options.rows, label_files, strict=True)]
    print(report(runner, datasets.concat(parts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
