# SPDX-License-Identifier: Apache-2.0
"""Runs a finished bundle over rows in Python, for evaluation: the same files, the same rules as the sensor."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from weir.preprocess import Bools, Doubles, Floats, Preprocessing, impute

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdicts:
    scores: Doubles  # lower is worse, whatever the bundle's direction
    anomalous: Bools
    names: Sequence[str]  # attack types; empty where not asked


class BundleRunner:
    """Loads a bundle whose attack-type model, if any, gives a tensor (as weir.train writes it)."""

    def __init__(self, folder: Path) -> None:
        self.manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        self.features: list[str] = self.manifest["contract"]["features"]
        self._anomaly = _session(folder / self.manifest["anomaly"]["file"])
        attack = self.manifest.get("attack")
        self._attack = _session(folder / attack["file"]) if attack else None

    @property
    def threshold(self) -> float:
        """In the direction "lower is worse"."""
        return self._direction * float(np.float32(self.manifest["anomaly"]["threshold"]))

    @property
    def _direction(self) -> float:
        return -1.0 if self.manifest["anomaly"]["higher_is_worse"] else 1.0

    def score(self, raw: Floats) -> Verdicts:
        """Verdicts about rows [n, features], in the order of `features`."""
        inputs = self._inputs(raw)
        scores = self._direction * _run(self._anomaly, inputs).reshape(len(raw)).astype(np.float64)
        anomalous = scores <= self.threshold
        names = np.full(len(raw), "", dtype=object)
        if self._attack is not None:
            anomalous, names = self._name(inputs, anomalous)
        return Verdicts(scores, anomalous, names.tolist())

    def _inputs(self, raw: Floats) -> Floats:
        section = self.manifest["preprocess"]
        arrays = {
            key: np.asarray(section[key], dtype=np.float64) for key in ("median", "mean", "scale") if key in section
        }
        if section["mode"] == "standard":
            return Preprocessing(**arrays).apply(raw)
        if "median" in arrays:
            return impute(raw, arrays["median"]).astype(np.float32)
        return np.where(np.isfinite(raw), raw, np.float32(np.nan))

    def _name(self, inputs: Floats, anomalous: Bools) -> tuple[Bools, Any]:
        attack = self.manifest["attack"]
        labels = np.asarray([label["name"] for label in attack["labels"]], dtype=object)
        benign = np.asarray([label.get("benign", False) for label in attack["labels"]], dtype=np.bool_)
        names = np.full(len(inputs), "", dtype=object)
        asked = anomalous if attack["cascade"] else np.ones(len(inputs), dtype=np.bool_)
        if not asked.any():
            return anomalous, names
        probabilities = _run(self._attack, inputs[asked])
        best = probabilities.argmax(axis=1)
        sure = (probabilities.max(axis=1) >= np.float32(attack["confidence_bound"])) & ~benign[best]
        names[asked] = np.where(sure, labels[best], UNKNOWN)
        recognised = np.zeros(len(inputs), dtype=np.bool_)
        recognised[asked] = sure
        if not attack["cascade"]:
            anomalous = anomalous | recognised
        names[~anomalous] = ""
        return anomalous, names


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


def _run(session: Any, inputs: Floats) -> Floats:
    return np.asarray(session.run(None, {session.get_inputs()[0].name: inputs})[0], dtype=np.float32)
