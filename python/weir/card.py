# SPDX-License-Identifier: Apache-2.0
"""The model card: what went in, how it was judged, what it cannot do. Written by training, figures and all."""

from collections.abc import Mapping

import pandas as pd

from weir import study
from weir.datasets import DataSet
from weir.export import Bundle
from weir.settings import Settings
from weir.study import Study

_HOW = """\
Each attack episode was cut out of its recording and set alone onto normal traffic, packet by packet, before any feature was
computed; once with the attacker's own address, once with that of a busy normal host; and once alone, with nothing around it.
A network that is judged is in no way part of training: not its normal traffic, not episodes recorded there. "Calibrated": the
threshold comes from the first third of the network's own normal traffic, by `weir model calibrate` itself. An episode is found
when one of its rows is anomalous, and it is named as most of its anomalous rows are."""

_MANY_HOSTS = """\
Attacks of the kinds that botnets make were judged once more as many hosts would make them together: each conversation from one of
six to six hundred addresses, half of the time among crowds of visitors."""

_WOVEN = """\
Training also saw woven episodes: attacks whose packets were computed, from the whole width of a class (`weir.weave`). None of them is
among those judged."""


def write(plan: Settings, bundle: Bundle, data: DataSet, seen: Study, rivals: str, tests: Mapping[str, str]) -> str:
    sections = [
        f"# {plan.name}@{plan.version}",
        "Written by `python -m weir.train`; every figure below is of this very bundle or of its cross-validation.",
        "## What it is",
        _what(plan, bundle),
        "## Training data",
        _data_table(data),
        "## On networks and attacks that training had not seen",
        _HOW,
        *([_MANY_HOSTS] if plan.many_hosts else []),
        *([_WOVEN] if plan.woven else []),
        *_tables(seen),
        "### False alarms on the held-out networks",
        study.table_of_alarms(seen.alarms[seen.alarms["absent"] == "nothing"]),
        "### Operating points",
        "What one threshold for all rows would find, were it known which gives this share of false alarms.",
        study.table_of_points(seen.points),
        "### How many alerts are right",
        study.table_of_precision(seen.episodes, seen.alarms),
        "## Against simpler detectors",
        rivals,
    ]
    for name, text in tests.items():
        sections += [f"## On {name}, never trained on", text]
    sections += ["## Limits", plan.notes.strip()]
    return "\n\n".join(sections) + "\n"


def _tables(seen: Study) -> list[str]:
    texts = []
    titles = {
        "tool": "### Network and tool never seen",
        "nothing": "### Network never seen, tools known",
        "class": "### Network and whole class of attack never seen (names cannot be right here)",
    }
    for absent, title in titles.items():
        part = seen.episodes[seen.episodes["absent"] == absent]
        if len(part):
            texts += [title, study.table_by(part, "label")]
            if absent == "tool":
                texts += [study.table_by(part, "tool"), study.table_by(part, "network"), _missed(part)]
    return texts


def _missed(part: pd.DataFrame) -> str:
    lost = part[(part["way"] == "calibrated") & ~part["found"] & ~part["variant"].isin(study.TOLD_OTHERWISE)]
    if lost.empty:
        return "Missed: none."
    return (
        "Missed: "
        + "; ".join(f"{row.episode_id} ({row.label}, {row.tool}: {row.technique})" for row in lost.itertuples())
        + "."
    )


def _what(plan: Settings, bundle: Bundle) -> str:
    attack = bundle.attack
    bound = f"{attack.confidence_bound:.2f}" if attack else ""
    return (
        f"- Detector: LightGBM, {plan.detector.trees} trees of {plan.detector.leaves} leaves, attack against normal. "
        f"The score is minus the log odds of an attack; {bundle.anomaly.threshold:.3f} or less is anomalous until the "
        f"bundle is calibrated. That threshold is the score which {100 * plan.false_alarm_share:.2f} % of the normal rows "
        f"of a held-out network reach, in the median network; calibration never goes looser than {plan.floor:g}.\n"
        f"- Namer: LightGBM, {plan.namer.trees} trees of {plan.namer.leaves} leaves for each class, trained on attack "
        f"rows alone, its temperature fitted on held-out networks. Below a confidence of {bound} it says "
        '"unknown".\n'
        f"- Inputs: {len(bundle.contract.features)} features, of a flow and of what the hosts around it did of late, as "
        "measured, NaN where undefined. No address, port, time of day, TTL or initial window."
        + (f" Families left out on purpose: {', '.join(plan.drop)}." if plan.drop else "")
    )


def _data_table(data: DataSet) -> str:
    lines = [
        "| rows from | network of the normal traffic | normal flows | attack flows | rows | episodes |",
        "|---|---|---|---|---|---|",
    ]
    flows = data.labels.assign(flow_uid=data.rows.identity["flow_uid"].to_numpy(), attack=data.attack)
    flows["network"] = flows["network"].where(~flows["recording"].str.endswith("/moved"), "others")
    for (recording, network), group in flows.groupby(["recording", "network"], sort=True):
        single = group.drop_duplicates("flow_uid")
        episodes = group.loc[group["attack"], "episode_id"].nunique()
        attacks = int(single["attack"].sum())
        lines.append(f"| {recording} | {network} | {len(single) - attacks} | {attacks} | {len(group)} | {episodes} |")
    return "\n".join(lines)
