# SPDX-License-Identifier: Apache-2.0
import shutil
from pathlib import Path

import pytest
from project import REPLACED, ROOT, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    shutil.copytree(ROOT / "tools/setup", root / "tools/setup")
    shutil.copytree(ROOT / "tools/packages", root / "tools/packages")
    shutil.copy2(ROOT / "tools/setup.sh", root / "tools/setup.sh")
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in Path("/usr/bin").iterdir():
        if program.name not in REPLACED:
            (programs / program.name).symlink_to(program)
    made = Project(root, programs)
    for group in ("build", "web", "python", "run", "test", "check", "lab"):
        made.list_packages(group)
    made.replace("apt-get", 'echo "apt-get $*" >>"$CALLS"')
    made.replace("apt-cache", "exit 0")
    made.replace("dpkg-query", "exit 0")
    return made
