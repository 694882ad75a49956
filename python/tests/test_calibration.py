# SPDX-License-Identifier: Apache-2.0
"""What the program's answer means for each row; that the program answers well is tested with the program (tests/e2e)."""

import json

import numpy as np
import pandas as pd
import pytest
from weir import calibration


def rule(folder, answer, status=0):
    program = folder / "weir"
    (folder / "answer").write_text(answer)
    program.write_text(
        f'#!/bin/sh\necho "$@" > {folder}/asked; cat > {folder}/table; cat {folder}/answer; cat {folder}/answer >&2; exit {status}\n'
    )
    program.chmod(0o755)
    return calibration.Rule(program, -0.5, -2.0)


ROWS = pd.DataFrame(
    {
        "source": ["198.18.0.1", "198.18.0.2", "198.18.0.2", "198.18.0.3", "198.18.0.1", "198.18.0.4"],
        "protocol": [6, 17, 6, 17, 1, 6],
        "port": [443.0, 53.0, 443.0, 53.0, np.nan, 50000.0],
        "seconds": [0.0, 1.5, 2.0, 3.0, 4.0, 100.0],
        "score": [1.0, -3.0, 2.0, -0.25, 5.0, 0.0],
    }
)


def test_each_row_is_judged_by_the_first_blind_spot_that_covers_it(tmp_path):
    spots = [
        {"host": "198.18.0.2", "service": "53/udp", "threshold": -6.0},
        {"host": "198.18.0.1", "threshold": -5.0},
        {"service": "53/udp", "threshold": -4.0},
        {"service": "tcp", "threshold": -3.0},
    ]
    answer = json.dumps({"threshold": -1.0, "blind_spots": spots})
    limits, count = calibration.thresholds(rule(tmp_path, answer), ROWS, np.array([True] * 5 + [False]))
    assert limits.tolist() == [-5.0, -6.0, -1.0, -4.0, -5.0, -3.0]
    assert count == 4


def test_the_program_is_told_the_rows_to_learn_from_and_the_scale(tmp_path):
    calibration.thresholds(
        rule(tmp_path, '{"threshold": 0, "blind_spots": []}'), ROWS, np.array([False, True, False, False, True, False])
    )
    assert (tmp_path / "asked").read_text().split() == [
        "model",
        "calibrate",
        "--from-scores",
        "-",
        "--floor=-0.5",
        "--shipped=-2.0",
    ]
    table = (tmp_path / "table").read_text().splitlines()
    assert table == [
        "source,protocol,port,at_us,score",
        "198.18.0.2,17,53,1700000001500000,-3.0",
        "198.18.0.1,1,0,1700000004000000,5.0",
    ]


def test_what_the_program_refuses_is_told_in_its_own_words(tmp_path):
    with pytest.raises(RuntimeError, match="too little"):
        calibration.thresholds(rule(tmp_path, "too little to learn from", 1), ROWS, np.ones(6, dtype=bool))
