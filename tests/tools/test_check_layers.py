# SPDX-License-Identifier: Apache-2.0
"""The layer rule: what may include what, and that the sources of this tree keep to it."""

from pathlib import Path

import check_layers
import pytest

SOURCES = Path(check_layers.__file__).resolve().parent.parent / "src"


def test_every_include_of_this_tree_points_up_the_stream() -> None:
    assert list(check_layers.violations(SOURCES)) == []
    assert len(list(SOURCES.rglob("*.h"))) > 10


@pytest.mark.parametrize(
    ("file", "included"),
    [
        ("flow/flow_table.h", "base/result.h"),
        ("flow/flow_table.h", "flow/flow_key.h"),
        ("scoring/bundle.cc", "features/schema.h"),
        ("alerting/policy.h", "flow/flow_identity.h"),
        ("api/server.cc", "store/detection_store.h"),
        ("api/server.cc", "api/routes/logs.h"),
        ("capture/pcap/reader.cc", "capture/packet_source.h"),
        ("capture/pcap/reader.cc", "capture/pcap/pcapng.h"),
        ("pipeline/pipeline.h", "api/status_source.h"),
        ("app/registry.cc", "store/postgres/postgres_store.h"),
        ("app/weir.cc", "pipeline/pipeline.h"),
        ("decode/decoder_test.cc", "tests/support/packet_builder.h"),
    ],
)
def test_a_stage_sees_base_and_the_stages_before_it(file: str, included: str) -> None:
    assert check_layers.reason_against(Path(file), Path(included)) is None


@pytest.mark.parametrize(
    ("file", "included", "reason"),
    [
        ("base/result.h", "capture/raw_packet.h", "base/ may not see capture/"),
        ("decode/decoder.cc", "flow/flow_table.h", "decode/ may not see flow/"),
        ("features/schema.h", "scoring/bundle.h", "features/ may not see scoring/"),
        ("store/batch_writer.cc", "sinks/detection_sink.h", "store/ may not see sinks/"),
        ("sinks/detection_sink.h", "store/detection_store.h", "sinks/ may not see store/"),
        ("api/server.cc", "pipeline/pipeline.h", "api/ may not see pipeline/"),
        ("pipeline/pipeline.cc", "app/config.h", "pipeline/ may not see app/"),
        ("pipeline/pipeline.cc", "store/sqlite/sqlite_store.h", "only app/ may see the adapter store/sqlite/"),
        ("store/batch_writer.cc", "store/sqlite/sqlite_store.h", "only app/ may see the adapter store/sqlite/"),
        ("store/postgres/pool.cc", "store/sqlite/sqlite_store.h", "only app/ may see the adapter store/sqlite/"),
        ("capture/pcap/reader.cc", "flow/flow_table.h", "capture/ may not see flow/"),
    ],
)
def test_a_stage_sees_nothing_that_comes_later_and_no_adapter(file: str, included: str, reason: str) -> None:
    assert check_layers.reason_against(Path(file), Path(included)) == reason


def test_a_violation_is_reported_with_its_file_line_and_include(tmp_path: Path) -> None:
    (tmp_path / "decode").mkdir()
    (tmp_path / "decode/tcp.cc").write_text('#include <span>\n\n  #  include "flow/flow_table.h"\n')
    (found,) = check_layers.violations(tmp_path)
    assert found.endswith("decode/tcp.cc:3: decode/ may not see flow/ (it includes flow/flow_table.h)")


def test_a_folder_without_a_place_in_the_order_is_reported(tmp_path: Path) -> None:
    (tmp_path / "utils").mkdir()
    (tmp_path / "utils/strings.h").write_text("")
    (found,) = check_layers.violations(tmp_path)
    assert "utils/ is no known stage" in found
