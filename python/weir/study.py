# SPDX-License-Identifier: Apache-2.0
"""How models do on what they never saw: each network held out in turn, and with it some tools, or a whole class of attack.

Every model is calibrated much as `weir model calibrate` does, on the first part of the held-out network's own normal traffic, and
judged on the rest of it and on episodes that were composed alone. `uncalibrated` is the fixed threshold: even odds.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from weir import crossval, models
from weir.crossval import Fitted
from weir.datasets import DataSet
from weir.label import NORMAL
from weir.preprocess import Bools, Doubles, Floats
from weir.settings import Settings

CALIBRATION_SHARE = 0.35  # of the held-out network's normal traffic, from its beginning
JUDGED = ("separate", "shared", "bare", "as recorded")
FALSE_ROWS = 5e-4  # that the calibrated threshold aims at
_NOISY_ROWS, _NOISY_SHARE, _NOISY_MARGIN = 3, 0.02, 0.5

Progress = Callable[[str], None]
Scorer = Callable[[DataSet, Floats], tuple[Doubles, list[str]]]


@dataclass(frozen=True)
class Study:
    """episodes: a line for each episode, variant and calibration; alarms: a line for each network and calibration."""

    episodes: pd.DataFrame
    alarms: pd.DataFrame


def thresholds(rows: pd.DataFrame, calibration: Bools) -> tuple[Doubles, int]:
    """For each row the score that makes it anomalous, and how many hosts have one of their own.

    The score that FALSE_ROWS of the calibration's rows reach, never above 0 (even odds). A source with some rows, and more
    than a few of them anomalous, is noisy: its own threshold lies half a unit beyond its worst, and others do not pay for it.
    """
    quiet = rows[calibration]
    hosts = (
        quiet.assign(odd=quiet["score"] <= 0)
        .groupby("source")
        .agg(n=("odd", "size"), odd=("odd", "mean"), worst=("score", "min"))
    )
    noisy = hosts[(hosts["n"] >= _NOISY_ROWS) & (hosts["odd"] > _NOISY_SHARE)]
    rest = quiet.loc[~quiet["source"].isin(noisy.index), "score"]
    general = min(0.0, float(np.quantile(rest, FALSE_ROWS))) if len(rest) else 0.0
    own = rows["source"].map(noisy["worst"] - _NOISY_MARGIN).astype(float).fillna(general).to_numpy(np.float64)
    return np.asarray(np.minimum(own, general), np.float64), len(noisy)


def scorer(fitted: Fitted, names: Sequence[str], bound: float = 0.0) -> Scorer:
    def score(data: DataSet, raw: Floats) -> tuple[Doubles, list[str]]:
        margins = models.namer_margins(fitted.namer, raw)
        return models.detector_scores(fitted.detector, raw), [names[n] for n in margins.argmax(axis=1)]

    return score


def judge_network(
    data: DataSet, raw: Floats, score: Scorer, judged: Bools, known: dict[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Episodes and alarms of one network's rows. `judged`: the attack rows that count. `known`: columns for both tables."""
    scores, names = score(data, raw)
    labels, identity = data.labels, data.rows.identity
    rows = labels.assign(
        score=scores, named=names, flow=identity["flow_uid"].to_numpy(), source=identity["src_ip"].to_numpy()
    )
    normal = (rows["label"] == NORMAL) & (rows["variant"] == "normal") & ~rows["ground"].str.contains("+", regex=False)
    length = rows.loc[normal, "seconds"].max() if normal.any() else 0.0
    calibration = np.asarray(normal & (rows["seconds"] < CALIBRATION_SHARE * length), dtype=np.bool_)
    rest = np.asarray(normal, dtype=np.bool_) & ~calibration
    own, noisy = thresholds(rows, calibration) if calibration.any() else (np.zeros(len(rows)), 0)
    episodes, alarms = [], []
    for way, limits in (("uncalibrated", np.zeros(len(rows))), ("calibrated", own)):
        hit = np.asarray(rows["score"] <= limits, dtype=np.bool_)
        episodes.append(_episodes(rows[judged & data.attack], hit[judged & data.attack]).assign(way=way, **known))
        flagged = rows[rest & hit]
        minutes = (flagged["seconds"] // 60).astype(int)
        alarms.append(
            {
                "way": way,
                "flows": rows.loc[rest, "flow"].nunique(),
                "flagged": flagged["flow"].nunique(),
                "pairs": len(set(zip(flagged["ground"], flagged["source"], minutes, strict=True))),
                "hours": (1 - CALIBRATION_SHARE) * length / 3600,
                "threshold": float(np.median(limits)) if len(limits) else 0.0,
                "noisy": noisy if way == "calibrated" else 0,
                **known,
            }
        )
    return pd.concat(episodes, ignore_index=True), pd.DataFrame(alarms)


def _episodes(rows: pd.DataFrame, hit: Bools) -> pd.DataFrame:
    """One line for each episode and variant: found, how it was named (by most of its anomalous rows), when first."""
    columns = ["episode_id", "variant"]
    every = rows.groupby(columns).agg(
        label=("label", "first"), tool=("tool", "first"), technique=("technique", "first"), worst=("score", "min")
    )
    found = rows[hit]
    told = found.groupby(columns).agg(
        named=("named", lambda names: names.value_counts().idxmax()), first_s=("seconds", "min")
    )
    table = every.join(told).reset_index()
    table["found"] = table["named"].notna()
    table["right"] = table["named"] == table["label"]
    return table


def run(data: DataSet, inputs: list[str], settings: Settings, say: Progress, workers: int = 1) -> Study:
    """All of it: networks alone, networks with each fold of tools, networks with each class."""
    raw = crossval.defined(data.rows.columns(inputs))
    networks = sorted(set(data.labels["network"][data.attack]))
    results: list[tuple[pd.DataFrame, pd.DataFrame | None]] = []
    with ThreadPoolExecutor(workers) as pool:  # LightGBM works outside the interpreter's lock
        parts = pool.map(lambda network: _one_network(network, data, raw, settings), networks)
        for network, result in zip(networks, parts, strict=True):
            say(f"judged on {network}")
            results += result
    episodes = pd.concat([one for one, _ in results], ignore_index=True)
    return Study(episodes, pd.concat([two for _, two in results if two is not None], ignore_index=True))


def _one_network(
    network: str, data: DataSet, raw: Floats, settings: Settings
) -> list[tuple[pd.DataFrame, pd.DataFrame | None]]:
    names = [label.name for label in settings.labels]
    tools, label = data.labels["tool"].to_numpy(), data.labels["label"].to_numpy()
    judged = np.isin(data.labels["variant"].to_numpy(), JUDGED)
    outside = crossval.without(data, network)
    inside = np.asarray(data.labels["network"] == network, dtype=np.bool_)
    absent = [("nothing", np.zeros(len(data), np.bool_))]
    absent += [("tool", np.isin(tools, fold)) for fold in settings.tool_folds]
    absent += [("class", label == name) for name in names if settings.leave_classes_out]
    results: list[tuple[pd.DataFrame, pd.DataFrame | None]] = []
    for what, missing in absent:
        chosen = outside & ~missing
        if not (data.attack & chosen).any() or not (inside & (missing | (what == "nothing"))).any():
            continue
        fitted = crossval.fit(data.take(chosen), raw[chosen], settings)
        test = judged[inside] & (missing[inside] if what != "nothing" else True)
        known = {"network": network, "absent": what}
        one, two = judge_network(data.take(inside), raw[inside], scorer(fitted, names), test, known)
        results.append((one, two if what == "nothing" else None))
    return results


# ---- tables ------------------------------------------------------------------------------------------------------------------


def share(part: float, whole: float) -> str:
    return f"{part:.0f} of {whole:.0f} ({100 * part / whole:.0f} %)" if whole else "-"


def table_by(episodes: pd.DataFrame, column: str, way: str = "calibrated") -> str:
    """Markdown: found and named by a column, for separate attackers and shared addresses."""
    chosen = episodes[episodes["way"] == way]
    lines = [
        f"| {column} | found | of these rightly named | found, address shared with a busy host | found, nothing else in the capture "
        "| median s to first alert |",
        "|---|---|---|---|---|---|",
    ]
    groups = [*chosen.groupby(column, sort=True), ("**all**", chosen)]
    for name, group in groups:
        apart = group[~group["variant"].isin(("shared", "bare"))]
        shared, bare = group[group["variant"] == "shared"], group[group["variant"] == "bare"]
        first = apart["first_s"].median()
        lines.append(
            f"| {name} | {share(apart['found'].sum(), len(apart))} | {share(apart['right'].sum(), apart['found'].sum())} "
            f"| {share(shared['found'].sum(), len(shared))} | {share(bare['found'].sum(), len(bare))} | {first:.1f} |"
        )
    return "\n".join(lines)


def table_of_alarms(alarms: pd.DataFrame) -> str:
    lines = [
        "| network | calibration | false alarms, of normal flows | (source, minute) pairs with an alarm, an hour | hosts with their own threshold |",
        "|---|---|---|---|---|",
    ]
    for row in alarms.to_dict("records"):
        rate = row["pairs"] / row["hours"] if row["hours"] else 0.0
        part = 100 * row["flagged"] / max(row["flows"], 1)
        lines.append(
            f"| {row['network']} | {row['way']} | {row['flagged']} of {row['flows']} ({part:.3f} %) | {rate:.1f} "
            f"| {row['noisy']} |"
        )
    return "\n".join(lines)
