# SPDX-License-Identifier: Apache-2.0
"""ONNX graphs written by hand: one operator for a whole forest instead of the hundreds that stock converters emit.

Every function takes a fitted model and gives a graph with the input "x", float32 [N, features].
Split thresholds are doubles in training and float32 in ONNX; they are rounded down, so that `x <= threshold` keeps its
answer for every float32 x.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
ML_OPSET = 3
IR_VERSION = 8
_LARGEST = float(np.finfo(np.float32).max)


def round_down_to_float32(value: float) -> float:
    """The largest float32 that is not above the value."""
    nearest = np.float32(np.clip(value, -_LARGEST, _LARGEST))  # LightGBM parts what is undefined from all else at 1e300
    if float(nearest) > value:
        nearest = np.nextafter(nearest, np.float32(-np.inf))
    return float(nearest)


@dataclass
class Forest:
    """The attributes of one TreeEnsembleRegressor, filled tree by tree."""

    nodes: dict[str, list[Any]] = field(
        default_factory=lambda: {
            f"nodes_{key}": []
            for key in (
                "treeids",
                "nodeids",
                "featureids",
                "values",
                "modes",
                "truenodeids",
                "falsenodeids",
                "missing_value_tracks_true",
            )
        }
    )
    leaves: dict[str, list[Any]] = field(
        default_factory=lambda: {f"target_{key}": [] for key in ("treeids", "nodeids", "ids", "weights")}
    )

    def add_branch(
        self, tree: int, node: int, feature: int, threshold: float, yes: int, no: int, nan_is_yes: bool = False
    ) -> None:
        """`x[feature] <= threshold` leads to node `yes`, else to `no`; a NaN where it is told to."""
        limit = round_down_to_float32(threshold)
        self._add_node(tree, node, feature, limit, "BRANCH_LEQ", yes, no, int(nan_is_yes))

    def add_leaf(self, tree: int, node: int, target: int, weight: float) -> None:
        self._add_node(tree, node, 0, 0.0, "LEAF", 0, 0, 0)
        values = (tree, node, target, float(np.float32(weight)))
        for key, value in zip(self.leaves, values, strict=True):
            self.leaves[key].append(value)

    def _add_node(self, *values: Any) -> None:
        for key, value in zip(self.nodes, values, strict=True):
            self.nodes[key].append(value)

    def to_node(self, targets: int, output: str) -> onnx.NodeProto:
        attributes: dict[str, Any] = {**self.nodes, **self.leaves}
        return helper.make_node(
            "TreeEnsembleRegressor",
            ["x"],
            [output],
            domain="ai.onnx.ml",
            n_targets=targets,
            aggregate_function="SUM",
            post_transform="NONE",
            **attributes,
        )


def lightgbm_score(booster: Any, factor: float = 1.0) -> onnx.ModelProto:
    """score [N, 1] = factor * raw margin of a binary booster. -1 makes lower scores worse."""
    forest = lightgbm_forest(booster, factor)
    return _model([forest.to_node(1, "score")], {}, booster.num_feature(), "score", 1)


def lightgbm_classes(booster: Any, temperature: float = 1.0) -> onnx.ModelProto:
    """probabilities [N, C] = softmax(raw margins / temperature) of a multiclass booster."""
    classes = booster.num_model_per_iteration()
    forest = lightgbm_forest(booster, 1.0 / temperature)
    nodes = [forest.to_node(classes, "margins"), helper.make_node("Softmax", ["margins"], ["probabilities"], axis=1)]
    return _model(nodes, {}, booster.num_feature(), "probabilities", classes)


def lightgbm_forest(booster: Any, factor: float) -> Forest:
    """All trees of a booster; tree i belongs to class i mod C."""
    dump = booster.dump_model()
    forest = Forest()
    for index, tree in enumerate(dump["tree_info"]):
        target = index % dump["num_tree_per_iteration"]
        for node, content, yes, no in _walk(tree["tree_structure"]):
            if "leaf_value" in content:
                forest.add_leaf(index, node, target, factor * content["leaf_value"])
            else:
                if content["decision_type"] != "<=":
                    raise ValueError(f"a split of type {content['decision_type']} has no counterpart here")
                limit = content["threshold"]
                # A feature that was never undefined in training reads NaN as 0, in LightGBM's words.
                nan_is_yes = content["default_left"] if content["missing_type"] == "NaN" else limit >= 0
                forest.add_branch(index, node, content["split_feature"], limit, yes, no, nan_is_yes)
    return forest


def _walk(root: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], int, int]]:
    """(number, content, number of left child, number of right child) of each node, the root first."""
    numbered = [root]
    position = 0
    while position < len(numbered):
        content = numbered[position]
        if "leaf_value" in content:
            yield position, content, 0, 0
        else:
            numbered += [content["left_child"], content["right_child"]]
            yield position, content, len(numbered) - 2, len(numbered) - 1
        position += 1


def isolation_forest_score(forest: Any) -> onnx.ModelProto:
    """score [N, 1] = scikit-learn's decision_function: below 0 is an outlier.

    A leaf weighs the path length to it; the score is -2 ** (-mean path / expected path) - offset.
    """
    trees = Forest()
    for index, (estimator, features) in enumerate(zip(forest.estimators_, forest.estimators_features_, strict=True)):
        tree = estimator.tree_
        depth = _depths(tree.children_left, tree.children_right)
        for node in range(tree.node_count):
            left, right = int(tree.children_left[node]), int(tree.children_right[node])
            if left < 0:
                path = depth[node] + _expected_path(int(tree.n_node_samples[node]))
                trees.add_leaf(index, node, 0, path)
            else:
                feature = int(features[tree.feature[node]])
                trees.add_branch(index, node, feature, float(tree.threshold[node]), left, right)
    # scikit-learn draws max_samples_ rows for each tree; their number fixes the expected path.
    expected = len(forest.estimators_) * _expected_path(int(forest.max_samples_))
    nodes = [
        trees.to_node(1, "path"),
        helper.make_node("Mul", ["path", "exponent_per_path"], ["exponent"]),
        helper.make_node("Pow", ["two", "exponent"], ["anomaly"]),
        helper.make_node("Sub", ["minus_offset", "anomaly"], ["score"]),
    ]
    constants = {"exponent_per_path": [-1.0 / expected], "two": [2.0], "minus_offset": [-float(forest.offset_)]}
    return _model(nodes, constants, int(forest.n_features_in_), "score", 1)


def _depths(left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]) -> list[int]:
    depths = [0] * len(left)
    for node, (yes, no) in enumerate(zip(left, right, strict=True)):
        if yes >= 0:
            depths[yes] = depths[no] = depths[node] + 1
    return depths


def _expected_path(samples: int) -> float:
    """Average path length of an unsuccessful search in a binary tree (Liu, Ting, Zhou 2008, equation 1)."""
    if samples <= 1:
        return 0.0
    if samples == 2:
        return 1.0
    return float(2.0 * (np.log(samples - 1.0) + np.euler_gamma) - 2.0 * (samples - 1.0) / samples)


@dataclass(frozen=True)
class Dense:
    """A layer: x @ weight + bias."""

    weight: npt.NDArray[np.float32]  # [inputs, outputs]
    bias: npt.NDArray[np.float32]  # [outputs]


def mlp_classes(layers: Sequence[Dense]) -> onnx.ModelProto:
    """probabilities [N, C] = softmax of dense layers with ReLU between them."""
    nodes, constants = _dense_chain(layers, "x")
    nodes.append(helper.make_node("Softmax", [nodes[-1].output[0]], ["probabilities"], axis=1))
    return _model(nodes, constants, layers[0].weight.shape[0], "probabilities", layers[-1].weight.shape[1])


def autoencoder_score(layers: Sequence[Dense], clip: float = 10.0) -> onnx.ModelProto:
    """score [N, 1] = mean squared error of the reconstruction of clip(x): higher is worse."""
    nodes = [helper.make_node("Clip", ["x", "low", "high"], ["clipped"])]
    chain, constants = _dense_chain(layers, "clipped")
    nodes += chain
    nodes += [
        helper.make_node("Sub", [chain[-1].output[0], "clipped"], ["error"]),
        helper.make_node("Mul", ["error", "error"], ["squared"]),
        helper.make_node("ReduceMean", ["squared"], ["score"], axes=[1], keepdims=1),
    ]
    scalars = {"low": np.float32(-clip), "high": np.float32(clip)}
    return _model(nodes, {**constants, **scalars}, layers[0].weight.shape[0], "score", 1)


def _dense_chain(layers: Sequence[Dense], start: str) -> tuple[list[onnx.NodeProto], dict[str, Any]]:
    nodes: list[onnx.NodeProto] = []
    constants: dict[str, Any] = {}
    current = start
    for i, layer in enumerate(layers):
        constants |= {f"weight{i}": layer.weight, f"bias{i}": layer.bias}
        nodes.append(helper.make_node("Gemm", [current, f"weight{i}", f"bias{i}"], [f"dense{i}"]))
        current = f"dense{i}"
        if i + 1 < len(layers):
            nodes.append(helper.make_node("Relu", [current], [f"relu{i}"]))
            current = f"relu{i}"
    return nodes, constants


def _model(
    nodes: list[onnx.NodeProto], constants: dict[str, Any], inputs: int, output: str, outputs: int
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "weir",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", inputs])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", outputs])],
        [numpy_helper.from_array(np.asarray(value, dtype=np.float32), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="weir")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model
