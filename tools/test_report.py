# SPDX-License-Identifier: Apache-2.0
"""Counts of tests, read from JUnit XML as ctest, pytest and Vitest write it."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

# A test that could not start: ctest writes it as skipped, and it must not look harmless.
NEVER_STARTED = ("NOT_BUILT", "Unable to find executable", "Required Files Missing", "Fixture dependency failed")


@dataclass
class Counts:
    """How many tests passed; which failed and which were skipped, each as `name: reason`."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return len(self.failures)

    @property
    def skipped(self) -> int:
        return len(self.skips)

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.skipped

    def fail(self, reason: str) -> None:
        self.failures.append(reason)

    def add(self, other: "Counts") -> None:
        self.passed += other.passed
        self.failures += other.failures
        self.skips += other.skips

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def read_junit(path: Path) -> Counts:
    """Counts of one report; none at all where it is missing, a failure where it is not XML."""
    counts = Counts()
    if not path.exists():
        return counts
    try:
        cases = ElementTree.parse(path).iter("testcase")
        for case in cases:
            count_case(case, counts)
    except ElementTree.ParseError as error:
        counts.fail(f"{path.name} is not XML: {error}")
    return counts


def count_case(case: ElementTree.Element, counts: Counts) -> None:
    name = ".".join(filter(None, [case.get("classname"), case.get("name")]))
    broken = [child for child in case if child.tag in ("failure", "error")]
    skipped = case.find("skipped")
    if broken:
        counts.fail(f"{name}: {first_line(broken[0])}".rstrip(": "))
    elif skipped is not None:
        reason = first_line(skipped)
        started = not any(word in f"{name} {reason}" for word in NEVER_STARTED)
        (counts.skips if started else counts.failures).append(f"{name}: {reason}".rstrip(": "))
    else:
        counts.passed += 1


def first_line(element: ElementTree.Element) -> str:
    text = element.get("message") or element.text or ""
    return text.strip().split("\n")[0][:200]
