#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Format, tidy, layers, types and lint of all three languages; each check runs, and the exit code says if all held.

clang-tidy looks at the C++ files that differ from HEAD (a header brings the sources of its folder), since the whole
tree takes minutes; --all looks at each. The tools are the pinned ones of tools/packages/check.pip.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import check_layers

ROOT = Path(__file__).resolve().parent.parent
CXX_SUFFIXES = {".h", ".cc"}
PYTHON_FOLDERS = ["tools", "tests", "python", "lab", "bench", "demo"]


def git(*arguments: str) -> list[str]:
    output = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [line for line in output.split("\0") if line]


def tracked_or_new() -> list[Path]:
    return [path for name in git("ls-files", "-z", "-co", "--exclude-standard") if (path := ROOT / name).exists()]


def changed() -> set[Path]:
    names = git("diff", "-z", "--name-only", "HEAD") + git("ls-files", "-z", "-o", "--exclude-standard")
    return {ROOT / name for name in names}


def cxx(paths: Iterable[Path]) -> list[Path]:
    return sorted(path for path in paths if path.suffix in CXX_SUFFIXES)


def python_folders() -> list[str]:
    return [folder for folder in PYTHON_FOLDERS if any((ROOT / folder).rglob("*.py"))]


def succeeds(*command: str | Path) -> bool:
    """Runs a tool; what it has to say is shown only when it fails."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        print(
            f"{command[0]} is not there: use `make check`, or run tools/setup.sh check and put .deps/venv/bin on the PATH"
        )
        return False
    if done.returncode != 0:
        print((done.stdout + done.stderr).rstrip())
    return done.returncode == 0


def cxx_format(fix: bool, paths: Iterable[Path]) -> bool:
    files = cxx(paths)
    return not files or succeeds("clang-format", *(["-i"] if fix else ["--dry-run", "--Werror"]), *files)


def python_format() -> bool:
    return succeeds("ruff", "format", "-q", "--diff", *python_folders())


def python_lint() -> bool:
    return succeeds("ruff", "check", "-q", *python_folders())


def python_rewrite(paths: Iterable[Path]) -> bool:
    files = [path for path in paths if path.suffix == ".py"]
    return not files or (
        succeeds("ruff", "check", "-q", "--select=I", "--fix", *files) and succeeds("ruff", "format", "-q", *files)
    )


def python_types() -> bool:
    # Folders are checked one by one: tools and tests are scripts, and two scripts may share a name.
    results = [succeeds("mypy", "--no-error-summary", folder) for folder in python_folders()]
    return all(results)


def layers() -> bool:
    found = list(check_layers.violations(ROOT / "src"))
    print(*found, sep="\n", end="\n" if found else "")
    return not found


def tidy(everything: bool) -> bool:
    database = ROOT / "build" / "compile_commands.json"
    if not database.exists():
        print("no build/compile_commands.json: run `make build` first")
        return False
    known = {Path(entry["file"]) for entry in json.loads(database.read_text())}
    files = sorted(known if everything else sources_touched(changed(), known))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return all(list(pool.map(tidy_one, files)))


def sources_touched(changes: set[Path], known: set[Path]) -> set[Path]:
    header_folders = {path.parent for path in changes if path.suffix == ".h"}
    return {path for path in known if path in changes or path.parent in header_folders}


def tidy_one(path: Path) -> bool:
    # Warning flags of g++ mean nothing to clang; what it wants to say about code is the checks' business.
    quiet = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-w"]
    return succeeds("clang-tidy", "--quiet", "-p", "build", *quiet, path)


def dashboard(script: str) -> Callable[[], bool]:
    def run() -> bool:
        return not (ROOT / "web/package.json").exists() or succeeds("npm", "--prefix", "web", "run", "-s", script)

    return run


def held(title: str, check: Callable[[], bool], suite: ElementTree.Element) -> bool:
    started = time.monotonic()
    good = check()
    seconds = time.monotonic() - started
    print(f"{'ok  ' if good else 'FAIL'}  {title} ({seconds:.1f} s)", flush=True)
    case = ElementTree.SubElement(suite, "testcase", name=title, time=f"{seconds:.1f}")
    if not good:
        ElementTree.SubElement(case, "failure", message="does not hold: `make check` shows where")
    return good


def chosen_checks(arguments: argparse.Namespace) -> list[tuple[str, Callable[[], bool]]]:
    if arguments.quick:
        staged = [ROOT / name for name in git("diff", "-z", "--name-only", "--cached", "--diff-filter=d")]
        return [
            ("C++ format", lambda: cxx_format(False, staged)),
            ("Python format", python_format),
            ("layers", layers),
        ]
    if arguments.fix:
        own = tracked_or_new() if arguments.all else sorted(changed())
        return [
            ("C++ format", lambda: cxx_format(True, own)),
            ("Python format and imports", lambda: python_rewrite(own)),
        ]
    return [
        ("C++ format", lambda: cxx_format(False, tracked_or_new())),
        ("Python format", python_format),
        ("Python lint", python_lint),
        ("layers", layers),
        ("Python types", python_types),
        ("dashboard types", dashboard("typecheck")),
        ("dashboard lint", dashboard("lint")),
        ("C++ tidy", lambda: tidy(arguments.all)),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--all", action="store_true", help="tidy (or with --fix, rewrite) every file, not only what differs from HEAD"
    )
    parser.add_argument("--quick", action="store_true", help="only format and layers of staged files (the git hook)")
    parser.add_argument("--fix", action="store_true", help="rewrite changed files into the right format; check nothing")
    parser.add_argument("--junit-xml", metavar="FILE", help="also write the results as a JUnit report")
    arguments = parser.parse_args()
    suite = ElementTree.Element("testsuite", name="check")
    results = [held(title, check, suite) for title, check in chosen_checks(arguments)]
    if arguments.junit_xml:
        ElementTree.ElementTree(suite).write(arguments.junit_xml)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
