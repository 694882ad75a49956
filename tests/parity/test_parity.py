# SPDX-License-Identifier: Apache-2.0
"""Agreement with the corrected CICFlowMeter, on captures that are not ours to ship.

Skipped unless WEIR_PARITY_DATA names a folder as compare.py wants it.
"""

import os
from pathlib import Path

import pytest

from . import nfstream
from .compare import Capture, Column, compare, markdown, outcome

ROOT = Path(__file__).resolve().parents[2]
WEIR = os.environ.get("WEIR", str(ROOT / "build" / "weir"))
DATA = os.environ.get("WEIR_PARITY_DATA")


def test_numbers_agree_to_one_part_in_100000_and_undefined_is_told_apart() -> None:
    assert outcome("1000000", "1000001") == "agrees"
    assert outcome("1000000", "1000100") == "differs"
    assert outcome("0", "0.0") == "agrees"
    assert outcome("", "-1") == "undefined"
    assert outcome("", "17") == "differs"


@pytest.fixture(scope="module")
def compared() -> tuple[list[Capture], list[Column]]:
    if DATA is None:
        pytest.skip("WEIR_PARITY_DATA names no folder of captures and CICFlowMeter's output")
    return compare(WEIR, Path(DATA))


def test_nine_of_ten_flows_hold_the_same_packets(compared: tuple[list[Capture], list[Column]]) -> None:
    captures, _ = compared
    assert sum(c.same_packets for c in captures) >= 0.9 * sum(c.theirs for c in captures)


def test_a_column_that_differs_has_its_reason(compared: tuple[list[Capture], list[Column]]) -> None:
    _, columns = compared
    surprising = {c.feature: c.share("differs") for c in columns if c.share("differs") > 0.001 and not c.reason}
    assert not surprising


def test_the_page_tells_what_is_measured(compared: tuple[list[Capture], list[Column]]) -> None:
    page = (ROOT / "docs" / "parity.md").read_text().splitlines()
    missing = [line for line in markdown(*compared).splitlines() if line not in page]
    assert not missing


NFSTREAM_MEANT = {
    "bidirectional_bytes": "frames there, with padding and tags",
    "src2dst_": "the source is the SYN's sender here, the first packet's there",
    "dst2src_": "the same",
}


def test_every_column_of_nfstream_agrees_unless_weir_means_to_differ() -> None:
    if DATA is None:
        pytest.skip("WEIR_PARITY_DATA names no folder of captures and NFStream's output")
    captures, columns = nfstream.compare(WEIR, Path(DATA))
    assert sum(c.matched for c in captures) == sum(c.theirs for c in captures) > 0
    surprising = {
        column.name: column.share("differs")
        for column in columns
        if column.share("differs") > (0.002 if column.name.startswith(tuple(NFSTREAM_MEANT)) else 0)
        and column.name != "bidirectional_bytes"
    }
    assert not surprising
