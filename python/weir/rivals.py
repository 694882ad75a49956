# SPDX-License-Identifier: Apache-2.0
"""Simpler detectors under the same conditions: network held out, threshold calibrated on its own normal traffic."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from weir import crossval, evaluate, models, preprocess, study, weights
from weir.calibration import Rule
from weir.crossval import HeldOut
from weir.datasets import DataSet
from weir.preprocess import Bools, Doubles, Floats
from weir.settings import Settings

Detector = Callable[[Floats], Doubles]
_FAR = 1e30  # the score of a row that the feature says nothing of


def markdown(
    data: DataSet,
    inputs: list[str],
    families: Mapping[str, str],
    settings: Settings,
    held_out: HeldOut,
    program: Path,
    workers: int = 1,
) -> str:
    """Episodes found on held-out networks, tools known; false alarms beside it, since they are not the same for all."""
    raw = crossval.defined(data.rows.columns(inputs))
    judged = np.isin(data.labels["variant"].to_numpy(), study.JUDGED)
    rule = Rule(program, 0.0, 0.0)

    def judge(network: str) -> dict[str, study.Judged]:
        outside = crossval.without(data, network)
        inside = np.asarray(data.labels["network"] == network, dtype=np.bool_)
        if not (data.attack & outside).any():
            return {}
        kept = outside.copy()
        services = weights.service_of(data.rows.identity[outside])
        kept[outside] = weights.thin(
            data.labels[outside].reset_index(drop=True),
            services.reset_index(drop=True),
            settings.rows_per_group,
            settings.seed,
            40,
        )
        part = crossval.select(data, raw, inside)
        known = {"network": network, "absent": "nothing"}
        detectors: dict[str, Detector] = {"this detector": lambda x: held_out.scores[inside]}
        detectors |= _detectors(crossval.select(data, raw, kept), inputs, families, settings)
        return {
            name: study.judge_network(part, _as_scorer(detector), judged[inside], rule, known)
            for name, detector in detectors.items()
        }

    lines: dict[str, list[study.Judged]] = {}
    with ThreadPoolExecutor(workers) as pool:
        for found in pool.map(judge, sorted(set(data.labels["network"][data.attack]))):
            for name, result in found.items():
                lines.setdefault(name, []).append(result)
    text = [
        "| detector | found | found, address shared with a busy host | false alarms, of normal flows |",
        "|---|---|---|---|",
    ]
    for name, results in lines.items():
        episodes = pd.concat([one for one, _, _ in results])
        alarms = pd.concat([two for _, two, _ in results])
        episodes, alarms = episodes[episodes["way"] == "calibrated"], alarms[alarms["way"] == "calibrated"]
        apart, shared = (
            episodes[~episodes["variant"].isin(study.TOLD_OTHERWISE)],
            episodes[episodes["variant"] == "shared"],
        )
        flagged = 100 * alarms["flagged"].sum() / max(alarms["flows"].sum(), 1)
        text.append(
            f"| {name} | {study.share(apart['found'].sum(), len(apart))} | {study.share(shared['found'].sum(), len(shared))} | {flagged:.3f} % |"
        )
    return "\n".join(text)


def _as_scorer(detector: Detector) -> study.Scorer:
    return lambda data: (detector(data.rows.values), [""] * len(data))


def _detectors(
    known: DataSet, inputs: Sequence[str], families: Mapping[str, str], settings: Settings
) -> dict[str, Detector]:
    raw = known.rows.values
    service = weights.service_of(known.rows.identity)
    w = weights.detector_weights(known.labels, service)
    detectors: dict[str, Detector] = {}

    def trees(columns: Bools, options: models.TreeOptions) -> Detector:
        booster = models.fit_detector(raw[:, columns], known.attack, w, options, settings.seed)
        return lambda x: models.detector_scores(booster, x[:, columns])

    every = np.ones(len(inputs), np.bool_)
    flow = np.asarray([families.get(name) != "host" for name in inputs], np.bool_)
    if flow.any() and not flow.all():
        # Smaller and in one round: seven networks times two are many fits.
        smaller = dataclasses.replace(settings.detector, trees=max(settings.detector.trees // 3, 1))
        detectors["a third of its trees, on flow features alone"] = trees(flow, smaller)
        detectors["a third of its trees, on host context alone"] = trees(~flow, smaller)
    small = models.TreeOptions(trees=1, leaves=16, learning_rate=1.0, features_per_tree=1.0, rows_per_tree=1.0)
    detectors["one decision tree of 16 leaves"] = trees(every, small)
    best, sign = evaluate.most_telling_feature(raw, known.attack, w)
    detectors[f"single feature ({inputs[best]})"] = lambda x: np.where(
        np.isfinite(x[:, best]), sign * x[:, best], _FAR
    ).astype(np.float64)
    normal = raw[~known.attack][:, flow]
    scaled = preprocess.fit(normal, np.ones(len(normal), dtype=np.bool_))
    forest = models.isolation_forest(scaled.apply(normal), settings.seed)
    # Its own zero: the score that one in a thousand of the normal rows it was fitted on reach.
    zero = float(np.quantile(forest(scaled.apply(normal)), 0.001))
    detectors["isolation forest on flow features"] = lambda x: forest(scaled.apply(x[:, flow])) - zero
    return detectors
