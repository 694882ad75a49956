# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pandas as pd
import pytest
from weir import crossval, evaluate, export, judge, models, weights


def table(*rows):
    """Rows as (flow, label, episode, score, anomalous, named)."""
    frame = pd.DataFrame(rows, columns=["flow_uid", "label", "episode_id", "score", "anomalous", "named"])
    identity = frame[["flow_uid"]].assign(started_us=0, last_us=3_600_000_000 * 2)
    labels = frame[["label", "episode_id"]].assign(tool="t", recording="r", capture=0)
    return identity, labels, frame["score"].to_numpy(float), frame["anomalous"].to_numpy(bool), frame["named"].to_list()


def test_a_flow_is_one_alarm_however_many_of_its_rows_are_anomalous():
    judgement = judge.judge(
        *table(
            ("n1", "normal", "", -1, True, "scan"),
            ("n1", "normal", "", -2, True, "scan"),
            ("n2", "normal", "", 5, False, ""),
        )
    )
    assert judgement.false_alarms.flagged == 1
    assert judgement.false_alarms.normal_flows == 2
    assert judgement.false_alarms.per_hour == 0.5


def test_an_episode_is_found_by_one_anomalous_flow_and_named_by_most_of_them():
    judgement = judge.judge(
        *table(
            ("a", "scan", "e1", -1, True, "scan"),
            ("b", "scan", "e1", -1, True, "scan"),
            ("c", "scan", "e1", -3, True, "flood"),
            ("d", "flood", "e2", 3, False, ""),
            ("e", "tunnel", "e3", -3, True, "unknown"),
        )
    )
    assert [(e.found, e.named_rightly) for e in judgement.episodes] == [(True, True), (False, False), (True, False)]
    assert judgement.found() == 2
    assert judgement.named_rightly() == 1


def test_a_flow_is_named_by_its_worst_row():
    judgement = judge.judge(*table(("a", "scan", "e1", -1, True, "flood"), ("a", "scan", "e1", -9, True, "scan")))
    assert judgement.episodes[0].named == "scan"


def test_the_table_has_a_line_for_each_class_and_one_for_all():
    judgement = judge.judge(*table(("a", "scan", "e1", -1, True, "scan"), ("n", "normal", "", 5, False, "")))
    text = judge.markdown(judgement)
    assert "| scan | 1 | 1 | 1 | 1 of 1 |" in text
    assert "| **all** | 1 | 1 | 1 | |" in text
    assert "False alarms: 0 of 1 normal flows (0.00 %)" in text


@pytest.mark.parametrize(("share", "reached"), [(0.0, 0), (0.2, 2), (0.25, 2), (1.0, 10)])
def test_a_strict_threshold_is_reached_by_no_more_than_its_share(share, reached):
    scores = np.arange(10.0)
    assert (scores <= evaluate.strict_threshold(scores, share)).sum() == reached


def test_a_strict_threshold_counts_ties_as_reached():
    scores = np.array([1.0, 1.0, 1.0, 2.0])
    assert (scores <= evaluate.strict_threshold(scores, 0.25)).sum() == 0


def test_the_threshold_never_calls_a_row_anomalous_that_is_likelier_normal():
    normal, one = np.ones(4, dtype=bool), np.array(["a"] * 4, dtype=object)
    assert crossval.threshold(np.array([1.0, 2.0, 3.0, np.nan]), normal, one, 0.5) == 0.0
    assert crossval.threshold(np.array([-4.0, -2.0, 3.0, np.nan]), normal, one, 0.0) == -4.0


def test_one_network_that_looks_like_an_attack_does_not_set_the_threshold_of_all() -> None:
    networks = np.array(["a", "b", "c"], dtype=object)
    assert crossval.threshold(np.array([-9.0, -2.0, -1.0]), np.ones(3, dtype=bool), networks, 0.0) == -2.0


def test_the_confidence_bound_keeps_as_many_names_as_the_share_of_wrong_ones_allows():
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([True, True, False, False])
    assert crossval.confidence_bound(confidence, right, np.ones(4), 0.0) == 0.8
    assert crossval.confidence_bound(confidence, right, np.ones(4), 0.25) == 0.7


def test_a_namer_that_is_too_sure_gets_a_higher_temperature():
    margins = np.array([[6.0, 0.0]] * 10)
    classes = np.array([0.0] * 6 + [1.0] * 4)
    temperature = models.fit_temperature(margins, classes, np.ones(10))
    assert models.probabilities(margins, temperature)[0, 0] == pytest.approx(0.6, abs=0.01)


def labels_of(*groups):
    """Groups as (label, episode, rows)."""
    rows = [(label, episode, "r") for label, episode, count in groups for _ in range(count)]
    return pd.DataFrame(rows, columns=["label", "episode_id", "recording"])


def test_normal_rows_weigh_one_half_and_every_attack_class_the_same():
    labels = labels_of(("normal", "", 50), ("flood", "e1", 900), ("scan", "e2", 4))
    w = weights.detector_weights(labels, pd.Series(["6:80"] * len(labels)))
    by_label = pd.Series(w).groupby(labels["label"]).sum() / w.sum()
    assert by_label.to_dict() == pytest.approx({"normal": 0.5, "flood": 0.25, "scan": 0.25})


def test_an_episode_counts_by_the_square_root_of_its_rows():
    labels = labels_of(("scan", "e1", 100), ("scan", "e2", 1))
    w = weights.namer_weights(labels)
    assert w[:100].sum() / w[100] == pytest.approx(10)


def test_thinning_keeps_small_groups_whole_and_draws_from_large_ones():
    labels = labels_of(("normal", "", 50), ("flood", "e1", 900), ("scan", "e2", 4))
    kept = weights.thin(labels, pd.Series(["6:80"] * len(labels)), 20, seed=1)
    assert labels[kept].groupby("label").size().to_dict() == {"flood": 20, "normal": 20, "scan": 4}
    assert (kept == weights.thin(labels, pd.Series(["6:80"] * len(labels)), 20, seed=1)).all()


@pytest.mark.parametrize("higher_is_worse", [False, True])
def test_score_quantiles_go_from_the_worst_score_to_the_best(higher_is_worse):
    scores = np.random.default_rng(1).normal(size=5000)
    quantiles = export.score_quantiles(scores, higher_is_worse)
    ordered = sorted(quantiles["score"], reverse=higher_is_worse)
    assert quantiles["score"] == ordered
    assert quantiles["share"] == sorted(quantiles["share"])
    assert quantiles["share"][0] == 1 / 5000
    assert quantiles["share"][-1] == 1
    worst = scores.max() if higher_is_worse else scores.min()
    assert quantiles["score"][0] == pytest.approx(worst)
    middle = quantiles["score"][quantiles["share"].index(0.5)]
    assert (scores >= middle if higher_is_worse else scores <= middle).mean() == pytest.approx(0.5, abs=0.001)
