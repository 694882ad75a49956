# SPDX-License-Identifier: Apache-2.0
"""One host of the lab while it is up: a network namespace and its keeper.

The keeper is process 1 of a PID namespace and a mount namespace of the host's own. Its end ends everything that the host runs,
daemons too, and it ends itself after its lifetime. All names start with PREFIX, by which `down` finds what a crash left behind.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab import accounts
from lab.shell import run
from lab.topology import LabError

PREFIX = "weirlab-"
STATE = Path("/run/weir-lab")
_PRIVATE = ("etc", "root", "home", "tmp", "srv", "var/log", "var/tmp", "var/spool", "run")  # run last: it hides STATE


class Machine:
    """One host (or the router) that is up: how to run things inside it."""

    def __init__(self, network: str, name: str) -> None:
        self.name = name
        self.namespace = f"{PREFIX}{network}-{name}"
        self.files = STATE / network / name
        self.keeper = 0

    def inside(self, *argv: str, mounts: bool = True) -> list[str]:
        """The command line that runs argv inside this machine."""
        # --root: the folders are those that the keeper sees, also where weir lives in a chroot.
        flags = ["-n", "-p", "-m", "--root"] if mounts else ["-n", "-p"]
        return ["nsenter", "-t", str(self.keeper), *flags, "--", *argv]

    def run(self, *argv: str, stdin: str | None = None, limit_s: float = 30, check: bool = True) -> str:
        return run(*self.inside(*argv), stdin=stdin, limit_s=limit_s, check=check)

    def start(self, lifetime_s: int, shadow: list[str], key: tuple[str, str]) -> None:
        """Makes the namespace and its keeper, with private copies of the folders that programs write to."""
        run("ip", "netns", "add", self.namespace)
        binds = ""
        for folder in _PRIVATE:
            own = self.files / folder
            own.mkdir(parents=True, exist_ok=True)
            binds += f"mount --bind {own} /{folder}\n"
        run("cp", "-a", "/etc/.", str(self.files / "etc"))
        for folder in ("tmp", "var/tmp"):
            (self.files / folder).chmod(0o1777)
        # bash reaps the daemons that it inherits; `wait` lets a signal through at once.
        life = f"{binds}mount -t proc proc /proc\nmount -o remount,bind,ro /\necho up\nexec >/dev/null 2>&1\nsleep {lifetime_s} & wait $!"
        holder = subprocess.Popen(
            [
                "nsenter",
                f"--net=/run/netns/{self.namespace}",
                "unshare",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--propagation",
                "private",
                "bash",
                "-ec",
                life,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert holder.stdout is not None
        word = holder.stdout.readline().strip()
        if word != "up":
            raise LabError(f"namespace {self.namespace} did not come up: {word}")
        children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
        self.keeper = int(children[0])
        accounts.install(self.files, shadow, key)
