# SPDX-License-Identifier: Apache-2.0
import lightgbm
import numpy as np
import onnxruntime
import pytest
from sklearn.ensemble import IsolationForest
from weir import onnx_graphs

RNG = np.random.default_rng(3)
X = RNG.normal(size=(800, 6)).astype(np.float32)
BINARY = (X[:, 0] + X[:, 1] ** 2 > 1).astype(int)
CLASSES = (X[:, 2] > 0).astype(int) + (X[:, 3] > 0.5)
PARAMETERS = {"num_leaves": 9, "verbose": -1, "seed": 1, "num_threads": 1}


def run(model, rows):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": rows})[0]


def test_a_binary_booster_gives_its_margin_times_the_factor():
    booster = lightgbm.train({**PARAMETERS, "objective": "binary"}, lightgbm.Dataset(X, BINARY), 25)
    scores = run(onnx_graphs.lightgbm_score(booster, -1.0), X)
    assert scores.shape == (800, 1)
    np.testing.assert_allclose(scores[:, 0], -np.asarray(booster.predict(X, raw_score=True)), atol=1e-5)


def test_an_undefined_value_goes_the_way_it_went_in_training():
    x = X.copy()
    x[RNG.random(x.shape) < 0.2] = np.nan
    x[:, 5] = X[:, 5]  # never undefined in training, undefined in use
    booster = lightgbm.train({**PARAMETERS, "objective": "binary"}, lightgbm.Dataset(x, BINARY), 25)
    x[::3, 5] = np.nan
    scores = run(onnx_graphs.lightgbm_score(booster), x)
    np.testing.assert_allclose(scores[:, 0], booster.predict(x, raw_score=True), atol=1e-5)
    classes = lightgbm.train(
        {**PARAMETERS, "objective": "multiclass", "num_class": 3}, lightgbm.Dataset(x, CLASSES), 10
    )
    np.testing.assert_allclose(run(onnx_graphs.lightgbm_classes(classes), x), classes.predict(x), atol=1e-5)


def test_a_booster_of_single_leaves_gives_its_constant():
    booster = lightgbm.train(
        {**PARAMETERS, "objective": "binary", "min_data_in_leaf": 800}, lightgbm.Dataset(X, BINARY), 3
    )
    np.testing.assert_allclose(
        run(onnx_graphs.lightgbm_score(booster), X)[:, 0], booster.predict(X, raw_score=True), atol=1e-5
    )


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_a_multiclass_booster_gives_tempered_probabilities(temperature):
    booster = lightgbm.train(
        {**PARAMETERS, "objective": "multiclass", "num_class": 3}, lightgbm.Dataset(X, CLASSES), 10
    )
    margins = booster.predict(X, raw_score=True) / temperature
    expected = np.exp(margins) / np.exp(margins).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(run(onnx_graphs.lightgbm_classes(booster, temperature), X), expected, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"max_samples": 1.0}, {"max_features": 0.5}])
def test_an_isolation_forest_gives_its_decision_function(options):
    forest = IsolationForest(n_estimators=15, random_state=1, **options).fit(X)
    scores = run(onnx_graphs.isolation_forest_score(forest), X)
    np.testing.assert_allclose(scores[:, 0], forest.decision_function(X), atol=1e-5)


def test_a_threshold_is_never_rounded_up():
    for value in (0.1, -0.1, 1 / 3, 16777217.0, 1e-300, 5.0):
        rounded = onnx_graphs.round_down_to_float32(value)
        assert rounded <= value
        assert float(np.nextafter(np.float32(rounded), np.float32(np.inf))) > value


def test_a_row_on_the_threshold_goes_the_way_it_went_in_training():
    x = np.array([[0.1], [0.2], [0.3], [0.4]] * 20, dtype=np.float32)
    data = lightgbm.Dataset(x, [0, 1, 0, 1] * 20)
    booster = lightgbm.train({**PARAMETERS, "objective": "binary", "min_data_in_leaf": 1}, data, 5)
    np.testing.assert_allclose(
        run(onnx_graphs.lightgbm_score(booster), x)[:, 0], booster.predict(x, raw_score=True), atol=1e-6
    )
