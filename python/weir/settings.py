# SPDX-License-Identifier: Apache-2.0
"""What a training run is told: one TOML file. docs/models.md explains every key."""

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weir.datasets import Source
from weir.export import Label
from weir.models import TreeOptions


@dataclass(frozen=True)
class Hard:
    """Normal rows beyond the thinned ones that look like an attack to a first, smaller model join the training of the second."""

    trees: int  # of the first model
    log_odds: float  # of an attack, that make a normal row a hard one
    most: int | None = None  # at most so many, drawn at random, which weigh as much as all; none: all of them


@dataclass(frozen=True)
class Settings:
    name: str
    version: str
    created: str
    seed: int
    rows_per_group: int  # at most so many rows of one episode, or of one service's normal traffic in a recording
    detector: TreeOptions
    namer: TreeOptions
    false_alarm_share: float  # of normal rows on a network that training has not seen: sets the threshold
    wrong_name_share: float  # of held-out attack rows that keep a name: sets the bound below which it is "unknown"
    labels: Sequence[Label]
    train: Sequence[Source]
    test: Sequence[Source]
    notes: str  # for the model card
    rows_per_episode: int | None = None  # of one episode in one variant; else as rows_per_group
    tool_folds: Sequence[
        Sequence[str]
    ] = ()  # tools that are left out of training together, to judge by tools never seen
    folds_per_network: int | None = None  # so many of them for each held-out network, in turn; none: all
    fold_of: Mapping[str, int] = field(default_factory=dict)  # instead: the one fold (from 0) of each network named
    floor: float = 0.0  # calibration never sets a looser threshold; 0 is even odds
    hard: Hard | None = None  # normal rows that training goes looking for
    leave_classes_out: bool = False  # in the study: each class also judged by models that never saw it
    class_networks: Sequence[str] = ()  # held out together for that, one fit for each class; none: each by itself
    many_hosts: bool = False  # train and judge also on attacks that many hosts make together, and on crowds of visitors
    woven: bool = False  # train also on episodes that no tool made
    normal_share: float = 1.0  # of the normal rows of composed sets
    drop: Sequence[str] = ()  # families of features that no model sees


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What every command that makes rows of a training set is told."""
    parser.add_argument("settings", type=Path, help="TOML file: recordings, labels, model sizes")
    parser.add_argument(
        "--recordings", type=Path, default=Path("lab/out"), help="folder that recordings are relative to"
    )
    parser.add_argument("--weir", type=Path, default=Path("build/weir"), help="the program that computes the features")
    parser.add_argument("--cache", type=Path, help="keep extracted rows here between runs")


def read(path: Path, root: Path) -> Settings:
    """`root`: the folder that recordings are relative to, unless they name one beside the settings file."""
    content = tomllib.loads(path.read_text())
    bundle = content["bundle"]
    return Settings(
        name=bundle["name"],
        version=bundle["version"],
        created=bundle["created"],
        seed=bundle["seed"],
        rows_per_group=bundle["rows_per_group"],
        detector=TreeOptions(**content["detector"]["trees"]),
        namer=TreeOptions(**content["namer"]["trees"]),
        false_alarm_share=content["detector"]["false_alarm_share"],
        wrong_name_share=content["namer"]["wrong_name_share"],
        labels=[Label(**label) for label in content["label"]],
        train=[_source(item, root, path) for item in content["train"]],
        test=[_source(item, root, path) for item in content.get("test", [])],
        notes=bundle.get("notes", ""),
        rows_per_episode=bundle.get("rows_per_episode"),
        tool_folds=content.get("study", {}).get("tool_folds", ()),
        folds_per_network=content.get("study", {}).get("folds_per_network"),
        fold_of=content.get("study", {}).get("fold_of", {}),
        floor=float(content["detector"].get("floor", 0.0)),
        hard=Hard(**content["detector"]["hard"]) if "hard" in content["detector"] else None,
        leave_classes_out=content.get("study", {}).get("leave_classes_out", False),
        class_networks=content.get("study", {}).get("class_networks", ()),
        many_hosts=bundle.get("many_hosts", False),
        woven=bundle.get("woven", False),
        normal_share=float(bundle.get("normal_share", 1.0)),
        drop=bundle.get("drop_family", ()),
    )


def _source(item: dict[str, Any], root: Path, settings: Path) -> Source:
    folder = settings.parent / item["folder"] if "folder" in item else root
    captures = [path for pattern in item["captures"] for path in sorted(folder.glob(pattern))]
    if not captures:
        raise ValueError(f"recording {item['name']}: no file in {folder} is called {item['captures'][0]}")
    labels = folder / item["labels"] if "labels" in item else None
    return Source(item["name"], item["network"], captures, labels)
