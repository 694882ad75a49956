# SPDX-License-Identifier: Apache-2.0
"""How models do on what they never saw: each network held out in turn, and with it some tools, or a whole class of attack.

Every model is calibrated by `weir model calibrate` itself, on the first part of the held-out network's own normal traffic, and
judged on the rest of it and on episodes that were composed alone. `uncalibrated` is the threshold that would be shipped, taken from
the other networks.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from weir import crossval, models
from weir.calibration import Rule
from weir.calibration import thresholds as calibrate
from weir.crossval import Fitted, HeldOut
from weir.datasets import DataSet
from weir.label import NORMAL
from weir.preprocess import Bools, Doubles, Floats
from weir.settings import Settings

CALIBRATION_SHARE = 0.35  # of the held-out network's normal traffic, from its beginning
JUDGED = ("separate", "shared", "bare", "spread", "as recorded")
# Beside the episode as it was: counted apart, or each would count several times.
TOLD_OTHERWISE = ("shared", "bare", "spread")

SHARES = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2)  # of normal rows flagged: the operating points
CURVE = tuple(sorted({*SHARES, *(float(f"{10 ** (n / 6):.3g}") for n in range(-30, -5))}))  # and those of the plots

Progress = Callable[[str], None]
Judged = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]  # episodes, alarms, operating points
Scorer = Callable[[DataSet], tuple[Doubles, list[str]]]


@dataclass(frozen=True)
class Study:
    """episodes: a line for each episode, variant and calibration; alarms: a line for each network and calibration.

    points: operating points, a line for each network, what was absent from training, and share of its normal rows that is flagged.
    """

    episodes: pd.DataFrame
    alarms: pd.DataFrame
    points: pd.DataFrame


def scorer(fitted: Fitted, names: Sequence[str]) -> Scorer:
    def score(data: DataSet) -> tuple[Doubles, list[str]]:
        margins = models.namer_margins(fitted.namer, data.rows.values)
        return models.detector_scores(fitted.detector, data.rows.values), [names[n] for n in margins.argmax(axis=1)]

    return score


def judge_network(data: DataSet, score: Scorer, judged: Bools, rule: Rule, known: dict[str, str]) -> Judged:
    """Episodes, alarms and operating points of one network's rows, which hold the model's inputs. `judged`: the attack rows that count. `known`: columns for both tables."""
    scores, names = score(data)
    labels, identity = data.labels, data.rows.identity
    rows = labels.assign(
        score=scores,
        named=names,
        flow=identity["flow_uid"].to_numpy(),
        source=identity["src_ip"].to_numpy(),
        protocol=identity["protocol"].to_numpy(),
        port=identity["dst_port"].to_numpy(),
    )
    normal = (rows["label"] == NORMAL) & (rows["variant"] == "normal") & ~rows["ground"].str.contains("+", regex=False)
    length = rows.loc[normal, "seconds"].max() if normal.any() else 0.0
    calibration = np.asarray(normal & (rows["seconds"] < CALIBRATION_SHARE * length), dtype=np.bool_)
    rest = np.asarray(normal, dtype=np.bool_) & ~calibration
    shipped = np.full(len(rows), rule.shipped)
    own, spots = calibrate(rule, rows, calibration) if calibration.any() else (shipped, 0)
    episodes, alarms = [], []
    for way, limits in (("uncalibrated", shipped), ("calibrated", own)):
        hit = np.asarray(rows["score"] <= limits, dtype=np.bool_)
        episodes.append(_episodes(rows[judged & data.attack], hit[judged & data.attack]).assign(way=way, **known))
        flagged = rows[rest & hit]
        alarms.append(
            {
                "way": way,
                "flows": rows.loc[rest, "flow"].nunique(),
                "flagged": flagged["flow"].nunique(),
                "pairs": _pairs(flagged),
                "hours": (1 - CALIBRATION_SHARE) * length / 3600,
                "threshold": float(np.median(limits)) if len(limits) else 0.0,
                "spots": spots if way == "calibrated" else 0,
                **known,
            }
        )
    points = _points(rows, rest, judged & data.attack).assign(**known)
    return pd.concat(episodes, ignore_index=True), pd.DataFrame(alarms), points


def _pairs(flagged: pd.DataFrame) -> int:
    """(source, minute) pairs with an alarm."""
    minutes = (flagged["seconds"] // 60).astype(int)
    return len(set(zip(flagged["ground"], flagged["source"], minutes, strict=True)))


def _points(rows: pd.DataFrame, rest: Bools, attacks: Bools) -> pd.DataFrame:
    """What one threshold for all would find, were it known which: the score that a share of the normal rows reach."""
    if not rest.any() or not attacks.any():
        return pd.DataFrame()
    worst = rows[attacks].groupby(["episode_id", "variant"])["score"].min().reset_index()
    apart = worst.loc[~worst["variant"].isin(TOLD_OTHERWISE), "score"].to_numpy()
    shared = worst.loc[worst["variant"] == "shared", "score"].to_numpy()
    lines = []
    normal = rows[rest]
    hours = (normal["seconds"].max() - normal["seconds"].min()) / 3600
    for share in CURVE:
        limit = float(np.quantile(normal["score"], share))
        lines.append(
            {
                "share": share,
                "episodes": len(apart),
                "found": int((apart <= limit).sum()),
                "shared": len(shared),
                "found_shared": int((shared <= limit).sum()),
                "pairs": _pairs(normal[normal["score"] <= limit]),
                "hours": hours,
            }
        )
    return pd.DataFrame(lines)


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


def run(
    data: DataSet,
    inputs: list[str],
    settings: Settings,
    held_out: HeldOut,
    program: Path,
    say: Progress,
    workers: int = 1,
) -> Study:
    """All of it: networks alone, networks with each fold of tools, networks with each class."""
    raw = crossval.defined(data.rows.columns(inputs))
    networks = sorted(set(data.labels["network"][data.attack]))

    def judge(place: int) -> list[Judged]:
        network = networks[place]
        rule = rule_for(network, data, held_out, program, settings)
        folds = _folds(settings, place, network)
        results: list[Judged]
        results = [_as_held_out(network, data, raw, held_out, settings, rule)]
        results += _without_tools(network, data, raw, settings, folds, rule)
        say(f"judged on {network}")
        return results

    def leave_out(absent: tuple[str, tuple[str, ...]]) -> list[Judged]:
        name, group = absent
        rules = {network: rule_for(network, data, held_out, program, settings) for network in group}
        results = without_class(name, rules, data, raw, settings)
        say(f"judged {name}, never seen, on {', '.join(group)}")
        return results

    results: list[Judged] = []
    with ThreadPoolExecutor(workers) as pool:  # LightGBM works outside the interpreter's lock
        for part in pool.map(judge, range(len(networks))):
            results += part
        for part in pool.map(leave_out, classes_left_out(settings, networks)):
            results += part
    tables = ([part[n] for part in results if len(part[n])] for n in range(3))
    episodes, alarms, points = (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame() for parts in tables)
    return Study(episodes, alarms, points)


def _folds(settings: Settings, place: int, network: str) -> list[Sequence[str]]:
    """Of the tools' folds those for the network at this place, so that in turn each fold comes up about as often."""
    folds = list(settings.tool_folds)
    if settings.fold_of:
        return [folds[settings.fold_of[network]]] if network in settings.fold_of else []
    wanted = len(folds) if settings.folds_per_network is None else min(settings.folds_per_network, len(folds))
    return [folds[(place * wanted + n) % len(folds)] for n in range(wanted)]


def classes_left_out(settings: Settings, networks: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Each class with the networks that are held out beside it: one fit for each line."""
    if not settings.leave_classes_out:
        return []
    if settings.class_networks:
        unknown = sorted(set(settings.class_networks) - set(networks))
        if unknown:
            raise ValueError(f"study.class_networks names {unknown[0]}, on which no attack was recorded")
        groups = [tuple(settings.class_networks)]
    else:
        groups = [(network,) for network in networks]
    return [(label.name, group) for label in settings.labels for group in groups]


def rule_for(network: str, data: DataSet, held_out: HeldOut, program: Path, settings: Settings) -> Rule:
    """The shipped threshold is what the other networks give, each held out."""
    networks = data.labels["network"].to_numpy()
    others = ~data.attack & (networks != network)
    shipped = crossval.threshold(held_out.scores, others, networks, settings.false_alarm_share)
    return Rule(program, settings.floor, shipped)


def _as_held_out(network: str, data: DataSet, raw: Floats, held_out: HeldOut, settings: Settings, rule: Rule) -> Judged:
    """The network is new, its attackers' tools are not."""
    inside = np.asarray(data.labels["network"] == network, dtype=np.bool_)
    names = [label.name for label in settings.labels]
    told = [names[n] for n in np.nan_to_num(held_out.margins[inside]).argmax(axis=1)]
    judged = np.isin(data.labels["variant"].to_numpy()[inside], JUDGED)
    known = {"network": network, "absent": "nothing"}
    part = crossval.select(data, raw, inside)
    return judge_network(part, lambda part: (held_out.scores[inside], told), judged, rule, known)


def _without_tools(
    network: str, data: DataSet, raw: Floats, settings: Settings, folds: Sequence[Sequence[str]], rule: Rule
) -> list[Judged]:
    """Beside the network some tools are new."""
    names = [label.name for label in settings.labels]
    tools = data.labels["tool"].to_numpy()
    judged = np.isin(data.labels["variant"].to_numpy(), JUDGED)
    outside = crossval.without(data, network)
    inside = np.asarray(data.labels["network"] == network, dtype=np.bool_)
    part = crossval.select(data, raw, inside)
    results: list[Judged] = []
    for fold in folds:
        missing = np.isin(tools, fold)
        chosen = outside & ~missing
        if not (data.attack & chosen).any() or not (inside & missing).any():
            continue
        fitted = crossval.fit(data, raw, chosen, settings)
        known = {"network": network, "absent": "tool"}
        test = judged[inside] & missing[inside]
        results.append(judge_network(part, scorer(fitted, names), test, rule, known))
    return results


def without_class(name: str, rules: dict[str, Rule], data: DataSet, raw: Floats, settings: Settings) -> list[Judged]:
    """One fit without the class and without these networks, judged on each of them."""
    missing = np.asarray(data.labels["label"] == name, dtype=np.bool_)
    chosen = ~missing
    for network in rules:
        chosen &= crossval.without(data, network)
    of_network = data.labels["network"].to_numpy()
    asked = [network for network in rules if (missing & (of_network == network)).any()]
    if not asked or not (data.attack & chosen).any():
        return []
    fitted = crossval.fit(data, raw, chosen, settings)
    judged = np.isin(data.labels["variant"].to_numpy(), JUDGED)
    results: list[Judged] = []
    for network in asked:
        inside = np.asarray(of_network == network, dtype=np.bool_)
        part = crossval.select(data, raw, inside)
        score = scorer(fitted, [label.name for label in settings.labels])
        test = judged[inside] & missing[inside]
        known = {"network": network, "absent": "class"}
        results.append(judge_network(part, score, test, rules[network], known))
    return results


# ---- tables ------------------------------------------------------------------------------------------------------------------


def share(part: float, whole: float) -> str:
    return f"{part:.0f} of {whole:.0f} ({100 * part / whole:.0f} %)" if whole else "-"


def table_by(episodes: pd.DataFrame, column: str, way: str = "calibrated") -> str:
    """Markdown: found and named by a column, for separate attackers and shared addresses."""
    chosen = episodes[episodes["way"] == way]
    lines = [
        f"| {column} | found | of these rightly named | found, address shared with a busy host | found, nothing else in the capture "
        "| found, by many hosts together | median s to first alert |",
        "|---|---|---|---|---|---|---|",
    ]
    groups = [*chosen.groupby(column, sort=True), ("**all**", chosen)]
    for name, group in groups:
        apart = group[~group["variant"].isin(TOLD_OTHERWISE)]
        ways = [group[group["variant"] == variant] for variant in TOLD_OTHERWISE]
        first = apart["first_s"].median()
        lines.append(
            f"| {name} | {share(apart['found'].sum(), len(apart))} | {share(apart['right'].sum(), apart['found'].sum())} "
            + "".join(f"| {share(way['found'].sum(), len(way))} " for way in ways)
            + f"| {first:.1f} |"
        )
    return "\n".join(lines)


def table_of_alarms(alarms: pd.DataFrame) -> str:
    lines = [
        "| network | calibration | false alarms, of normal flows | (source, minute) pairs with an alarm, an hour | blind spots |",
        "|---|---|---|---|---|",
    ]
    for row in alarms.to_dict("records"):
        rate = row["pairs"] / row["hours"] if row["hours"] else 0.0
        part = 100 * row["flagged"] / max(row["flows"], 1)
        lines.append(
            f"| {row['network']} | {row['way']} | {row['flagged']} of {row['flows']} ({part:.3f} %) | {rate:.1f} "
            f"| {row['spots']} |"
        )
    return "\n".join(lines)


def table_of_points(points: pd.DataFrame) -> str:
    """Markdown: found at each share of normal rows flagged, networks together."""
    lines = [
        "| absent from training beside the network | share of normal rows flagged | found | found, address shared with a busy host |",
        "|---|---|---|---|",
    ]
    if points.empty:
        return "No normal traffic to hold thresholds against."
    words = {"nothing": "nothing", "tool": "the tool", "class": "the class"}
    points = points[points["share"].isin(SHARES)]
    for key, group in points.groupby(["absent", "share"], sort=True):
        absent, rate = str(key[0]), float(str(key[1]))
        total = group[["found", "episodes", "found_shared", "shared"]].sum()
        lines.append(
            f"| {words[absent]} | {100 * rate:.2f} % | {share(total['found'], total['episodes'])} "
            f"| {share(total['found_shared'], total['shared'])} |"
        )
    return "\n".join(lines)


def table_of_precision(episodes: pd.DataFrame, alarms: pd.DataFrame, a_day: tuple[float, ...] = (0.1, 1, 10)) -> str:
    """Markdown: how many of the alerts are right, calibrated, where so many attacks a day meet the held-out networks' traffic.

    An alert is a (source, minute) pair; an attack that is found counts as one.
    """
    found = episodes[(episodes["way"] == "calibrated") & ~episodes["variant"].isin(TOLD_OTHERWISE)]
    calm = alarms[(alarms["way"] == "calibrated") & (alarms["absent"] == "nothing")]
    false_a_day = 24 * calm["pairs"].sum() / max(calm["hours"].sum(), 1e-9)
    flows_a_day = 24 * calm["flows"].sum() / max(calm["hours"].sum(), 1e-9)
    lines = [
        f"The held-out networks carry {flows_a_day:.0f} normal flows a day each, and raise {false_a_day:.0f} false alerts of them.",
        "",
        "| attacks a day | right alerts of all, tools known | right alerts of all, tool never seen |",
        "|---|---|---|",
    ]
    rates = [found.loc[found["absent"] == absent, "found"].mean() for absent in ("nothing", "tool")]
    for attacks in a_day:
        shares = [100 * attacks * rate / max(attacks * rate + false_a_day, 1e-9) for rate in rates]
        lines.append(f"| {attacks:g} | " + " | ".join("-" if np.isnan(x) else f"{x:.2f} %" for x in shares) + " |")
    return "\n".join(lines)
