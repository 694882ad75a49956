# SPDX-License-Identifier: Apache-2.0
"""The tool that compares weir with other decoders must see a difference where there is one."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("conformance_compare", ROOT / "tests/conformance/compare.py")
assert SPEC is not None and SPEC.loader is not None
compare = importlib.util.module_from_spec(SPEC)
sys.modules["conformance_compare"] = compare
SPEC.loader.exec_module(compare)

TEXT = """\
    1  2015-02-01 22:04:33.817203 IP 20.0.0.1.12618 > 20.0.0.2.6081: Geneve, vni 0xa: IP 30.0.0.1 > 30.0.0.2: ICMP echo request
    2  2015-02-01 22:04:33.999279 36:dc:85:1e:b3:40 > 00:16:3e:08:71:cf, ethertype ARP, Request who-has 10.0.0.1
    3  2015-02-01 22:04:34.000001 IP6 (hlim 64)
    2001:db8::1.443 > 2001:db8::2.51225: Flags [.]
"""
ECHO = ["1422828273817203", "accepted", "30.0.0.1", "7", "30.0.0.2", "7", "1", "84", "10", "-1"]


def test_address_pairs_are_read_from_the_outside_in_and_over_several_lines(tmp_path: Path) -> None:
    (tmp_path / "x.out").write_text(TEXT)
    packets = list(compare.printed_packets(tmp_path / "x.out"))
    assert packets == [
        (1422828273817203, [("20.0.0.1", "12618", "20.0.0.2", "6081"), ("30.0.0.1", "", "30.0.0.2", "")]),
        (1422828273999279, []),
        (1422828274000001, [("2001:db8::1", "443", "2001:db8::2", "51225")]),
    ]


def test_a_packet_is_judged_by_its_innermost_pair() -> None:
    pairs = [("20.0.0.1", "12618", "20.0.0.2", "6081"), ("30.0.0.1", "", "30.0.0.2", "")]
    assert compare.judged([ECHO], pairs) == "the innermost that tcpdump prints"
    outside = [ECHO[0], "accepted", "20.0.0.1", "12618", "20.0.0.2", "6081", "17", "134", "0", "-1"]
    assert compare.judged([outside], pairs) == "one further out"
    assert compare.judged([[*outside[:5], "6082", *outside[6:]]], pairs) == "other addresses"
    assert compare.judged([[ECHO[0], "truncated_network"]], pairs) == "rejected: truncated_network"
    assert compare.judged([], pairs) == "not in the capture at that time"


def test_an_account_that_does_not_add_up_is_seen(tmp_path: Path) -> None:
    program = tmp_path / "weir"
    program.write_text(
        '#!/bin/sh\nprintf "  1,205 packets\\n 1,200 in 7 flow records\\n 3 arp: ARP\\n 9 of the packets x\\n" >&2\n'
    )
    program.chmod(0o755)
    reading = compare.read(str(program), tmp_path / "x.pcap", Path("x.pcap"))
    assert (reading.packets, reading.in_flows, reading.reasons) == (1205, 1200, Counter({"arp": 3}))
    assert reading.outcome == "account does not add up"


def test_a_crash_a_refusal_and_a_babble_are_told_apart(tmp_path: Path) -> None:
    program = tmp_path / "weir"

    def outcome(script: str) -> str:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return str(compare.read(str(program), tmp_path / "x.pcap", Path("x.pcap")).outcome)

    assert outcome("kill -SEGV $$") == "signal"
    assert outcome("echo 'weir: link type SLIP (8) is not supported' >&2; exit 1") == "refused"
    assert outcome("echo 'terminate called' >&2; echo 'after throwing' >&2; exit 1") == "not one sentence"
    assert outcome("echo '==1==ERROR: AddressSanitizer: heap-buffer-overflow' >&2; exit 1") == "sanitizer"
