# SPDX-License-Identifier: Apache-2.0
"""Writes a model bundle: the folder that the sensor loads. docs/models.md describes the format.

The same inputs give the same bytes: no time, host name or random number gets in unless the caller passes it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from weir.preprocess import Doubles, Floats, Preprocessing, column_quantile

FORMAT = 1


@dataclass(frozen=True)
class FlowSemantics:
    """How the training rows were cut; a sensor that cuts otherwise refuses the bundle."""

    idle_timeout_s: float = 120
    active_timeout_s: float = 120
    tick_s: float = 10
    early_packets: int = 0
    first_row_s: float = 1
    subflow_mode: str = "corrected"


@dataclass(frozen=True)
class Contract:
    features: Sequence[str]
    catalogue: Sequence[str]
    catalogue_hash: str
    flow: FlowSemantics = field(default_factory=FlowSemantics)


@dataclass(frozen=True)
class Anomaly:
    graph: onnx.ModelProto
    threshold: float
    higher_is_worse: bool
    benign_scores: Doubles  # of rows that training did not see: the source of p-values
    floor: float | None = None  # calibration never sets a looser threshold; none: the threshold itself


@dataclass(frozen=True)
class Label:
    name: str
    severity: str
    technique: str = ""
    benign: bool = False


@dataclass(frozen=True)
class Attack:
    graph: onnx.ModelProto
    labels: Sequence[Label]
    confidence_bound: float
    cascade: bool = True


@dataclass(frozen=True)
class SelfCheck:
    """Rows as measured, with what the training library (not the exported graph) says about them."""

    rows: Floats
    scores: Doubles
    classes: Doubles | None = None


@dataclass(frozen=True)
class Bundle:
    name: str
    version: str
    created: str
    trained_on: dict[str, Any]  # "summary" is the sentence for people
    contract: Contract
    preprocess: dict[str, Any]
    anomaly: Anomaly
    attack: Attack | None
    benign_rows: Floats  # as measured: the source of the baseline
    self_check: SelfCheck
    card: str


# The graphs take values as measured, NaN where undefined.
IN_GRAPH: dict[str, Any] = {"mode": "in_graph"}


def standard(preprocessing: Preprocessing) -> dict[str, Any]:
    """The manifest's preprocessing section for a model that gets z-scores."""
    return {
        "mode": "standard",
        "median": preprocessing.median.tolist(),
        "mean": preprocessing.mean.tolist(),
        "scale": preprocessing.scale.tolist(),
    }


def write(bundle: Bundle, folder: Path) -> None:
    """Writes or replaces the bundle's files in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "name": bundle.name,
        "version": bundle.version,
        "created": bundle.created,
        "trained_on": bundle.trained_on,
        "contract": _contract_json(bundle.contract),
        "preprocess": bundle.preprocess,
        "anomaly": {
            **_write_file(folder, "anomaly.onnx", bundle.anomaly.graph.SerializeToString(deterministic=True)),
            "higher_is_worse": bundle.anomaly.higher_is_worse,
            "threshold": bundle.anomaly.threshold,
            **({} if bundle.anomaly.floor is None else {"floor": bundle.anomaly.floor}),
            "score_quantiles": score_quantiles(bundle.anomaly.benign_scores, bundle.anomaly.higher_is_worse),
        },
    }
    if bundle.attack:
        manifest["attack"] = {
            **_write_file(folder, "attack.onnx", bundle.attack.graph.SerializeToString(deterministic=True)),
            "cascade": bundle.attack.cascade,
            "confidence_bound": bundle.attack.confidence_bound,
            "labels": [_label_json(label) for label in bundle.attack.labels],
        }
    baseline = _json_bytes(baseline_json(bundle.contract.features, bundle.benign_rows))
    manifest["baseline"] = _write_file(folder, "baseline.json", baseline)
    check = _json_bytes(self_check_json(bundle.self_check))
    manifest["self_check"] = _write_file(folder, "selfcheck.json", check)
    (folder / "MODEL_CARD.md").write_text(bundle.card)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def score_quantiles(benign_scores: Doubles, higher_is_worse: bool) -> dict[str, Any]:
    """Shares of benign rows that score at least as badly, dense where alerts happen: at the bad end."""
    scores = np.sort(np.asarray(benign_scores, dtype=np.float32))
    if higher_is_worse:
        scores = scores[::-1]
    count = len(scores)
    tail = np.geomspace(1 / count, 0.1, 24) if count > 10 else np.array([1 / count])
    shares = np.unique(np.concatenate([tail, np.linspace(0.1, 1.0, 19)]))
    positions = np.clip(np.ceil(shares * count).astype(int), 1, count)
    positions = np.unique(positions)
    return {
        "rows": count,
        "share": (positions / count).tolist(),
        "score": [float(score) for score in scores[positions - 1]],
    }


def baseline_json(features: Sequence[str], benign: Floats) -> dict[str, Any]:
    """What each input looks like in benign rows."""
    median, low, high = (column_quantile(benign, q) for q in (0.5, 0.01, 0.99))
    return {
        "rows": len(benign),
        "features": [
            {
                "name": name,
                "median": median[i],
                "low": low[i],
                "high": high[i],
                "defined": float(np.isfinite(benign[:, i]).mean()),
                "histogram": _histogram(benign[:, i]),
            }
            for i, name in enumerate(features)
        ],
    }


def _histogram(column: Floats, bins: int = 20) -> dict[str, Any]:
    """Bins of about equal counts: few values in a heavy tail say nothing in bins of equal width."""
    finite = column[np.isfinite(column)].astype(np.float64)
    if not finite.size:
        return {"edges": [], "counts": []}
    edges = np.unique(np.quantile(finite, np.linspace(0, 1, bins + 1)))
    if len(edges) == 1:
        edges = np.array([edges[0], edges[0]])
        return {"edges": edges.tolist(), "counts": [int(finite.size)]}
    counts, _ = np.histogram(finite, edges)
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def self_check_json(check: SelfCheck) -> dict[str, Any]:
    """NaN becomes null; so does infinity, which preprocessing treats alike."""
    rows = [[float(x) if np.isfinite(x) else None for x in row] for row in check.rows]
    content: dict[str, Any] = {"tolerance": 1e-5, "rows": rows, "scores": check.scores.tolist()}
    if check.classes is not None:
        content["classes"] = check.classes.tolist()
    return content


def _contract_json(contract: Contract) -> dict[str, Any]:
    return {
        "flow": dict(vars(contract.flow)),
        "catalogue_hash": contract.catalogue_hash,
        "features": list(contract.features),
        "catalogue": list(contract.catalogue),
    }


def _label_json(label: Label) -> dict[str, Any]:
    content: dict[str, Any] = {"name": label.name, "severity": label.severity, "technique": label.technique}
    return {**content, "benign": True} if label.benign else content


def _json_bytes(content: dict[str, Any]) -> bytes:
    return (json.dumps(content) + "\n").encode()


def _write_file(folder: Path, name: str, content: bytes) -> dict[str, str]:
    (folder / name).write_bytes(content)
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest()}
