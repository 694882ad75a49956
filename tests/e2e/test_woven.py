# SPDX-License-Identifier: Apache-2.0
"""Attacks made of numbers, as the program itself reads them: whole conversations, each packet understood."""

import io
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from weir import compose, packets, weave

DEMO = Path(__file__).resolve().parents[2] / "demo"


@pytest.fixture(scope="module")
def episodes():
    whole = packets.read(DEMO / "demo.pcap.zst")
    normal, _ = compose.split(whole, "demo", "demo", DEMO / "labels.csv")
    base, rng = compose.ground("demo", "demo", normal), np.random.default_rng(3)
    return weave.attacks(base, rng, 1) + weave.errands(base, rng, 1)


def test_the_program_finds_whole_conversations_in_computed_packets(program, episodes, tmp_path):
    for episode in episodes:
        capture = tmp_path / "episode.pcap"
        packets.write(capture, episode.packets.at(episode.packets.at_us + 1_700_000_000_000_000))
        # One row a flow, however long it rests.
        command = [program, "extract", "-r", capture, "-o", "-", "--idle-timeout", "300", "--active-timeout", "300"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "rejected" not in done.stderr, f"{episode.technique}: {done.stderr}"
        rows = pd.read_csv(io.StringIO(done.stdout))
        assert int(rows["fwd_packets"].sum() + rows["bwd_packets"].sum()) == len(episode.packets), episode.technique
        if episode.label not in ("scan", "flood"):  # there packets are sent again, or mean nothing
            assert rows["retransmitted_packets"].sum() == 0, episode.technique
        attackers = {packets.address_text(address) for address in episode.attackers}
        asked = rows[rows["protocol"].isin([packets.TCP, packets.UDP])]
        assert set(asked["src_ip"]) <= attackers, f"{episode.technique}: an answer was taken for a question"
