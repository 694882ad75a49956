# SPDX-License-Identifier: Apache-2.0
"""A copy of set-up in a folder of its own, with short package lists and a PATH whose dangerous programs are replaced."""

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# Programs that would reach out of the test: each test puts in their place what it needs.
REPLACED = {"apt-get", "apt-cache", "dpkg-query", "dpkg", "sudo", "node", "npm", "systemctl", "deb-systemd-helper"}


@dataclass
class Project:
    """A project folder that holds nothing but set-up, and the only programs it can find."""

    root: Path
    programs: Path

    def replace(self, program: str, script: str) -> None:
        """Puts a shell script in the place of a program; it may write to $CALLS."""
        path = self.programs / program
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def list_packages(self, group: str, *names: str) -> None:
        path = self.root / ("lab/packages.txt" if group == "lab" else f"tools/packages/{group}.txt")
        path.parent.mkdir(exist_ok=True)
        path.write_text("# a comment\n" + "\n".join(names) + "\n")

    def give_venv(self, pip: str, python: str = "exit 0") -> None:
        """A Python environment that set-up takes for its own, with scripts for pip and python."""
        folder = self.root / ".deps/venv/bin"
        folder.mkdir(parents=True)
        for name, script in (("pip", pip), ("python", python)):
            (folder / name).write_text(f"#!/bin/bash\n{script}\n")
            (folder / name).chmod(0o755)
        identity = f"{Path('/usr/bin/python3').resolve()} in {self.root.resolve()}/.deps"
        (self.root / ".deps/venv.stamp").write_text(identity)

    def give_onnxruntime(self) -> None:
        """As if ONNX Runtime had been installed before."""
        (self.root / ".deps/onnxruntime/lib").mkdir(parents=True)
        (self.root / ".deps/onnxruntime/lib/libonnxruntime.so").touch()
        inputs = [self.root / "tools/packages/onnxruntime.pip", self.root / "tools/setup/onnxruntime.sh"]
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
        (self.root / ".deps/onnxruntime.stamp").write_text(digest)

    @property
    def calls(self) -> list[str]:
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def set_up(self, *groups: str, within: list[str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [*(within or []), str(self.root / "tools/setup.sh"), *groups]
        env = {"PATH": str(self.programs), "HOME": str(self.root), "CALLS": str(self.root / "calls"), "LC_ALL": "C"}
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
