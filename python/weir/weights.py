# SPDX-License-Identifier: Apache-2.0
"""Which rows training takes and how much each counts.

Floods and scans hold most rows of a recording. Unweighted, they are all that a model learns.
"""

import numpy as np
import pandas as pd

from weir.label import NORMAL
from weir.preprocess import Bools, Doubles


def detector_weights(labels: pd.DataFrame, service: pd.Series) -> Doubles:
    """Normal rows and attack rows weigh one half each; within the attacks every class the same, within a class every episode.

    Else a flood of one flow, a sweep or a held connection, which have a handful of rows, are lost beside a scan's thousand. Within
    the normal rows every network counts the same, and each service of each recording by the square root of its rows: more rows
    are more evidence, but not in proportion.
    """
    normal = labels["label"] == NORMAL
    sizes = _group_sizes(_groups(labels, service))
    weights = np.where(normal, 1.0 / np.sqrt(sizes), 1.0 / sizes)
    shares = (
        labels["label"].where(~normal, "normal of " + labels["network"]) if "network" in labels else labels["label"]
    )
    weights = weights / _group_sums(weights, shares)
    classes, networks = shares[~normal].nunique(), shares[normal].nunique()
    if "variant" in labels:
        # Captures that begin cold are half of life, and must not be half of the attacks: a cold start is no sign of one.
        weights = weights * labels["recording"].str.endswith("/glimpses").map({True: 2.5, False: 1.0}).to_numpy(
            np.float64
        )
        weights = weights * labels["variant"].eq("bare").map({True: 0.5, False: 1.0}).to_numpy(np.float64)
        weights = weights / _group_sums(weights, shares)
    share = np.where(normal, 0.5 / max(networks, 1), 0.5 / max(classes, 1))
    return np.asarray(share * weights * len(labels), dtype=np.float64)


def namer_weights(labels: pd.DataFrame) -> Doubles:
    """Every class the same; within a class the square root of each episode's rows."""
    weights = 1.0 / np.sqrt(_group_sizes(labels["episode_id"]))
    weights = weights / _group_sums(weights, labels["label"])
    return np.asarray(weights * len(labels) / labels["label"].nunique(), dtype=np.float64)


def thin(labels: pd.DataFrame, service: pd.Series, limit: int, seed: int, episode_limit: int | None = None) -> Bools:
    """Keeps at most so many rows, drawn at random, of each attack episode and each service of a recording."""
    order = np.random.default_rng(seed).permutation(len(labels))
    groups = _groups(labels, service).iloc[order]
    kept = np.zeros(len(labels), dtype=np.bool_)
    limits = np.where(labels["label"].iloc[order] == NORMAL, limit, episode_limit or limit)
    kept[order[groups.groupby(groups).cumcount().to_numpy() < limits]] = True
    return kept


def service_of(identity: pd.DataFrame) -> pd.Series:
    """A rough word for what a flow was for: protocol and the lower port. Used for weighting only, never as an input."""
    port = identity[["src_port", "dst_port"]].min(axis=1)
    return identity["protocol"].astype(str) + ":" + port.where(port < 10_000, 0).astype(str)


def _groups(labels: pd.DataFrame, service: pd.Series) -> pd.Series:
    attack = labels["label"] != NORMAL
    return (labels["recording"] + "/" + labels["episode_id"]).where(attack, labels["recording"] + "/" + service)


def _group_sizes(groups: pd.Series) -> Doubles:
    return np.asarray(groups.map(groups.value_counts()), dtype=np.float64)


def _group_sums(weights: Doubles, groups: pd.Series) -> Doubles:
    return pd.Series(weights, index=groups.index).groupby(groups).transform("sum").to_numpy(np.float64)
