# SPDX-License-Identifier: Apache-2.0
"""Classes left out, and the study drawn: on rows whose figures can be counted by hand."""

import dataclasses
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from weir import crossval, plots, report, study
from weir.calibration import Rule
from weir.datasets import DataSet
from weir.export import Label
from weir.models import TreeOptions
from weir.rows import Rows
from weir.settings import Settings

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("flood", "scan")


def settings(**more) -> Settings:
    trees = TreeOptions(trees=12, leaves=7)
    labels = [Label(name, "high", "") for name in NAMES]
    plain = Settings("x", "1", "2026-01-01", 1, 400, trees, trees, 0.01, 0.05, labels, [], [], "")
    return dataclasses.replace(plain, **more)


def drawn_rows() -> DataSet:
    """Three networks; in each 300 rows of normal traffic, and an episode of each class, told by two features apart."""
    rng = np.random.default_rng(3)
    tables, values = [], []
    for network in ("A", "B", "C"):
        for label, count in (("normal", 300), ("flood", 60), ("scan", 60)):
            part = rng.normal(size=(count, 4)).astype(np.float32)
            part[:, 0] += 6 * (label != "normal")  # any attack
            part[:, 1] += 6 * (label == "scan")
            values.append(part)
            normal = label == "normal"
            tables.append(
                pd.DataFrame(
                    {
                        "label": label,
                        "episode_id": "" if normal else f"{network}-{label}",
                        "tool": "" if normal else f"{label}er",
                        "technique": "",
                        "variant": "normal" if normal else "separate",
                        "recording": network,
                        "network": network,
                        "ground": network,
                        "capture": 0,
                        "seconds": np.linspace(0, 600, count) if normal else 2.0 + np.arange(count),
                    }
                )
            )
    labels = pd.concat(tables, ignore_index=True)
    identity = pd.DataFrame(
        {
            "flow_uid": [str(n) for n in range(len(labels))],
            "src_ip": "198.18.0.1",
            "dst_ip": "198.18.0.2",
            "src_port": 40_000,
            "protocol": 6,
            "dst_port": 80,
        }
    )
    return DataSet(Rows(identity, np.concatenate(values), [f"f{n}" for n in range(4)]), labels)


@pytest.fixture(scope="module")
def rule(tmp_path_factory) -> Rule:
    program = tmp_path_factory.mktemp("program") / "weir"
    program.write_text('#!/bin/sh\ncat >/dev/null; echo \'{"threshold": -1.0, "blind_spots": []}\'\n')
    program.chmod(0o755)
    return Rule(program, -0.5, -2.0)


@pytest.fixture(scope="module")
def seen(rule) -> study.Study:
    data = drawn_rows()
    plan = settings(leave_classes_out=True, class_networks=("A", "B"))
    inputs = list(data.rows.names)
    held_out = crossval.hold_out(data, inputs, plan, lambda step: None)
    return study.run(data, inputs, plan, held_out, rule.program, lambda step: None)


def test_a_class_left_out_is_judged_by_one_fit_on_each_of_the_networks_held_out(seen, rule, monkeypatch):
    fits = []
    fit = crossval.fit

    def noted(whole, raw, chosen, plan):
        fits.append(chosen)
        return fit(whole, raw, chosen, plan)

    monkeypatch.setattr(crossval, "fit", noted)
    data = drawn_rows()
    raw = crossval.defined(data.rows.columns(data.rows.names))
    results = study.without_class("scan", {"A": rule, "B": rule}, data, raw, settings())
    (chosen,) = fits
    assert set(data.labels["network"][chosen]) == {"C"}
    assert set(data.labels["label"][chosen]) == {"normal", "flood"}
    assert [set(episodes["network"]) for episodes, _, _ in results] == [{"A"}, {"B"}]
    assert all(set(episodes["label"]) == {"scan"} for episodes, _, _ in results)

    absent = seen.episodes[(seen.episodes["absent"] == "class") & (seen.episodes["way"] == "calibrated")]
    assert sorted(zip(absent["network"], absent["label"], strict=True)) == [
        (network, name) for network in "AB" for name in NAMES
    ]
    assert absent.loc[absent["label"] == "scan", "found"].all(), "what tells a flood tells a scan too"
    assert not absent["right"].any(), "a name that was never learnt cannot be right"


def test_classes_come_with_the_networks_that_the_settings_name():
    assert study.classes_left_out(settings(), ["A", "B"]) == []
    alone = study.classes_left_out(settings(leave_classes_out=True), ["A", "B"])
    assert alone == [("flood", ("A",)), ("flood", ("B",)), ("scan", ("A",)), ("scan", ("B",))]
    both = study.classes_left_out(settings(leave_classes_out=True, class_networks=("A", "B")), ["A", "B", "C"])
    assert both == [("flood", ("A", "B")), ("scan", ("A", "B"))]
    with pytest.raises(ValueError, match=r"class_networks names Z"):
        study.classes_left_out(settings(leave_classes_out=True, class_networks=("Z",)), ["A"])


def test_where_all_networks_with_a_class_are_held_out_nothing_is_fitted(rule):
    data = drawn_rows()
    raw = crossval.defined(data.rows.columns(data.rows.names))
    assert study.without_class("scan", dict.fromkeys("ABC", rule), data, raw, settings()) == []


def test_points_count_alarms_as_pairs_over_the_hours_that_were_judged(seen):
    points = seen.points[(seen.points["absent"] == "nothing") & (seen.points["network"] == "A")]
    assert points["hours"].iloc[0] == pytest.approx(0.65 * 600 / 3600, rel=0.02)
    assert points["pairs"].is_monotonic_increasing
    assert points["pairs"].max() <= 7, "one source, seven minutes"
    assert study.table_of_points(seen.points).count("\n") == 1 + 2 * len(study.SHARES)


def test_the_report_is_whole_and_drawn_again_from_its_tables(seen, tmp_path, capsys):
    report.write(seen, "A <title>", tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "<h1>A &lt;title&gt;</h1>" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", ""), "it needs nothing else"
    for name in report.PLOTS:
        svg = ET.fromstring((tmp_path / f"{name}.svg").read_text())
        assert svg.get("aria-label")
        assert (tmp_path / f"{name}.svg").read_text() in page
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert report.main([str(tmp_path), "--title", "A <title>"]) == 0
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    with pytest.raises(SystemExit):
        report.main([str(tmp_path / "nowhere")])
    assert "holds no episodes.csv" in capsys.readouterr().err


def test_points_without_counted_alarms_are_drawn_over_the_share_of_normal_rows(seen):
    older = dataclasses.replace(seen, points=seen.points.drop(columns=["pairs", "hours"]))
    assert "normal rows flagged, %" in report.operating_curve(older)
    assert "false alarms a day" in report.operating_curve(seen)


def test_bars_are_as_long_as_their_share_and_say_their_figures():
    bars = [plots.Bar("scan", 3, 4, "known"), plots.Bar("scan", 1, 4, "new"), plots.Bar("tunnel", 0, 0, "new")]
    svg = ET.fromstring(plots.bars_svg("Found", ["known", "new"], bars))
    widths = [float(rect.get("width", "0")) for rect in svg.iter(f"{SVG}rect")][:3]
    assert widths[0] == pytest.approx(3 * widths[1])
    assert widths[2] == 0
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert {"3 of 4", "1 of 4", "-", "scan", "tunnel", "known", "new"} <= set(texts)


def test_lines_rise_to_the_left_of_nothing_and_keep_within_the_frame():
    line = plots.Line("one", [(0.5, 0.0), (5, 0.5), (50, 1.0)])
    svg = ET.fromstring(plots.lines_svg("T", "x", "y", [line, plots.Line("none", [])]))
    dots = [(float(c.get("cx", "0")), float(c.get("cy", "0"))) for c in svg.iter(f"{SVG}circle")]
    assert [x for x, _ in dots] == sorted(x for x, _ in dots)
    assert dots[0][1] == pytest.approx(plots.HEIGHT - plots.BOTTOM) and dots[-1][1] == pytest.approx(plots.TOP)
    assert all(plots.LEFT <= x <= plots.WIDTH - plots.RIGHT for x, _ in dots)
    assert "none" not in [text.text for text in svg.iter(f"{SVG}text")]


def test_an_episode_arrives_once_and_those_never_found_keep_the_curve_down():
    episodes = pd.DataFrame({"first_s": [2.0, np.nan, 0.01, np.nan]})
    assert report._arrivals(episodes) == [(0.1, 0.0), (0.1, 0.25), (2.0, 0.5)]
    assert report._arrivals(episodes[episodes["first_s"] > 9]) == []
