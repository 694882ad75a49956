# SPDX-License-Identifier: Apache-2.0
"""The people who have accounts on the lab's servers, with passwords that mean nothing anywhere else."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from lab.shell import run

# User, password. The last two are what a dictionary finds.
PEOPLE = (
    ("mira", "Willow-42-tide"),
    ("jonas", "kettle9Brass"),
    ("edda", "Oslo.rain.17"),
    ("tariq", "plum-Engine3"),
    ("backup", "summer"),
    ("test", "letmein"),
)
_FIRST_UID = 5001


def fleet_key() -> tuple[str, str]:
    """A fresh key pair by which root of every host logs in everywhere: private and public part."""
    with tempfile.TemporaryDirectory() as folder:
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", f"{folder}/key")
        return Path(f"{folder}/key").read_text(), Path(f"{folder}/key.pub").read_text()


def shadow_lines() -> list[str]:
    """Lines for /etc/shadow; hashed once, since hashing is made to be slow."""
    hashes = [run("openssl", "passwd", "-6", "-salt", "weirlab", password).strip() for _, password in PEOPLE]
    return [f"{user}:{digest}:19000:0:99999:7:::" for (user, _), digest in zip(PEOPLE, hashes, strict=True)]


def install(root: Path, shadow: list[str], key: tuple[str, str]) -> None:
    """Adds the people to the private /etc under `root`, with homes; root there trusts any host key of the lab."""
    with (root / "etc/passwd").open("a") as passwd, (root / "etc/group").open("a") as group:
        for number, (user, _) in enumerate(PEOPLE, _FIRST_UID):
            passwd.write(f"{user}:x:{number}:{number}::/home/{user}:/bin/bash\n")
            group.write(f"{user}:x:{number}:\n")
            home = root / "home" / user
            home.mkdir(parents=True, exist_ok=True)
            for index in range(4):
                (home / f"notes{index}.txt").write_text(f"{user} {index}\n" * 40 * (index + 1) ** 3)
            (home / ".ssh").mkdir(mode=0o700, exist_ok=True)
            (home / ".ssh/authorized_keys").write_text(key[1])
            for path in (home, *home.rglob("*")):
                shutil.chown(path, number, number)
    with (root / "etc/shadow").open("a") as lines:
        lines.write("\n".join(shadow) + "\n")
    ssh = root / "root/.ssh"
    ssh.mkdir(parents=True, exist_ok=True)
    (ssh / "fleet").touch(0o600)
    (ssh / "fleet").write_text(key[0])
    (ssh / "config").write_text(
        "Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n"
        "  ConnectTimeout 8\n  NumberOfPasswordPrompts 3\n"
    )
