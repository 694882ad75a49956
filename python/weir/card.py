# SPDX-License-Identifier: Apache-2.0
"""The model card: what went in, how it was judged, what it cannot do. Written by training, figures and all."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from weir import crossval, evaluate, judge, models, preprocess
from weir.datasets import DataSet
from weir.export import Bundle
from weir.settings import Settings


def write(plan: Settings, bundle: Bundle, data: DataSet, held_out: crossval.HeldOut, tests: Mapping[str, str]) -> str:
    sections = [
        f"# {plan.name}@{plan.version}",
        "Written by `python -m weir.train`; every figure below is of this very bundle or of its cross-validation.",
        "## What it is",
        _what(plan, bundle),
        "## Training data",
        _data_table(data),
        "## On a network that training had not seen",
        _cross_network(plan, bundle, data, held_out),
        "## Against simpler detectors",
        _rivals(plan, bundle, data, held_out),
    ]
    for name, text in tests.items():
        sections += [f"## On {name}, never trained on", text]
    sections += ["## Limits", plan.notes.strip()]
    return "\n\n".join(sections) + "\n"


def _what(plan: Settings, bundle: Bundle) -> str:
    attack = bundle.attack
    bound = f"{attack.confidence_bound:.2f}" if attack else ""
    return (
        f"- Detector: LightGBM, {plan.detector.trees} trees of {plan.detector.leaves} leaves, attack against normal. "
        f"The score is minus the log odds of an attack; {bundle.anomaly.threshold:.3f} or less is anomalous. That "
        f"threshold is the score which {100 * plan.false_alarm_share:.2f} % of the normal rows of held-out networks "
        "reach, but never above 0.\n"
        f"- Namer: LightGBM, {plan.namer.trees} trees of {plan.namer.leaves} leaves for each class, trained on attack "
        f"rows alone, its temperature fitted on held-out networks. Below a confidence of {bound} it says "
        '"unknown".\n'
        f"- Inputs: {len(bundle.contract.features)} features of a flow. No address, port, time of day, TTL or initial "
        "window."
    )


def _data_table(data: DataSet) -> str:
    lines = ["| recording | network | normal flows | attack flows | rows | episodes |", "|---|---|---|---|---|---|"]
    flows = data.labels.assign(flow_uid=data.rows.identity["flow_uid"].to_numpy(), attack=data.attack)
    for (recording, network), group in flows.groupby(["recording", "network"], sort=True):
        single = group.drop_duplicates("flow_uid")
        episodes = group.loc[group["attack"], "episode_id"].nunique()
        attacks = int(single["attack"].sum())
        lines.append(f"| {recording} | {network} | {len(single) - attacks} | {attacks} | {len(group)} | {episodes} |")
    return "\n".join(lines)


def _known(data: DataSet, held_out: crossval.HeldOut) -> tuple[DataSet, crossval.HeldOut]:
    mask = np.isfinite(held_out.scores)
    return data.take(mask), crossval.HeldOut(held_out.scores[mask], held_out.margins[mask])


def _cross_network(plan: Settings, bundle: Bundle, data: DataSet, held_out: crossval.HeldOut) -> str:
    known, held = _known(data, held_out)
    names = _names(plan, bundle, held)
    anomalous = held.scores <= bundle.anomaly.threshold
    text = []
    for network in sorted(set(known.labels["network"])):
        mask = (known.labels["network"] == network).to_numpy()
        part = known.take(mask)
        chosen = pd.Series(names)[mask].to_list()
        judgement = judge.judge(part.rows.identity, part.labels, held.scores[mask], anomalous[mask], chosen)
        text.append(f"Held out: **{network}**\n\n{judge.markdown(judgement)}")
    return "\n\n".join(text)


def _names(plan: Settings, bundle: Bundle, held: crossval.HeldOut) -> list[str]:
    """Held-out names. The temperature divides all margins alike: it moves the confidence, never the likeliest name."""
    return [plan.labels[i].name for i in held.margins.argmax(axis=1)]


def _rivals(plan: Settings, bundle: Bundle, data: DataSet, held_out: crossval.HeldOut) -> str:
    """Episodes found when each detector flags the same share of a held-out network's normal rows."""
    known, held = _known(data, held_out)
    inputs = list(bundle.contract.features)
    share = plan.false_alarm_share
    lines = [
        f"Episodes found on a held-out network when {100 * share:.2f} % of its normal rows are flagged:",
        "",
        "| network | episodes | this detector | isolation forest | autoencoder | best single feature |",
        "|---|---|---|---|---|---|",
    ]
    for network in sorted(set(known.labels["network"][known.attack])):
        inside = (known.labels["network"] == network).to_numpy()
        target = known.take(inside)
        outside = known.take(~inside & ~known.attack)
        forest, encoder = _unsupervised(outside, target, inputs, plan.seed)
        name, single = evaluate.best_single_feature(target, inputs, share)
        own, by_forest, by_encoder = (
            evaluate.episodes_found(target, scores, share) for scores in (held.scores[inside], forest, encoder)
        )
        episodes = target.labels.loc[target.attack, "episode_id"].nunique()
        lines.append(f"| {network} | {episodes} | {own} | {by_forest} | {by_encoder} | {single} ({name}) |")
    return "\n".join(lines)


def _unsupervised(
    normal: DataSet, target: DataSet, inputs: list[str], seed: int
) -> tuple[preprocess.Doubles, preprocess.Doubles]:
    raw = normal.rows.columns(inputs)
    preprocessing = preprocess.fit(raw, np.ones(len(raw), dtype=np.bool_))
    z, target_z = preprocessing.apply(raw), preprocessing.apply(target.rows.columns(inputs))
    return models.isolation_forest_scores(z, target_z, seed), models.autoencoder_scores(z, target_z, seed)
