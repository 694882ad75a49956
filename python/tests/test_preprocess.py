# SPDX-License-Identifier: Apache-2.0
import numpy as np
from weir import preprocess

NAN, INF = float("nan"), float("inf")


def floats(rows):
    return np.asarray(rows, dtype=np.float32)


def test_nan_and_both_infinities_become_the_benign_median():
    raw = floats([[1, 10], [3, 30], [5, NAN], [100, 1000]])
    fitted = preprocess.fit(raw, np.array([True, True, True, False]))
    assert fitted.median.tolist() == [3, 20]
    values = preprocess.impute(floats([[NAN, INF], [-INF, 7]]), fitted.median)
    assert values.tolist() == [[3, 20], [3, 7]]


def test_values_become_distances_from_the_mean_in_scales():
    fitted = preprocess.Preprocessing(np.array([0.0]), np.array([4.0]), np.array([2.0]))
    assert fitted.apply(floats([[4], [8], [NAN]])).tolist() == [[0], [2], [-2]]


def test_a_mean_that_is_huge_against_its_spread_keeps_its_digits():
    fitted = preprocess.Preprocessing(np.array([0.0]), np.array([1.6e7 + 0.25]), np.array([0.5]))
    assert fitted.apply(floats([[1.6e7 + 1]])).tolist() == [[1.5]]


def test_a_feature_that_never_varies_has_scale_one_and_one_never_defined_the_median_zero():
    fitted = preprocess.fit(floats([[7, NAN], [7, NAN]]), np.array([True, True]))
    assert fitted.scale.tolist() == [1, 1]
    assert fitted.median.tolist() == [7, 0]
