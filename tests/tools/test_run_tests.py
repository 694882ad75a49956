# SPDX-License-Identifier: Apache-2.0
"""The test runner must not be able to say that all is well when it is not."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import run_tests
from test_report import Counts, read_junit


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> run_tests.Run:
    monkeypatch.setattr(run_tests, "REPORTS", tmp_path)
    return run_tests.Run("sample")


def shell(script: str) -> list[str]:
    return ["sh", "-c", script]


def writes(run: run_tests.Run, cases: str, code: int = 0) -> list[str]:
    """A runner that leaves this JUnit report and ends with this code."""
    return shell(f"printf '<testsuites><testsuite>%s</testsuite></testsuites>' '{cases}' > {run.report}; exit {code}")


def test_passed_failed_and_skipped_are_counted_from_the_report(run: run_tests.Run) -> None:
    cases = (
        '<testcase name="a"/><testcase name="b"><failure message="not equal"/></testcase>'
        '<testcase name="c"><skipped message="no disk"/></testcase><testcase name="d"><error message="boom"/></testcase>'
    )
    run.tests(writes(run, cases, code=1), minutes=1)
    assert str(run.counts) == "1 passed, 2 failed, 1 skipped"
    assert run.counts.failures == ["b: not equal", "d: boom"]
    assert run.counts.skips == ["c: no disk"]


def test_a_runner_that_reports_no_test_is_a_failure(run: run_tests.Run) -> None:
    run.tests(shell("exit 0"), minutes=1)
    assert run.counts.failures == ["its runner reported no test"]


def test_a_runner_that_ends_badly_is_a_failure_although_its_report_is_good(run: run_tests.Run) -> None:
    run.tests(writes(run, '<testcase name="a"/>', code=134), minutes=1)
    assert str(run.counts) == "1 passed, 1 failed, 0 skipped"


def test_a_runner_killed_by_a_signal_is_a_failure(run: run_tests.Run) -> None:
    command = writes(run, '<testcase name="a"/>')
    command[-1] = command[-1].replace("exit 0", "kill -SEGV $$")
    run.tests(command, minutes=1)
    assert run.counts.failed == 1


def test_a_report_cut_off_in_the_middle_is_a_failure(run: run_tests.Run) -> None:
    run.tests(shell(f"printf '<testsuite><testcase name=' > {run.report}"), minutes=1)
    assert run.counts.failed == 1 and "is not XML" in run.counts.failures[0]


def test_a_runner_that_hangs_is_ended_with_its_children_and_counts_as_failed(
    run: run_tests.Run, tmp_path: Path
) -> None:
    started = time.monotonic()
    run.tests(shell(f"(sleep 3; touch {tmp_path}/survived) & wait"), minutes=0.01)
    assert time.monotonic() - started < 3
    assert "took longer than 0.01 minutes" in run.counts.failures[0]
    time.sleep(3)
    assert not (tmp_path / "survived").exists()


def test_a_broken_build_is_one_failure_that_names_the_command(run: run_tests.Run) -> None:
    assert run.build("sh", "-c", "exit 2") is False
    assert run.counts.failures == ["`sh -c exit 2` ended with 2"]


def test_a_missing_program_is_a_failure_not_a_crash(run: run_tests.Run) -> None:
    assert run.build("no-such-program") is False
    assert "no-such-program" in run.counts.failures[0]


def test_a_gtest_program_that_was_never_built_counts_as_failed(tmp_path: Path) -> None:
    (tmp_path / "CTestTestfile.cmake").write_text('add_test(flow_test_NOT_BUILT "flow_test_NOT_BUILT")\n')
    report = tmp_path / "report.xml"
    subprocess.run(["ctest", "--test-dir", tmp_path, "--output-junit", report], capture_output=True)
    counts = read_junit(report)
    assert (counts.passed, counts.failed, counts.skipped) == (0, 1, 0)


def test_a_missing_report_counts_nothing(tmp_path: Path) -> None:
    assert read_junit(tmp_path / "none.xml") == Counts()


def test_the_last_line_is_the_sum_in_plain_form() -> None:
    total = Counts(passed=3)
    total.add(Counts(passed=1, failures=["x"], skips=["y", "z"]))
    assert str(total) == "4 passed, 1 failed, 2 skipped"


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    done = subprocess.run([sys.executable, run_tests.__file__, "unti"], capture_output=True, text=True)
    assert done.returncode == 2 and "'unti'" in done.stderr and "unit" in done.stderr


def kind(name: str, execute, compiles: bool = False) -> run_tests.Kind:
    return run_tests.Kind(name, name, execute, compiles)


def test_the_lanes_run_at_the_same_time_and_results_come_in_the_order_of_the_kinds(run: run_tests.Run) -> None:
    met = threading.Barrier(2, timeout=10)

    def meet(of: run_tests.Run) -> None:
        met.wait()  # breaks unless the other lane comes here too
        of.counts.passed = 1

    kinds = [kind("waits", meet), kind("compiles", meet, compiles=True), kind("last", lambda of: of.counts.fail("no"))]
    runs = run_tests.execute_all(kinds, one_by_one=False)
    assert [(each.name, each.counts.passed, each.counts.failed) for each in runs] == [
        ("waits", 1, 0),
        ("compiles", 1, 0),
        ("last", 0, 1),
    ]


def test_a_kind_that_crashes_the_runner_is_not_swallowed_by_its_lane(run: run_tests.Run) -> None:
    def crash(of: run_tests.Run) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run_tests.execute_all([kind("a", crash, compiles=True)], one_by_one=False)


def test_a_program_that_ran_as_one_test_counts_for_the_tests_it_holds(tmp_path: Path) -> None:
    (tmp_path / "store_test.xml").write_text(
        '<testsuite><testcase name="a"/><testcase name="b"><skipped message="no server"/></testcase></testsuite>'
    )
    counts = Counts(passed=5)
    run_tests.count_whole_programs(counts, tmp_path)
    assert (counts.passed, counts.failed, counts.skips) == (5, 0, ["b: no server"])


def test_a_program_that_failed_as_one_test_stays_failed(tmp_path: Path) -> None:
    (tmp_path / "store_test.xml").write_text('<testsuite><testcase name="a"/></testsuite>')
    counts = Counts(passed=5, failures=["store_test.store_test: Failed"])
    run_tests.count_whole_programs(counts, tmp_path)
    assert (counts.passed, counts.failed, counts.skipped) == (5, 1, 0)
