# SPDX-License-Identifier: Apache-2.0
"""The small commands, and the help of all."""

import json
import re

import pytest

COMMANDS = [
    ["run"],
    ["extract"],
    ["model"],
    ["model", "inspect"],
    ["model", "verify"],
    ["features"],
    ["doctor"],
    ["user"],
    ["user", "add"],
    ["user", "list"],
    ["user", "remove"],
    ["user", "renew"],
    ["user", "role"],
    ["model", "sign"],
    ["model", "keygen"],
    ["version"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(weir, command):
    result = weir(*command, "--help")
    assert result.returncode == 0
    assert len(result.stdout.splitlines()) >= 4


def test_no_command_at_all_shows_those_there_are(weir):
    result = weir()
    assert result.returncode == 2
    assert "extract" in result.stderr and "doctor" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rnu"], "weir has no command rnu; the nearest is run; see `weir --help`"),
        (["fly"], "weir has no command fly; see `weir --help`"),
        (["run", "--spedd", "3"], "run has no option --spedd; the nearest is --speed; see `weir run --help`"),
        (["run", "--spedd=3"], "run has no option --spedd=3; the nearest is --speed; see `weir run --help`"),
        (["run", "-r", "x.pcap", "y.pcap"], 'run has no use for "y.pcap"; see `weir run --help`'),
        (["extract", "--count"], "extract: --read is required; see `weir extract --help`"),
        (["user"], "user needs one of: add, renew, role, remove, list; see `weir user --help`"),
        (["user", "ad"], "user has no command ad; the nearest is add; see `weir user --help`"),
        (["model", "verify", "--jsno"], "model verify has no option --jsno; the nearest is --json"),
        (["features", "--json", "--markdown"], "features: --json excludes --markdown; see `weir features --help`"),
    ],
)
def test_a_wrong_call_is_exit_code_2_and_one_sentence_with_the_nearest_name(weir, arguments, says):
    result = weir(*arguments)
    assert result.returncode == 2
    assert result.stderr.startswith(f"weir: {says}") and result.stderr.count("\n") == 1


def test_a_switch_may_stand_alone_or_say_its_value(weir):
    for given, printed in (["--exit-at-end"], "true"), (["--exit-at-end", "false"], "false"), ([], "false"):
        assert f"exit_at_end = {printed}\n" in weir("run", "--print-config", *given).stdout


def test_the_help_of_run_says_what_holds_when_nothing_is_said(weir):
    text = weir("run", "--help").stdout
    for shown in ("--exit-at-end [true|false]=false", "--promiscuous [true|false]=true", "--idle-timeout NUMBER=120"):
        assert shown in text


def test_the_printed_configuration_is_one_that_weir_reads(weir, tmp_path):
    printed = weir("run", "--print-config", "--interval", "5", "--log", "all")
    path = tmp_path / "weir.toml"
    path.write_text(printed.stdout)
    again = weir("run", "--print-config", "-c", path)
    assert printed.returncode == again.returncode == 0
    assert again.stdout == printed.stdout
    assert "interval_s = 5" in printed.stdout


def test_a_flag_wins_over_the_file(weir, tmp_path):
    path = tmp_path / "weir.toml"
    path.write_text('[store]\nlog = "all"\n')
    assert 'log = "sampled"' in weir("run", "--print-config", "-c", path, "--log", "sampled").stdout


def test_the_catalogue_comes_in_three_forms(weir):
    catalogue = json.loads(weir("features", "--json").stdout)
    features = catalogue["features"] if isinstance(catalogue, dict) else catalogue
    names = [feature["name"] for feature in features]
    assert len(names) == len(set(names)) > 80
    markdown = weir("features", "--markdown").stdout
    table = weir("features").stdout
    for name in names:
        assert name in markdown and name in table


def test_the_default_bundle_is_sound(weir):
    assert weir("model", "verify").returncode == 0
    told = json.loads(weir("model", "inspect", "--json").stdout)
    assert told["name"]


def test_the_version_names_what_matters(weir):
    assert re.search(r"\d+\.\d+\.\d+", weir("version").stdout)
    assert "onnxruntime" in weir("version", "--json").stdout


def test_doctor_looks_at_each_part_and_says_what_to_do(weir, tmp_path):
    result = weir("doctor", "--state-dir", tmp_path, "--seconds", "0.2", "--json")
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert {"privileges", "model", "database", "clock", "state folder"} <= set(checks)
    assert checks["model"]["ok"] and checks["database"]["ok"]
    for check in checks.values():
        assert check["ok"] or check["advice"]


def test_doctor_finds_a_missing_interface(weir, tmp_path):
    result = weir("doctor", "-i", "nosuch0", "--state-dir", tmp_path)
    assert result.returncode == 1
    assert "nosuch0" in result.stdout


def test_users_are_made_listed_and_removed(weir, tmp_path):
    token = weir("user", "--state-dir", tmp_path, "add", "alice", "--role", "analyst").stdout.strip()
    assert len(token) >= 32
    assert token not in (tmp_path / "users.json").read_text()
    assert (tmp_path / "users.json").stat().st_mode & 0o077 == 0
    assert "alice" in weir("user", "--state-dir", tmp_path, "list").stdout
    assert weir("user", "--state-dir", tmp_path, "add", "alice").returncode == 1
    assert weir("user", "--state-dir", tmp_path, "remove", "alice").returncode == 0
    assert weir("user", "--state-dir", tmp_path, "remove", "alice").returncode == 1
    assert "alice" not in weir("user", "--state-dir", tmp_path, "list").stdout
