# SPDX-License-Identifier: Apache-2.0
"""Each smell is put into rows drawn from a seed, and must be found; rows without it must be clean."""

import numpy as np
import pandas as pd
import pytest
from weir import smell
from weir.datasets import DataSet
from weir.rows import Rows

NAMES = ["a", "b", "c"]


def data_set(change=lambda values, identity, attack: None, count=600):
    rng = np.random.default_rng(3)
    attack = rng.random(count) < 0.3
    values = rng.normal(size=(count, len(NAMES))).astype(np.float32)
    identity = pd.DataFrame(
        {
            "src_ip": rng.integers(0, 40, count).astype(str),
            "dst_ip": rng.integers(0, 40, count).astype(str),
            "src_port": rng.integers(1, 9000, count),
            "dst_port": rng.integers(1, 20, count),
            "protocol": 6,
        }
    )
    change(values, identity, attack)
    labels = pd.DataFrame(
        {
            "label": np.where(attack, "scan", "normal"),
            "episode_id": np.where(attack, "e", ""),
            "recording": "r",
            "network": np.where(np.arange(count) % 2, "N", "M"),
            "seconds": rng.uniform(0, 600, count),
        }
    )
    return DataSet(Rows(identity, values, tuple(NAMES)), labels)


def test_rows_without_a_smell_are_clean():
    found = smell.smell(data_set(), NAMES)
    assert (found.constant, found.same, found.telling, found.repeated, found.both) == ([], [], [], 0.0, 0)
    assert all(0.4 < share < 0.6 for share in found.shortcuts.values()), found.shortcuts
    assert "Features of one value (99.99 % of the rows or more): none" in smell.markdown(found)


def test_a_constant_is_told_also_when_it_is_undefined():
    def change(values, identity, attack):
        values[:, 1] = np.nan

    assert smell.smell(data_set(change), NAMES).constant == [("b", 1.0)]


def test_two_features_that_say_the_same_are_told():
    def change(values, identity, attack):
        values[:, 2] = np.exp(-values[:, 0])

    assert smell.smell(data_set(change), NAMES).same == [("a", "c")]


def test_a_feature_that_gives_the_label_away_is_told():
    def change(values, identity, attack):
        values[:, 1] -= 9 * attack

    ((name, area, least),) = smell.smell(data_set(change), NAMES).telling
    assert name == "b" and area > 0.99 and least > 0.99


def test_rows_that_are_there_twice_and_with_both_labels_are_told():
    def change(values, identity, attack):
        values[300:] = values[:300]
        attack[300:] = attack[:300]
        attack[300:310] = ~attack[300:310]

    found = smell.smell(data_set(change), NAMES)
    assert found.repeated == 0.5
    assert found.both == 10


@pytest.mark.parametrize(("column", "words"), [("src_ip", "source address"), ("dst_port", "destination port")])
def test_an_address_or_port_that_gives_the_label_away_is_told(column, words):
    def change(values, identity, attack):
        others = identity[column].replace({9: 8, "9": "8"})
        identity[column] = others.where(~attack, 9 if column == "dst_port" else "9")

    assert smell.smell(data_set(change), NAMES).shortcuts[words] > 0.95
