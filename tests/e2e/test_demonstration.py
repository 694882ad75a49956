# SPDX-License-Identifier: Apache-2.0
"""What a person who types `make run` is promised to see: attacks found and rightly named, hardly a normal flow flagged."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def judgement(program, demo):
    script = load(ROOT / "demo" / "judge.py")
    flows = script.detections(program, demo, ROOT / "models" / "default")
    return script.judge_detections(flows, ROOT / "demo" / "labels.csv")


def test_the_labels_name_fourteen_attacks_of_eight_classes(judgement):
    assert len(judgement.episodes) == 14
    assert len({episode.label for episode in judgement.episodes}) == 8


def test_most_attacks_are_found(judgement):
    assert judgement.found() >= 12


def test_most_of_the_found_attacks_are_rightly_named(judgement):
    assert judgement.named_rightly() >= 0.8 * judgement.found()


def test_less_than_one_normal_flow_in_two_hundred_is_flagged(judgement):
    assert judgement.false_alarms.normal_flows > 2000
    assert judgement.false_alarms.share < 0.005
