#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a source file includes a header that its folder may not see.

A stage sees base/ and the stages that a packet meets before it, never one that comes later. An adapter (a folder
inside a stage that wraps one library, such as capture/pcap) is seen by itself and by app/ only, and sees what its stage
sees. pipeline/ sees every stage and no adapter; app/ sees everything. The compiler cannot hold this: all folders share
one include root.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

# In the order in which a packet meets them. store and sinks stand side by side: neither sees the other.
STAGES = ["base", "capture", "decode", "flow", "features", "stream", "scoring", "alerting", "store", "sinks", "api"]
BLIND_TO = {"sinks": {"store"}}
ABOVE_ALL = {"pipeline": set(STAGES), "app": {*STAGES, "pipeline"}}

# Folders inside a stage that are parts of it rather than adapters.
PARTS = {("api", "routes"), ("store", "sql")}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"\n]+)"', re.MULTILINE)
SOURCES = {".h", ".cc"}


def visible_stages(folder: str) -> set[str]:
    """The folders that `folder` may include from, itself among them."""
    if folder in ABOVE_ALL:
        return ABOVE_ALL[folder] | {folder}
    return set(STAGES[: STAGES.index(folder) + 1]) - BLIND_TO.get(folder, set())


def adapter_of(path: Path) -> tuple[str, str] | None:
    """The adapter that a path such as capture/pcap/reader.h belongs to, if it does."""
    if len(path.parts) < 3 or path.parts[:2] in PARTS:
        return None
    return path.parts[0], path.parts[1]


def reason_against(file: Path, included: Path) -> str | None:
    """Why `file` may not include `included` (both relative to the include root); None when it may."""
    here, there = file.parts[0], included.parts[0]
    if there not in STAGES and there not in ABOVE_ALL:
        return None
    if there not in visible_stages(here):
        return f"{here}/ may not see {there}/"
    adapter = adapter_of(included)
    if adapter and here != "app" and adapter != adapter_of(file):
        return f"only app/ may see the adapter {'/'.join(adapter)}/"
    return None


def violations(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        if path.suffix not in SOURCES:
            continue
        file = path.relative_to(root)
        if file.parts[0] not in STAGES and file.parts[0] not in ABOVE_ALL:
            yield f"{path}: {file.parts[0]}/ is no known stage; give it its place in {Path(__file__).name}"
            continue
        for match in INCLUDE.finditer(text := path.read_text()):
            if reason := reason_against(file, Path(match[1])):
                yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {reason} (it includes {match[1]})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent / "src")
    found = list(violations(parser.parse_args().root))
    print("\n".join(found) or "layers: every include points up the stream")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
