# SPDX-License-Identifier: Apache-2.0
"""Fits a detector and a namer of attack types on labelled recordings and writes a bundle.

    python -m weir.train models/default.toml --recordings lab/out --weir build/weir -o models/default

Rows come from `weir extract --interim`: training sees what serving will see. Recordings named under [[test]] are judged
and never trained on.
"""

import argparse
import dataclasses
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from weir import (
    card,
    catalogue,
    crossval,
    datasets,
    evaluate,
    export,
    models,
    onnx_graphs,
    report,
    rivals,
    settings,
    study,
    training_set,
    weave,
    weights,
)
from weir.bundle import BundleRunner
from weir.crossval import Fitted, HeldOut
from weir.datasets import DataSet
from weir.settings import Settings

SELF_CHECK_ROWS = 8


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="weir.train", description="Train and export a model bundle.")
    settings.add_arguments(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the bundle")
    parser.add_argument("--workers", type=int, default=1, help="networks fitted at once, on threads (default 1)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        train(
            settings.read(options.settings, options.recordings),
            catalogue.read(options.weir.resolve()),
            options.weir.resolve(),
            options.cache or Path(scratch),
            options.output,
            options.workers,
        )
    return 0


def train(plan: Settings, known: catalogue.Catalogue, program: Path, cache: Path, output: Path, workers: int) -> None:
    progress = Progress()
    inputs = known.inputs_without(plan.drop)
    data = training_set.build(plan, inputs, program, cache, progress)
    progress(f"{len(data)} rows, {int(data.attack.sum())} of attacks")
    held_out = crossval.hold_out(data, inputs, plan, progress, workers)
    progress("fitting on all of it")
    fitted = crossval.fit(data, crossval.defined(data.rows.columns(inputs)), np.ones(len(data), np.bool_), plan)
    bundle = assemble(plan, known, inputs, data, held_out, fitted)
    export.write(bundle, output)
    progress("judging")
    seen = study.run(data, inputs, plan, held_out, program, progress, workers)
    others = rivals.markdown(data, inputs, known.families, plan, held_out, program, workers)
    tests = judge_tests(plan, output, inputs, program, cache)
    text = card.write(plan, bundle, data, seen, others, tests)
    export.write(dataclasses.replace(bundle, card=text), output)
    report.write(seen, f"{plan.name}@{plan.version} on what it never saw", output / "study")
    progress(f"wrote {output}")


class Progress:
    """A line for each step, with the seconds so far."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self, step: str) -> None:
        print(f"{time.monotonic() - self._start:7.1f} s  {step}", file=sys.stderr, flush=True)


def assemble(
    plan: Settings, known: catalogue.Catalogue, inputs: list[str], data: DataSet, held_out: HeldOut, fitted: Fitted
) -> export.Bundle:
    """Everything but the model card, which tells how the finished bundle did."""
    raw = data.rows.columns(inputs)
    normal = ~data.attack
    temperature, bound = calibrate_names(plan, data, held_out)
    scored = held_out.scores[normal]
    anomaly = export.Anomaly(
        graph=onnx_graphs.lightgbm_score(fitted.detector, -1.0),
        threshold=crossval.threshold(
            held_out.scores, normal, data.labels["network"].to_numpy(), plan.false_alarm_share
        ),
        higher_is_worse=False,
        benign_scores=scored[np.isfinite(scored)],
        floor=plan.floor,
    )
    attack = export.Attack(onnx_graphs.lightgbm_classes(fitted.namer, temperature), plan.labels, bound)
    return export.Bundle(
        name=plan.name,
        version=plan.version,
        created=plan.created,
        trained_on=trained_on(plan, data),
        contract=export.Contract(inputs, list(known.names), known.digest),
        preprocess=export.IN_GRAPH,
        anomaly=anomaly,
        attack=attack,
        benign_rows=raw[normal],
        self_check=self_check(data, inputs, fitted, temperature, plan.seed),
        card="",
    )


def calibrate_names(plan: Settings, data: DataSet, held_out: HeldOut) -> tuple[float, float]:
    """Temperature and confidence bound from held-out attack rows, by tools."""
    by_tools = (data.labels["tool"] != weave.TOOL).to_numpy()
    seen = data.attack & by_tools & np.isfinite(held_out.margins[:, 0])
    margins = held_out.margins[seen]
    labels = data.labels[seen].reset_index(drop=True)
    row_weights = weights.namer_weights(labels)
    classes = np.asarray(crossval.class_numbers(labels["label"].to_list(), [label.name for label in plan.labels]))
    temperature = models.fit_temperature(margins, classes.astype(np.float64), row_weights)
    p = models.probabilities(margins, temperature)
    right = p.argmax(axis=1) == classes
    return temperature, crossval.confidence_bound(p.max(axis=1), right, row_weights, plan.wrong_name_share)


def trained_on(plan: Settings, data: DataSet) -> dict[str, object]:
    counts = data.labels.groupby(data.labels["recording"].str.split("/").str[0]).size()
    networks = sorted(set(data.labels["network"]))
    return {
        "summary": f"{len(data)} rows of {len(plan.train)} recordings on {len(networks)} networks: {', '.join(networks)}",
        "split": "one network held out at a time for threshold, p-values and confidence; then fitted on all",
        "seed": plan.seed,
        "data": [
            {"name": s.name, "network": s.network, "sha256": s.digest(), "rows": int(counts[s.name])}
            for s in plan.train
        ],
        "tested_on": [{"name": s.name, "network": s.network, "sha256": s.digest()} for s in plan.test],
    }


def self_check(data: DataSet, inputs: list[str], fitted: Fitted, temperature: float, seed: int) -> export.SelfCheck:
    """Rows of each kind, with what LightGBM itself says about them."""
    rng = np.random.default_rng(seed)
    half = SELF_CHECK_ROWS // 2
    chosen = np.concatenate([rng.choice(np.flatnonzero(mask), half) for mask in (data.attack, ~data.attack)])
    raw = data.rows.columns(inputs)[chosen]
    x = crossval.defined(raw)
    classes = models.probabilities(models.namer_margins(fitted.namer, x), temperature)
    return export.SelfCheck(raw, models.detector_scores(fitted.detector, x), classes)


def judge_tests(plan: Settings, output: Path, inputs: list[str], program: Path, cache: Path) -> dict[str, str]:
    """The finished bundle's report on each recording that it never saw."""
    runner = BundleRunner(output)
    return {source.name: evaluate.report(runner, datasets.load(source, inputs, program, cache)) for source in plan.test}


if __name__ == "__main__":
    sys.exit(main())
