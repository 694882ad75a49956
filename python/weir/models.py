# SPDX-License-Identifier: Apache-2.0
"""The models of a bundle, a binary detector and a namer of attack types, both LightGBM, and their rivals.

Every score here has the detector's direction: lower is worse.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.ensemble import IsolationForest

from weir.preprocess import Bools, Doubles, Floats


@dataclass(frozen=True)
class TreeOptions:
    trees: int
    leaves: int
    learning_rate: float = 0.1
    min_rows_in_leaf: int = 20
    min_weight_in_leaf: float = 1e-3  # sum of the loss's second derivatives
    features_per_tree: float = 0.5
    rows_per_tree: float = 0.7
    l2: float = 2.0
    bins: int = 127

    def lightgbm(self, seed: int) -> dict[str, object]:
        return {
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.min_rows_in_leaf,
            "min_sum_hessian_in_leaf": self.min_weight_in_leaf,
            "feature_fraction": self.features_per_tree,
            "bagging_fraction": self.rows_per_tree,
            "bagging_freq": 1,
            "lambda_l2": self.l2,
            "max_bin": self.bins,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbose": -1,
        }


def fit_detector(z: Floats, attack: Bools, weights: Doubles, options: TreeOptions, seed: int) -> lightgbm.Booster:
    """Attack against normal."""
    parameters = {**options.lightgbm(seed), "objective": "binary"}
    return lightgbm.train(parameters, lightgbm.Dataset(z, attack, weight=weights), options.trees)


def detector_scores(booster: lightgbm.Booster, z: Floats) -> Doubles:
    """Minus the log odds of an attack: 0 is even odds."""
    return -np.asarray(booster.predict(z, raw_score=True), dtype=np.float64)


def fit_namer(
    z: Floats, classes: Sequence[int], count: int, weights: Doubles, options: TreeOptions, seed: int
) -> lightgbm.Booster:
    """Which attack, given that it is one."""
    parameters = {**options.lightgbm(seed), "objective": "multiclass", "num_class": count}
    return lightgbm.train(parameters, lightgbm.Dataset(z, np.asarray(classes), weight=weights), options.trees)


def namer_margins(booster: lightgbm.Booster, z: Floats) -> Doubles:
    """[rows, classes], before the softmax."""
    return np.asarray(booster.predict(z, raw_score=True), dtype=np.float64)


def probabilities(margins: Doubles, temperature: float) -> Doubles:
    """softmax(margins / temperature)."""
    scaled = margins / temperature
    exponents = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(exponents / exponents.sum(axis=1, keepdims=True))


def fit_temperature(margins: Doubles, classes: Doubles, weights: Doubles) -> float:
    """The temperature that makes held-out probabilities honest: least weighted log loss."""

    def loss(log_temperature: float) -> float:
        p = probabilities(margins, float(np.exp(log_temperature)))
        chosen = p[np.arange(len(p)), classes.astype(int)]
        return float(-(weights * np.log(np.maximum(chosen, 1e-12))).sum() / weights.sum())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 3.0), method="bounded").x))


def isolation_forest(train: Floats, seed: int) -> Callable[[Floats], Doubles]:
    """An unsupervised rival, fitted on normal rows."""
    forest = IsolationForest(n_estimators=100, random_state=seed).fit(train)
    return lambda z: np.asarray(forest.score_samples(z), dtype=np.float64)
