# SPDX-License-Identifier: Apache-2.0
import pandas as pd
import pytest
from weir import label

HEADER = (
    "episode_id,campaign_id,class,tool,technique,attempted,attacker,attacker_port,victim,victim_port,protocol,"
    "start_us,end_us\n"
)


@pytest.fixture
def legs_of(tmp_path):
    def read(*lines):
        path = tmp_path / "labels.csv"
        path.write_text(HEADER + "".join(line + "\n" for line in lines))
        return label.read_legs(path)

    return read


def flow(src="198.18.0.1", src_port=1000, dst="198.18.0.2", dst_port=80, protocol=6, started=50):
    names = ("src_ip", "src_port", "dst_ip", "dst_port", "protocol", "started_us")
    return pd.DataFrame([(src, src_port, dst, dst_port, protocol, started)], columns=names)


def labels(legs, **fields):
    return label.label_rows(flow(**fields), legs)["label"][0]


def test_a_flow_that_starts_within_the_episode_is_its_flow_whichever_end_the_attacker_is(legs_of):
    legs = legs_of("e1,e1,scan,nmap,syn,0,198.18.0.1,,198.18.0.2,80,6,10,90")
    assert labels(legs) == "scan"
    assert labels(legs, src="198.18.0.2", src_port=80, dst="198.18.0.1", dst_port=1000) == "scan"


@pytest.mark.parametrize(
    "other",
    [
        {"started": 9},
        {"started": 91},
        {"protocol": 17},
        {"dst_port": 81},
        {"src": "198.18.0.3"},
        {"src": "198.18.0.2", "dst": "198.18.0.1"},
    ],
)
def test_a_flow_that_misses_one_condition_is_normal(legs_of, other):
    legs = legs_of("e1,e1,scan,nmap,syn,0,198.18.0.1,,198.18.0.2,80,6,10,90")
    assert labels(legs, **other) == "normal"


def test_both_edges_of_the_time_belong_to_the_episode(legs_of):
    legs = legs_of("e1,e1,scan,nmap,syn,0,198.18.0.1,,198.18.0.2,80,6,10,90")
    assert labels(legs, started=10) == "scan"
    assert labels(legs, started=90) == "scan"


def test_prefixes_and_ipv6_match_and_versions_do_not_mix(legs_of):
    legs = legs_of(
        "e1,e1,flood,hping3,spoofed,1,198.18.0.0/16,,198.18.0.2,,6,10,90",
        "e2,e2,scan,nmap,six,0,2001:db8::/64,,2001:db8::2,,6,10,90",
    )
    assert labels(legs, src="198.18.7.7") == "flood"
    assert labels(legs, src="2001:db8::9", dst="2001:db8::2") == "scan"
    assert labels(legs, src="::c612:1", dst="2001:db8::2") == "normal"


def test_an_attacker_port_narrows_a_leg(legs_of):
    legs = legs_of("e1,e1,tunnel,iodine,dns,0,198.18.0.1,5353,198.18.0.2,53,17,10,90")
    assert labels(legs, src_port=5353, dst_port=53, protocol=17) == "tunnel"
    assert labels(legs, src_port=5354, dst_port=53, protocol=17) == "normal"


def test_of_several_legs_the_one_that_started_last_wins_whatever_their_order(legs_of):
    early = "e1,e1,scan,nmap,a,0,198.18.0.1,,198.18.0.2,,6,10,90"
    late = "e2,e2,flood,hping3,b,0,198.18.0.1,,198.18.0.2,,6,20,90"
    assert labels(legs_of(early, late)) == "flood"
    assert labels(legs_of(late, early)) == "flood"


def test_the_command_adds_four_columns_and_keeps_the_rest(tmp_path, legs_of, capsys):
    legs_of("e1,e1,scan,nmap,syn,1,198.18.0.1,,198.18.0.2,80,6,10,90")
    rows = pd.concat([flow().assign(x=0.5), flow(started=95).assign(x=1.5)])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    arguments = [str(tmp_path / "rows.csv"), str(tmp_path / "labels.csv"), "-o", str(tmp_path / "out.csv")]
    assert label.main(arguments) == 0
    out = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert out["label"].tolist() == ["scan", "normal"]
    assert out["episode_id"].tolist() == ["e1", ""]
    assert out["attempted"].tolist() == [1, 0]
    assert out["x"].tolist() == [0.5, 1.5]
    assert "scan" in capsys.readouterr().err
