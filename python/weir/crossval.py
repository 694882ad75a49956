# SPDX-License-Identifier: Apache-2.0
"""What models say about networks that they were not trained on: one network is held out at a time.

Rows of one recording look alike, so a random split flatters. The threshold, the p-values, the temperature and the
bound of "unknown" all come from these held-out scores.
"""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import lightgbm
import numpy as np
import numpy.typing as npt

from weir import models, rows, weights
from weir.datasets import DataSet
from weir.label import NORMAL
from weir.preprocess import Bools, Doubles, Floats
from weir.settings import Settings

_ROWS_AT_ONCE = 100_000

Progress = Callable[[str], None]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class HeldOut:
    """Beside the rows of the whole training set. NaN where no model without that network could be fitted."""

    scores: Doubles  # [rows]
    margins: Doubles  # [rows, classes]


def hold_out(data: DataSet, inputs: list[str], settings: Settings, progress: Progress, workers: int = 1) -> HeldOut:
    raw = defined(data.rows.columns(inputs))
    networks = data.labels["network"].to_numpy()
    scores = np.full(len(data), np.nan)
    margins = np.full((len(data), len(settings.labels)), np.nan)

    def hold(network: str) -> None:
        outside = without(data, network)
        if not (data.attack & outside).any():
            return
        fitted = fit(data, raw, outside, settings)
        inside = networks == network
        scores[inside] = models.detector_scores(fitted.detector, raw[inside])
        margins[inside] = models.namer_margins(fitted.namer, raw[inside])
        progress(f"held out {network}")

    with ThreadPoolExecutor(workers) as pool:  # LightGBM works outside the interpreter's lock
        list(pool.map(hold, sorted(set(networks))))
    return HeldOut(scores, margins)


def without(data: DataSet, network: str) -> Bools:
    """Rows that have nothing to do with a network: neither its normal traffic nor episodes that were recorded there."""
    labels = data.labels
    mask = labels["network"] != network
    if "episode_network" in labels:
        mask &= labels["episode_network"] != network
    return np.asarray(mask, dtype=np.bool_)


@dataclass(frozen=True)
class Fitted:
    detector: lightgbm.Booster
    namer: lightgbm.Booster


def fit(whole: DataSet, whole_raw: Floats, chosen: Bools, settings: Settings) -> Fitted:
    """Both models on the rows chosen, thinned. `whole_raw`: the model's inputs of all rows, NaN where undefined."""
    rows_at = np.flatnonzero(chosen)
    services = weights.service_of(whole.rows.identity[chosen]).reset_index(drop=True)
    labels = whole.labels[chosen].reset_index(drop=True)
    kept = weights.thin(labels, services, settings.rows_per_group, settings.seed, settings.rows_per_episode)
    data = select(whole, whole_raw, rows_at[kept])
    raw = data.rows.values
    detector_weights = weights.detector_weights(data.labels, services[kept].reset_index(drop=True))
    others = rows_at[~kept & (labels["label"] == NORMAL).to_numpy()]
    detector = _fit_detector(data, raw, detector_weights, whole_raw, others, settings)
    attacks = data.labels[data.attack]
    names = [label.name for label in settings.labels]
    classes = class_numbers(attacks["label"].to_list(), names)
    namer_weights = weights.namer_weights(attacks.reset_index(drop=True))
    namer = models.fit_namer(raw[data.attack], classes, len(names), namer_weights, settings.namer, settings.seed)
    return Fitted(detector, namer)


def _fit_detector(
    data: DataSet, raw: Floats, row_weights: Doubles, whole_raw: Floats, others: Places, settings: Settings
) -> lightgbm.Booster:
    """In two rounds when the settings say so: rare normal rows that look like an attack are few among the thinned ones.

    `others`: where in `whole_raw` the normal rows are that were left out.
    """
    attack = data.attack
    if settings.hard is not None:
        small = dataclasses.replace(settings.detector, trees=settings.hard.trees)
        first = models.fit_detector(raw, attack, row_weights, small, settings.seed)
        hard = np.concatenate(
            [
                piece[models.detector_scores(first, whole_raw[piece]) < -settings.hard.log_odds]
                for piece in np.array_split(others, len(others) // _ROWS_AT_ONCE + 1)
            ]
        )
        found = len(hard)
        if settings.hard.most is not None and found > settings.hard.most:
            hard = np.sort(np.random.default_rng(settings.seed).choice(hard, settings.hard.most, replace=False))
        raw = np.concatenate([raw, whole_raw[hard]])
        weight = np.median(row_weights[~attack]) * found / max(len(hard), 1)
        row_weights = np.concatenate([row_weights, np.full(len(hard), weight)])
        attack = np.concatenate([attack, np.zeros(len(hard), np.bool_)])
    return models.fit_detector(raw, attack, row_weights, settings.detector, settings.seed)


def select(data: DataSet, raw: Floats, places: Places | Bools) -> DataSet:
    """Some rows, with the model's inputs `raw` as their only features."""
    identity = data.rows.identity.iloc[places].reset_index(drop=True)
    labels = data.labels.iloc[places].reset_index(drop=True)
    return DataSet(rows.Rows(identity, raw[places], data.rows.names), labels)


def defined(raw: Floats) -> Floats:
    """NaN for what is not finite, as the sensor does."""
    if not any(np.isinf(raw[at : at + _ROWS_AT_ONCE]).any() for at in range(0, len(raw), _ROWS_AT_ONCE)):
        return raw  # millions of rows are not copied for nothing
    return np.where(np.isfinite(raw), raw, np.float32(np.nan))


def class_numbers(labels: list[str], names: list[str]) -> list[int]:
    position = {name: i for i, name in enumerate(names)}
    unknown = sorted(set(labels) - set(names))
    if unknown:
        raise ValueError(f'the labels hold the class "{unknown[0]}", which the settings do not name')
    return [position[label] for label in labels]


def threshold(scores: Doubles, normal: Bools, networks: npt.NDArray[np.object_], share: float) -> float:
    """The score that this share of a held-out network's normal rows reach, in the median network; never above 0, even odds.

    The median: one network where a normal program looks like an attack must not set the threshold of all others.
    """
    known = normal & np.isfinite(scores)
    limits = [np.quantile(scores[known & (networks == n)], share) for n in sorted(set(networks[known]))]
    return float(np.float32(min(np.median(limits), 0.0)))


def confidence_bound(confidence: Doubles, right: Bools, row_weights: Doubles, wrong_share: float) -> float:
    """The least confidence above which at most this share of the held-out attack rows would be wrongly named."""
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(row_weights[order] * ~right[order]) / row_weights.sum()
    kept = np.flatnonzero(wrong <= wrong_share)
    bound = confidence[order[kept[-1]]] if len(kept) else 1.0
    return float(np.clip(bound, 0.5, 0.95))
