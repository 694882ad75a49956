# SPDX-License-Identifier: Apache-2.0
"""The git hook stops a commit that breaks format or layers, and lets a clean one through."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with this project's hook, tools and styles, and one clean source."""
    for name in (".githooks", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".clang-format", "ruff.toml"):
        shutil.copy2(ROOT / name, tmp_path / name)
    (tmp_path / ".deps").symlink_to(ROOT / ".deps")
    (tmp_path / ".gitignore").write_text("/.deps\n__pycache__/\n")
    (tmp_path / "src/base").mkdir(parents=True)
    (tmp_path / "src/base/result.h").write_text("#pragma once\n\nint f();\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.hooksPath", ".githooks")
    assert commit(tmp_path).returncode == 0
    return tmp_path


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    person = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    # A git that runs these tests from a hook of its own must not lend this one its index.
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return subprocess.run(["git", *person, *arguments], cwd=folder, env=env, capture_output=True, text=True)


def commit(folder: Path) -> subprocess.CompletedProcess[str]:
    git(folder, "add", ".")
    return git(folder, "commit", "-q", "-m", "change")


def test_a_clean_change_is_committed(clone: Path) -> None:
    (clone / "src/base/result.h").write_text("#pragma once\n\nint g();\n")
    done = commit(clone)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_badly_formatted_file_stops_the_commit_and_is_named(clone: Path) -> None:
    (clone / "src/base/result.h").write_text("#pragma once\nint   g( ) ;\n")
    done = commit(clone)
    assert done.returncode != 0 and "src/base/result.h" in done.stdout + done.stderr


def test_a_forbidden_include_stops_the_commit_and_is_named(clone: Path) -> None:
    (clone / "src/base/result.h").write_text('#pragma once\n\n#include "flow/flow_table.h"\n')
    done = commit(clone)
    assert done.returncode != 0 and "base/ may not see flow/" in done.stdout + done.stderr
