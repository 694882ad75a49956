# SPDX-License-Identifier: Apache-2.0
"""What smells in a training set: what a model could learn from it that says nothing about attacks.

    python -m weir.smell models/default.toml --recordings lab/out --weir build/weir --cache cache -o smell.md

Reports as Markdown: features that hold one value, that say the same as another, that by themselves tell attacks from normal rows too
well; rows that are there twice, or with both labels; and how well address, port or time alone would tell the label, were
they inputs.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from weir import catalogue, crossval, evaluate, settings, training_set, weights
from weir.datasets import DataSet
from weir.preprocess import Bools, Doubles, Floats

CONSTANT_SHARE = 0.9999
SAME_CORRELATION = 0.9999
TELLING_AREA = 0.95
_SAMPLE = 50_000  # rows, for what is quadratic in features
_SHORTCUTS = {
    "source address": "src_ip",
    "destination address": "dst_ip",
    "source port": "src_port",
    "destination port": "dst_port",
    "protocol": "protocol",
    "length of the capture so far, in minutes": "minute",
}


@dataclass(frozen=True)
class Smells:
    rows: int
    constant: list[tuple[str, float]] = field(default_factory=list)  # feature, share of its commonest value
    same: list[tuple[str, str]] = field(default_factory=list)  # features of which one says all of the other
    telling: list[tuple[str, float, float]] = field(default_factory=list)  # feature, area, least area on one network
    repeated: float = 0.0  # share of rows that equal an earlier one
    both: int = 0  # different rows that occur as normal and as attack
    shortcuts: dict[str, float] = field(
        default_factory=dict
    )  # balanced accuracy on networks not looked at; 0.5: nothing


def smell(data: DataSet, inputs: list[str], seed: int = 1) -> Smells:
    raw = crossval.defined(data.rows.columns(inputs))
    row_weights = weights.detector_weights(data.labels, weights.service_of(data.rows.identity))
    sample = np.random.default_rng(seed).permutation(len(data))[:_SAMPLE]
    hashes = pd.util.hash_pandas_object(pd.DataFrame(raw), index=False).to_numpy()
    kinds = pd.DataFrame({"row": hashes, "attack": data.attack})
    return Smells(
        rows=len(data),
        constant=_constant(raw, inputs),
        same=_same(raw[sample], inputs),
        telling=_telling(data, raw, inputs, row_weights),
        repeated=float(kinds["row"].duplicated().mean()),
        both=int((kinds.groupby("row")["attack"].nunique() > 1).sum()),
        shortcuts=_shortcuts(data, row_weights),
    )


def _constant(raw: Floats, inputs: list[str]) -> list[tuple[str, float]]:
    """NaN counts as a value."""
    shares = []
    for n, name in enumerate(inputs):
        counts = pd.Series(raw[:, n]).value_counts(dropna=False, sort=True)
        shares.append((name, float(counts.iloc[0] / len(raw)) if len(counts) else 1.0))
    return [(name, share) for name, share in shares if share >= CONSTANT_SHARE]


def _same(raw: Floats, inputs: list[str]) -> list[tuple[str, str]]:
    """By the correlation of ranks, and undefined in the same rows."""
    ranks = pd.DataFrame(raw).rank().to_numpy(np.float64)
    missing = np.isnan(ranks)
    ranks = np.where(missing, np.nanmean(np.where(missing, 0.0, ranks), axis=0), ranks)
    ranks -= ranks.mean(axis=0)
    deviation = np.sqrt((ranks**2).sum(axis=0))
    varied = np.flatnonzero(deviation > 0)
    scaled = ranks[:, varied] / deviation[varied]
    correlation = np.abs(scaled.T @ scaled)
    pairs = np.argwhere(np.triu(correlation >= SAME_CORRELATION, 1))
    alike = [(varied[a], varied[b]) for a, b in pairs]
    return [(inputs[a], inputs[b]) for a, b in alike if np.array_equal(missing[:, a], missing[:, b])]


def _telling(data: DataSet, raw: Floats, inputs: list[str], row_weights: Doubles) -> list[tuple[str, float, float]]:
    attack, networks = data.attack, data.labels["network"].to_numpy()
    found = []
    for n, name in enumerate(inputs):
        column = np.where(np.isfinite(raw[:, n]), raw[:, n], -np.inf).astype(np.float64)
        area = evaluate.auc(column, attack, row_weights)
        if max(area, 1 - area) < TELLING_AREA:
            continue
        each = [
            evaluate.auc(column[m], attack[m], row_weights[m]) for m in (networks == k for k in sorted(set(networks)))
        ]
        found.append((name, max(area, 1 - area), min(max(a, 1 - a) for a in each)))
    return sorted(found, key=lambda item: -item[1])


def _shortcuts(data: DataSet, row_weights: Doubles) -> dict[str, float]:
    """The label by majority of the rows with the same value on all other networks; a value not seen there counts half."""
    keys = data.rows.identity.assign(
        minute=(data.labels["seconds"] // 60).astype(int) if "seconds" in data.labels else 0
    )
    networks = data.labels["network"].to_numpy()
    return {
        words: _by_value(keys[column].to_numpy(), data.attack, networks, row_weights)
        for words, column in _SHORTCUTS.items()
    }


def _by_value(
    values: npt.NDArray[np.object_], attack: Bools, networks: npt.NDArray[np.object_], row_weights: Doubles
) -> float:
    codes = pd.factorize(values)[0] + 1  # undefined is a value as well
    count = codes.max() + 1
    right = np.zeros(2)
    total = np.zeros(2)
    whole = np.stack([np.bincount(codes, row_weights * (attack == side), count) for side in (False, True)])
    for network in sorted(set(networks)):
        inside = networks == network
        part = [
            np.bincount(codes[inside], row_weights[inside] * (attack[inside] == side), count) for side in (False, True)
        ]
        outside = whole - np.stack(part)
        vote = np.where(outside[1] > outside[0] + 1e-9, 1.0, np.where(outside[0] > outside[1] + 1e-9, 0.0, 0.5))
        for side in (0, 1):
            total[side] += part[side].sum()
            right[side] += (part[side] * (vote if side else 1 - vote)).sum()
    return float((right / np.maximum(total, 1e-12)).mean())


def markdown(smells: Smells) -> str:
    def listed(items: list[str]) -> str:
        return ", ".join(items) if items else "none"

    lines = [
        f"{smells.rows} rows.",
        "",
        f"- Features of one value ({100 * CONSTANT_SHARE:.2f} % of the rows or more): "
        + listed([f"{name} ({100 * share:.2f} %)" for name, share in smells.constant]),
        f"- Features that say the same (correlation of ranks {SAME_CORRELATION} or more): "
        + listed([f"{a} = {b}" for a, b in smells.same]),
        f"- Features that alone tell attack from normal (area {TELLING_AREA} or more; on the network where least): "
        + listed([f"{name} ({area:.3f}; {least:.3f})" for name, area, least in smells.telling]),
        f"- Rows that equal an earlier row: {100 * smells.repeated:.1f} %; rows that occur with both labels: {smells.both}",
        "- What would tell the label by itself, learnt on other networks (balanced accuracy; 0.5 is nothing; none of it is an input):",
        *[f"  - {words}: {share:.3f}" for words, share in smells.shortcuts.items()],
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="weir.smell", description="Report what smells in a training set.")
    settings.add_arguments(parser)
    parser.add_argument("-o", "--output", type=Path, help="file for the report; left out: standard output")
    options = parser.parse_args(arguments)
    plan = settings.read(options.settings, options.recordings)
    program = options.weir.resolve()
    inputs = catalogue.read(program).inputs_without(plan.drop)
    with tempfile.TemporaryDirectory() as scratch:
        cache = options.cache or Path(scratch)
        data = training_set.build(plan, inputs, program, cache, lambda step: None)
    text = markdown(smell(data, inputs, plan.seed)) + "\n"
    if options.output:
        options.output.write_text(text)
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
