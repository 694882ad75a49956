#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the small bundles beside this script, which the scoring tests load.

Run it in the project's Python environment, from the source root:
    PYTHONPATH=python python tests/bundles/make_bundles.py
Each bundle holds twelve features named f0 to f11 and an expected.json: rows, some values undefined, with what the
training library itself says about them. The data are drawn from a seed; so are the models.
"""

import json
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnx
from onnx import TensorProto, helper
from sklearn.ensemble import IsolationForest
from sklearn.neural_network import MLPClassifier, MLPRegressor
from weir import export, onnx_graphs
from weir.preprocess import Doubles, Floats, fit, impute

HERE = Path(__file__).parent
FEATURES = [f"f{i}" for i in range(12)]
LABELS = [
    export.Label("scan", "medium", "T1046"),
    export.Label("flood", "high", "T1498"),
    export.Label("tunnel", "critical", "T1572"),
]
BENIGN = export.Label("benign", "none", benign=True)
CONTRACT = export.Contract(FEATURES, FEATURES, "test-catalogue")
ROWS = 1500


def draw_rows(rng: np.random.Generator) -> tuple[Floats, Any]:
    """Rows with unlike scales and gaps, and their kind: 0 is benign, 1 to 3 are attacks."""
    kind = np.repeat([0, 0, 0, 1, 2, 3], ROWS // 6)
    centre = np.zeros((4, len(FEATURES)))
    centre[1, :4], centre[2, 4:8], centre[3, 8:] = 3.0, -3.0, 2.5
    z = rng.normal(centre[kind], 1.0)
    rows = (z * np.geomspace(0.01, 1e6, len(FEATURES)) + np.linspace(-5, 1e5, len(FEATURES))).astype(np.float32)
    rows[rng.random(rows.shape) < 0.03] = np.nan
    return rows, kind


RAW, KIND = draw_rows(np.random.default_rng(7))
PREPROCESS = fit(RAW, KIND == 0)
Z = PREPROCESS.apply(RAW)
ATTACK = KIND > 0
SHOWN = np.random.default_rng(11).permutation(len(RAW))[:64]
PARAMETERS = {"num_leaves": 7, "verbose": -1, "seed": 1, "deterministic": True, "num_threads": 1, "min_data_in_leaf": 5}


def write(
    name: str,
    anomaly: export.Anomaly,
    scores: Doubles,
    attack: export.Attack | None = None,
    classes: Doubles | None = None,
    preprocess: dict[str, Any] | None = None,
) -> None:
    """`scores` and `classes`: the training library's, for every row."""
    bundle = export.Bundle(
        name=name,
        version="1",
        created="2026-01-01T00:00:00Z",
        trained_on={"summary": "numbers drawn from a seed"},
        contract=CONTRACT,
        preprocess=preprocess or export.standard(PREPROCESS),
        anomaly=anomaly,
        attack=attack,
        benign_rows=RAW[~ATTACK],
        self_check=export.SelfCheck(RAW[SHOWN[:4]], scores[SHOWN[:4]], None if classes is None else classes[SHOWN[:4]]),
        card=f"# {name}\n\nA bundle for tests, made by make_bundles.py. Of no other use.\n",
    )
    export.write(bundle, HERE / name)
    expected = export.SelfCheck(RAW[SHOWN], scores[SHOWN], None if classes is None else classes[SHOWN])
    (HERE / name / "expected.json").write_text(json.dumps(export.self_check_json(expected)) + "\n")


def multiclass(rows: Any, labels: Any, classes: int) -> lightgbm.Booster:
    data = lightgbm.Dataset(rows, labels)
    return lightgbm.train({**PARAMETERS, "objective": "multiclass", "num_class": classes}, data, 12)


def predict(booster: lightgbm.Booster, rows: Floats, **options: Any) -> Doubles:
    return np.asarray(booster.predict(rows, **options), dtype=np.float64)


def lower_is_worse(graph: onnx.ModelProto, scores: Doubles) -> export.Anomaly:
    return export.Anomaly(graph, float(np.float32(np.quantile(scores[~ATTACK], 0.01))), False, scores[~ATTACK])


def higher_is_worse(graph: onnx.ModelProto, scores: Doubles) -> export.Anomaly:
    return export.Anomaly(graph, float(np.float32(np.quantile(scores[~ATTACK], 0.99))), True, scores[~ATTACK])


def make_isolation_forest() -> None:
    forest = IsolationForest(n_estimators=20, max_samples=64, random_state=1).fit(Z[~ATTACK])
    scores = forest.decision_function(Z)
    write("isolation_forest", lower_is_worse(onnx_graphs.isolation_forest_score(forest), scores), scores)


def make_lightgbm() -> None:
    """A cascade: -margin of a binary booster, then a multiclass one that saw attacks only."""
    binary = lightgbm.train({**PARAMETERS, "objective": "binary"}, lightgbm.Dataset(Z, ATTACK), 20)
    scores = -predict(binary, Z, raw_score=True)
    namer = multiclass(Z[ATTACK], KIND[ATTACK] - 1, 3)
    attack = export.Attack(onnx_graphs.lightgbm_classes(namer), LABELS, 0.6)
    write(
        "lightgbm", lower_is_worse(onnx_graphs.lightgbm_score(binary, -1.0), scores), scores, attack, predict(namer, Z)
    )


def make_neural() -> None:
    """An autoencoder on benign rows, whose errors are high for attacks, and an MLP that is asked about every row."""
    encoder = MLPRegressor(hidden_layer_sizes=(6, 3, 6), max_iter=60, random_state=1).fit(Z[~ATTACK], Z[~ATTACK])
    clipped = np.clip(Z, -10, 10)
    scores = ((encoder.predict(clipped) - clipped) ** 2).mean(axis=1).astype(np.float64)
    namer = MLPClassifier(hidden_layer_sizes=(8,), max_iter=80, random_state=1).fit(Z, KIND)
    attack = export.Attack(onnx_graphs.mlp_classes(layers(namer)), [BENIGN, *LABELS], 0.7, cascade=False)
    write("neural", higher_is_worse(onnx_graphs.autoencoder_score(layers(encoder)), scores), scores, attack,
          namer.predict_proba(Z).astype(np.float64))  # fmt: skip


def layers(network: Any) -> list[onnx_graphs.Dense]:
    pairs = zip(network.coefs_, network.intercepts_, strict=True)
    return [onnx_graphs.Dense(weight.astype(np.float32), bias.astype(np.float32)) for weight, bias in pairs]


def make_maps() -> None:
    """As stock converters write: raw values in, a score [N], and classes as a sequence of maps beside a label."""
    raw = impute(RAW, PREPROCESS.median).astype(np.float32)
    binary = lightgbm.train({**PARAMETERS, "objective": "binary"}, lightgbm.Dataset(raw, ATTACK), 10)
    scores = -predict(binary, raw, raw_score=True)
    namer = multiclass(raw[ATTACK], KIND[ATTACK] - 1, 3)

    score = onnx_graphs.lightgbm_score(binary, -1.0)
    score.graph.initializer.append(helper.make_tensor("axis", TensorProto.INT64, [1], [1]))
    squeeze = helper.make_node("Squeeze", ["score", "axis"], ["score_1d"])
    replace_outputs(score, [squeeze], [helper.make_tensor_value_info("score_1d", TensorProto.FLOAT, ["N"])])

    classes = onnx_graphs.lightgbm_classes(namer)
    names = [label.name for label in LABELS]
    tail = [
        helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
        helper.make_node("ZipMap", ["probabilities"], ["maps"], domain="ai.onnx.ml", classlabels_strings=names),
    ]
    map_type = helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
    maps = helper.make_value_info("maps", helper.make_sequence_type_proto(map_type))
    replace_outputs(classes, tail, [helper.make_tensor_value_info("label", TensorProto.INT64, ["N"]), maps])

    attack = export.Attack(classes, LABELS, 0.6)
    preprocess = {"mode": "in_graph", "median": PREPROCESS.median.tolist()}
    write("maps_in_graph", lower_is_worse(score, scores), scores, attack, predict(namer, raw), preprocess)


def replace_outputs(model: onnx.ModelProto, tail: list[onnx.NodeProto], outputs: list[onnx.ValueInfoProto]) -> None:
    model.graph.node.extend(tail)
    del model.graph.output[:]
    model.graph.output.extend(outputs)


if __name__ == "__main__":
    make_isolation_forest()
    make_lightgbm()
    make_neural()
    make_maps()
