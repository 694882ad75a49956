# SPDX-License-Identifier: Apache-2.0
"""Training from end to end on rows drawn from a seed, with a stand-in for the program that computes features."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from weir import crossval, datasets, evaluate, models, rows, settings, study, train
from weir.bundle import BundleRunner

FEATURES = [f"f{i}" for i in range(8)]
KINDS = ["normal", "scan", "flood"]

SETTINGS = """
[bundle]
name = "drawn"
version = "7"
created = "2026-01-01"
seed = 1
rows_per_group = 400
notes = "Only numbers."
[detector]
false_alarm_share = 0.01
trees = {trees = 20, leaves = 7}
[namer]
wrong_name_share = 0.05
trees = {trees = 10, leaves = 7}
[study]
leave_classes_out = true
[[label]]
name = "scan"
severity = "medium"
technique = "T1046"
[[label]]
name = "flood"
severity = "high"
[[train]]
name = "a"
network = "A"
captures = ["a.csv"]
labels = "a-labels.csv"
[[train]]
name = "b"
network = "B"
captures = ["b.csv"]
labels = "b-labels.csv"
[[test]]
name = "c"
network = "C"
captures = ["c.csv"]
labels = "c-labels.csv"
"""


def write_recording(folder, name, seed):
    """Flows of three hosts: one normal, one that scans, one that floods."""
    rng = np.random.default_rng(seed)
    kind = np.repeat([0, 1, 2], [600, 150, 150])
    values = rng.normal(size=(len(kind), len(FEATURES)))
    values[:, 0] += 4 * (kind == 1)
    values[:, 1] -= 4 * (kind == 2)
    values[rng.random(values.shape) < 0.05] = np.nan
    table = pd.DataFrame(values, columns=FEATURES)
    fixed = {"src_port": "1", "dst_ip": "198.18.0.9", "dst_port": "80", "protocol": "6", "row_kind": "final"}
    for column in rows.IDENTITY:
        table[column] = fixed.get(column, "")
    table["flow_uid"] = [f"{name}{i}" for i in range(len(kind))]
    table["src_ip"] = [f"198.18.0.{k}" for k in kind]
    table["started_us"] = np.arange(len(kind)) * 1_000_000
    table["last_us"] = table["started_us"] + 10
    table[[*rows.IDENTITY, *FEATURES]].to_csv(folder / f"{name}.csv", index=False)
    header = "episode_id,campaign_id,class,tool,technique,attempted,attacker,attacker_port,victim,victim_port,protocol,"
    lines = [f"e{k},e{k},{KINDS[k]},t,x,0,198.18.0.{k},,198.18.0.9,,6,0,1000000000" for k in (1, 2)]
    (folder / f"{name}-labels.csv").write_text("\n".join([header + "start_us,end_us", *lines]) + "\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    for seed, name in enumerate("abc"):
        write_recording(folder, name, seed)
    (folder / "settings.toml").write_text(SETTINGS)
    features = [{"name": name, "model": "input"} for name in FEATURES] + [{"name": "extra", "model": "duplicate"}]
    catalogue = json.dumps({"catalogue_hash": "c0ffee", "features": features})
    program = folder / "weir"
    program.write_text(
        f"#!/bin/sh\nif [ \"$*\" = 'features --json' ]; then echo '{catalogue}'\n"
        'elif [ "$1 $2" = "model calibrate" ]; then cat > /dev/null; echo \'{"threshold": 0.0, "blind_spots": []}\'; fi\n'
    )
    program.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def bundle(folder):
    run_training(folder, "bundle")
    return folder / "bundle"


def run_training(folder, output):
    arguments = [folder / "settings.toml", "--recordings", folder, "--weir", folder / "weir", "-o", folder / output]
    assert train.main([str(argument) for argument in arguments]) == 0


def test_the_manifest_names_what_the_model_was_trained_on(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["contract"]["features"] == FEATURES
    assert manifest["contract"]["catalogue"] == [*FEATURES, "extra"]
    assert manifest["contract"]["catalogue_hash"] == "c0ffee"
    assert [item["rows"] for item in manifest["trained_on"]["data"]] == [900, 900]
    assert [item["name"] for item in manifest["trained_on"]["tested_on"]] == ["c"]
    assert manifest["anomaly"]["threshold"] <= 0


def test_attacks_on_a_network_never_seen_are_found_and_named(bundle, folder):
    runner = BundleRunner(bundle)
    data = evaluate.read(folder / "c.csv", folder / "c-labels.csv", runner.features)
    judgement = evaluate.evaluate(runner, data)
    assert [(e.label, e.found, e.named) for e in judgement.episodes] == [
        ("scan", True, "scan"),
        ("flood", True, "flood"),
    ]
    assert judgement.false_alarms.share < 0.05


def test_the_self_check_is_what_the_exported_graphs_say(bundle):
    check = json.loads((bundle / "selfcheck.json").read_text())
    raw = np.array([[np.nan if x is None else x for x in row] for row in check["rows"]], dtype=np.float32)
    np.testing.assert_allclose(BundleRunner(bundle).score(raw).scores, check["scores"], atol=1e-5)


def test_the_card_tells_data_results_rivals_and_limits(bundle):
    card = (bundle / "MODEL_CARD.md").read_text()
    for text in (
        "# drawn@7",
        "## On networks and attacks that training had not seen",
        "| A | calibrated |",
        "isolation forest",
        "### Network and whole class of attack never seen",
        "## On c, never trained on",
        "Only numbers.",
    ):
        assert text in card


def test_the_same_rows_and_settings_give_the_same_bytes(bundle, folder):
    run_training(folder, "again")
    for file in bundle.rglob("*"):
        if file.is_file():
            assert file.read_bytes() == (folder / "again" / file.relative_to(bundle)).read_bytes(), file.name


def test_the_evaluation_command_prints_a_report(bundle, folder, capsys):
    arguments = [bundle, "--rows", folder / "c.csv", "--labels", folder / "c-labels.csv"]
    assert evaluate.main([str(argument) for argument in arguments]) == 0
    out = capsys.readouterr().out
    assert "| scan | 1 | 1 | 1 |" in out
    assert "Missed: none." in out


def test_a_csv_without_a_feature_is_refused_by_its_name(folder):
    with pytest.raises(ValueError, match=r"a\.csv has no column nowhere"):
        rows.read_csv(folder / "a.csv", ["f0", "nowhere"])


def test_some_of_the_hard_rows_weigh_as_much_as_all(folder, monkeypatch):
    fits = []

    class Suspicious:
        def predict(self, x, raw_score):
            return np.full(len(x), 1.0)

    def note(raw, attack, weights, options, seed):
        fits.append((raw, attack, weights))
        return Suspicious()

    monkeypatch.setattr(models, "fit_detector", note)
    plan = dataclasses.replace(
        settings.read(folder / "settings.toml", folder), hard=settings.Hard(5, -3.0), rows_per_group=50
    )
    source = datasets.Source("a", "A", [folder / "a.csv"], folder / "a-labels.csv")
    data = datasets.load(source, FEATURES, folder / "unused", folder)
    for most in (None, 40):
        limited = dataclasses.replace(plan, hard=settings.Hard(5, -3.0, most=most))
        crossval.fit(data, data.rows.values, np.ones(len(data), np.bool_), limited)
    thinned, every, _, some = fits
    assert len(every[0]) - len(thinned[0]) == 550
    assert len(some[0]) - len(thinned[0]) == 40
    assert not some[1][-40:].any()
    assert some[2][-40:].sum() == pytest.approx(every[2][-550:].sum())


def test_folds_of_tools_may_be_told_for_each_network(folder):
    plan = settings.read(folder / "settings.toml", folder)
    told = dataclasses.replace(plan, tool_folds=[["nmap"], ["hydra"]], fold_of={"A": 1})
    assert study._folds(told, 0, "A") == [["hydra"]]
    assert study._folds(told, 0, "B") == []
