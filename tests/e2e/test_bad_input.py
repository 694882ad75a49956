# SPDX-License-Identifier: Apache-2.0
"""Whatever a user gets wrong: one sentence that says what and what to do, and an exit code that is not zero."""

import os
import shutil
import socket
import sqlite3
import struct
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_MODEL = ROOT / "models" / "default"

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
UNKNOWN_LINK = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 195)  # IEEE 802.15.4


def one_sentence(result: subprocess.CompletedProcess[str]) -> str:
    """The message, after checking that it is a single line of weir's and no trace of the program's insides."""
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("weir: "), lines[0]
    for inside in ("std::", "terminate", "exception", "0x", "Assertion"):
        assert inside not in lines[0]
    return lines[0]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("notes.pcap", b"Dear diary, today I captured nothing at all.\n" * 20, "capture"),
        ("empty.pcap", b"", "empty"),
        ("odd.pcap", UNKNOWN_LINK, "802"),
        ("cut.pcap", PCAP_HEADER[:11], "cut.pcap"),
    ],
)
@pytest.mark.parametrize("command", ["extract", "run"])
def test_a_file_that_is_no_usable_capture_is_refused(weir, tmp_path, command, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    more = (
        ["--count"] if command == "extract" else ["--exit-at-end", "--state-dir", tmp_path, "--listen", "127.0.0.1:0"]
    )
    result = weir(command, "-r", path, *more)
    assert result.returncode == 1
    assert says in one_sentence(result)


def test_a_missing_capture_is_named(weir, tmp_path):
    result = weir("extract", "-r", tmp_path / "nowhere.pcap", "--count")
    assert result.returncode == 1
    assert "nowhere.pcap" in one_sentence(result)


def test_a_folder_is_no_capture(weir, tmp_path):
    result = weir("extract", "-r", tmp_path, "--count")
    assert result.returncode == 1
    assert "folder" in one_sentence(result) or "directory" in one_sentence(result)


def test_what_can_be_read_of_a_truncated_capture_is_read_and_the_damage_is_told(weir, tmp_path, small):
    whole = (small / "normal-browsing.pcap").read_bytes()
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(whole[: len(whole) // 2])
    full = weir("extract", "-r", small / "normal-browsing.pcap", "-o", tmp_path / "full.csv")
    result = weir("extract", "-r", cut, "-o", tmp_path / "cut.csv")
    assert full.returncode == 0
    assert result.returncode == 3
    assert (tmp_path / "cut.csv").read_text().count("\n") > 1
    assert "damage" in result.stderr or "cut short" in result.stderr


@pytest.mark.parametrize("command", [["extract", "--count"], ["run", "--exit-at-end"]])
def test_an_unknown_tunnel_is_refused_with_those_there_are(weir, small, command):
    result = weir(*command, "-r", small / "normal-browsing.pcap", "--tunnels", "all,-vxlans")
    assert result.returncode == 2
    sentence = one_sentence(result)
    assert '"vxlans"' in sentence and "geneve, gtp" in sentence


def test_a_run_over_a_truncated_capture_stores_what_it_read_and_says_so_by_its_exit_code(weir, tmp_path, small):
    whole = (small / "port-scan.pcap").read_bytes()
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(whole[: len(whole) - 50])
    result = weir(
        *("run", "-r", cut, "--exit-at-end", "--log", "all", "--state-dir", tmp_path, "--listen", "127.0.0.1:0")
    )
    assert result.returncode == 3
    assert "The account adds up." in result.stdout and "the capture is damaged" in result.stdout
    with sqlite3.connect(tmp_path / "weir.db") as db:
        assert db.execute("SELECT count(*) FROM detections").fetchone()[0] > 100


def test_a_missing_interface_is_refused_with_those_there_are(weir, tmp_path):
    result = weir("run", "-i", "nosuch0", "--state-dir", tmp_path, "--listen", "127.0.0.1:0")
    assert result.returncode == 1
    sentence = one_sentence(result)
    assert "nosuch0" in sentence and "lo" in sentence


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root may")
def test_without_the_privilege_to_capture_the_remedy_is_named(program, open_folder):
    """Out of copies: a clone in a home folder may be closed to others."""
    copy = shutil.copy(program, open_folder / "weir")
    bundle = shutil.copytree(DEFAULT_MODEL, open_folder / "model")
    library = shutil.copytree(ROOT / ".deps" / "onnxruntime" / "lib", open_folder / "lib", symlinks=True)
    state = open_folder / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    result = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, "run", "-i", "lo"]
        + ["--state-dir", state, "--listen", "127.0.0.1:0", "--model", bundle],
        capture_output=True,
        text=True,
        timeout=60,
        env={"LD_LIBRARY_PATH": str(library)},
    )
    assert result.returncode == 1
    assert "setcap" in one_sentence(result)


def test_a_port_in_use_is_told(weir, tmp_path, small):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = weir(
            "run", "-r", small / "normal-browsing.pcap", "--state-dir", tmp_path, "--listen", f"127.0.0.1:{port}"
        )
    assert result.returncode == 1
    assert str(port) in one_sentence(result)


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:99999", ":"])
def test_an_address_to_listen_on_that_is_none_is_told(weir, tmp_path, small, address):
    result = weir("run", "-r", small / "normal-browsing.pcap", "--state-dir", tmp_path, "--listen", address)
    assert result.returncode in (1, 2)
    assert "listen" in one_sentence(result)


def test_an_address_beyond_loopback_without_a_token_is_refused_with_the_reason(weir, tmp_path, small):
    result = weir("run", "-r", small / "normal-browsing.pcap", "--state-dir", tmp_path, "--listen", "0.0.0.0:0")
    assert result.returncode == 1
    assert "weir user add" in one_sentence(result) or "token" in one_sentence(result)


@pytest.mark.parametrize(
    "url", ["mysql://db/weir", "postgresql://nobody@127.0.0.1:1/weir", "sqlite:/proc/none/weir.db", "sqlite:"]
)
def test_a_database_that_is_not_there_is_told(weir, tmp_path, small, url):
    result = weir(
        *("run", "-r", small / "normal-browsing.pcap", "--state-dir", tmp_path),
        *("--listen", "127.0.0.1:0", "--db", url, "--exit-at-end"),
    )
    assert result.returncode in (1, 2)
    one_sentence(result)


def test_a_password_is_never_repeated_in_an_error(weir, tmp_path, small):
    result = weir(
        *("run", "-r", small / "normal-browsing.pcap", "--state-dir", tmp_path, "--listen", "127.0.0.1:0"),
        *("--db", "postgresql://weir:s3cr3t@127.0.0.1:1/weir", "--exit-at-end"),
    )
    assert result.returncode == 1
    assert "s3cr3t" not in result.stderr + result.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[capture]\ninterfaec = 'eth0'\n", "capture.interface"),
        ("[flow]\ninterval_s = 'soon'\n", "line 2"),
        ("[nope]\nx = 1\n", "no key nope.x; `weir run --print-config`"),
        ("[capture\n", "line 1"),
        ("[flow]\nidle_timeout_s = 1e99\n", "out of range"),
    ],
)
def test_a_broken_configuration_names_the_place(weir, tmp_path, text, says):
    path = tmp_path / "weir.toml"
    path.write_text(text)
    result = weir("run", "-c", path, "-i", "lo")
    assert result.returncode == 2
    assert says in one_sentence(result)


def test_a_full_disk_under_the_csv_is_told(weir, small):
    result = weir("extract", "-r", small / "normal-browsing.pcap", "-o", "/dev/full")
    assert result.returncode == 1
    assert "space" in one_sentence(result)


def test_a_bundle_that_was_changed_is_refused(weir, tmp_path):
    bundle = tmp_path / "model"
    shutil.copytree(DEFAULT_MODEL, bundle)
    graph = bytearray((bundle / "anomaly.onnx").read_bytes())
    graph[len(graph) // 2] ^= 1
    (bundle / "anomaly.onnx").write_bytes(graph)
    result = weir("model", "verify", bundle)
    assert result.returncode == 1
    assert "anomaly.onnx" in result.stderr + result.stdout


def test_a_bundle_that_expects_other_flows_names_the_first_difference(weir, tmp_path, small):
    result = weir(
        *("run", "-r", small / "normal-browsing.pcap", "--idle-timeout", "30", "--exit-at-end"),
        *("--state-dir", tmp_path, "--listen", "127.0.0.1:0"),
    )
    assert result.returncode == 1
    assert "idle" in one_sentence(result)
