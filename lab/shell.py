# SPDX-License-Identifier: Apache-2.0
"""Running programs from the lab: always with a time limit, errors as one sentence."""

from __future__ import annotations

import subprocess

from lab.topology import LabError


def run(*argv: str, stdin: str | None = None, limit_s: float = 30, check: bool = True) -> str:
    """Runs a program to its end and gives its output; LabError with its last words when it fails."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=limit_s, errors="replace")
    except subprocess.TimeoutExpired:
        raise LabError(f"{argv[0]} did not end within {limit_s:g} s: {' '.join(argv)[:200]}") from None
    except FileNotFoundError:
        raise LabError(f"{argv[0]} is not installed: see lab/packages.txt") from None
    if check and done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise LabError(f"{' '.join(argv)[:200]}: {words}")
    return done.stdout
