# SPDX-License-Identifier: Apache-2.0
"""Recordings with their labels, extracted by the program that will later watch networks."""

import hashlib
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from weir import label, rows
from weir.preprocess import Bools


@dataclass(frozen=True)
class Source:
    """One recording as the configuration names it."""

    name: str
    network: str  # recordings of one network are never split between training and judging
    captures: Sequence[Path]  # or CSV files that `weir extract --interim` wrote
    labels: Path | None = None  # none: all of it is normal

    def digest(self) -> str:
        """SHA-256 over the files' contents, for the record in the manifest."""
        total = hashlib.sha256()
        for path in (*self.captures, *([self.labels] if self.labels else [])):
            total.update(path.read_bytes())
        return total.hexdigest()


@dataclass(frozen=True)
class DataSet:
    """Labelled rows of one or more recordings. `labels` has the columns of weir.label, and recording, network, capture."""

    rows: rows.Rows
    labels: pd.DataFrame

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def attack(self) -> Bools:
        return np.asarray(self.labels["label"] != label.NORMAL, dtype=np.bool_)

    def take(self, mask: Bools) -> "DataSet":
        return DataSet(self.rows.take(mask), self.labels[mask].reset_index(drop=True))


def load(source: Source, features: Sequence[str], program: Path, cache: Path) -> DataSet:
    """Extracts what is not yet extracted, reads and labels it."""
    tables = [rows.read_csv(_extracted(path, program, cache), features) for path in source.captures]
    table = rows.concat(tables)
    capture = np.repeat(np.arange(len(tables)), [len(part) for part in tables])
    legs = label.read_legs(source.labels) if source.labels else []
    labels = label.label_rows(table.identity, legs)
    labels = labels.assign(recording=source.name, network=source.network, capture=capture)
    labels["episode_id"] = labels["episode_id"].where(
        labels["episode_id"] == "", source.name + "/" + labels["episode_id"]
    )
    return DataSet(table, labels)


def concat(parts: Sequence[DataSet]) -> DataSet:
    return DataSet(
        rows.concat([part.rows for part in parts]),
        pd.concat([part.labels for part in parts], ignore_index=True),
    )


def timing(program: Path) -> list[str]:
    """The flag by which extract tells when a sensor has a row, and which rows bring nothing new."""
    text = subprocess.run([program, "extract", "--help"], capture_output=True, text=True).stdout
    return ["--timing"] if "--timing" in text else []


def _extracted(path: Path, program: Path, cache: Path) -> Path:
    """The path itself if it is a CSV; else its rows in the cache, named after the capture and the program."""
    if path.suffix == ".csv":
        return path
    inputs = hashlib.sha256(path.read_bytes() + program.read_bytes()).hexdigest()[:16]
    output = cache / f"{path.parent.name}-{path.stem}-{inputs}.csv"
    if not output.exists():
        cache.mkdir(parents=True, exist_ok=True)
        partial = output.with_suffix(".partial")
        flags = timing(program)
        subprocess.run(
            [program, "extract", "-r", path, "--interim", "-o", partial, *flags], check=True, capture_output=True
        )
        partial.rename(output)
    return output
