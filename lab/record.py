# SPDX-License-Identifier: Apache-2.0
"""One recording: a network up, a plan carried out, a capture with labels, everything down again."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from lab import capture, labels, services
from lab.execute import Done, carry_out
from lab.labels import LabelledLeg
from lab.namespaces import LiveNetwork, alone, bring_up, take_down, uninterrupted
from lab.plan import GRACE_S, GUARD_BEFORE_S, Episode, Errand, Pace, Plan
from lab.planner import make_plan
from lab.services.start import start_all
from lab.topology import LabError, Network

_SETTLE_S = 3
_TOOLS = (
    ("nmap", "--version"),
    ("nping", "--version"),
    ("hping3", "--version"),
    ("hydra", "-h"),
    ("slowhttptest", "-h"),
    ("sqlmap", "--version"),
    ("gobuster", "version"),
    ("iodine", "-v"),
    ("curl", "--version"),
    ("ssh", "-V"),
    ("chromium", "--version"),
    ("smbclient", "--version"),
)


def record(network: Network, seed: int, pace: Pace, folder: Path) -> dict:
    """Makes a recording in `folder`; its meta data. Whatever happens, the network is down afterwards."""
    plan = make_plan(network, seed, pace)
    folder.mkdir(parents=True, exist_ok=True)
    raw = folder / "raw.pcap"
    with alone(network.name):
        take_down(network.name)
        try:
            live = bring_up(network, lifetime_s=pace.seconds + 300)
            start_all(live)
            done, dropped, ports = _run(live, plan, pace, raw)
        finally:
            with uninterrupted():
                take_down(network.name)
    packets = capture.rewrite(raw, folder / "capture.pcap", ports)
    raw.unlink()
    meta = _write(network, folder, done) | {
        "network": network.name,
        "seed": seed,
        "seconds": pace.seconds,
        "quiet_s": pace.quiet_s,
        "gentle": pace.gentle,
        "packets": packets,
        "dropped_by_kernel": dropped,
    }
    meta["versions"] = _versions(network)
    (folder / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")
    return meta


def _run(live: LiveNetwork, plan: Plan, pace: Pace, raw: Path) -> tuple[list[Done], int, set[int]]:
    ports = capture.ports(live)
    tap = capture.Capture(live, raw)
    logs = raw.parent / "logs"
    logs.mkdir(exist_ok=True)
    tap.start()
    done = carry_out(live, plan, pace.seconds, logs)
    _check_punctual(done)
    time.sleep(_SETTLE_S)
    return done, tap.stop(), ports


def _check_punctual(done: list[Done]) -> None:
    """The plan keeps normal errands and episodes apart by some seconds; what starts later than that could be labelled wrongly."""
    latest = max((d.late_s for d in done), default=0.0)
    if latest > GUARD_BEFORE_S - GRACE_S:
        raise LabError(
            f"scripts started up to {latest:.0f} s late, so labels would not be exact: the machine is too busy to record"
        )


def _write(network: Network, folder: Path, done: list[Done]) -> dict:
    legs = [leg for d in done if isinstance(d.what, Episode) for leg in _legs(d, d.what)]
    legs, packets = labels.mark_attempted(legs, folder / "capture.pcap")
    labels.write_labels(folder / "labels.csv", legs)
    with (folder / "normal.csv").open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("kind", "host", "address4", "address6", "start_us", "end_us", "exit_code"))
        for d in done:
            if isinstance(d.what, Errand):
                host = d.what.host
                table.writerow(
                    (d.what.kind, host, network.address4(host), network.address6(host), d.start_us, d.end_us, d.code)
                )
    episodes = [d.what for d in done if isinstance(d.what, Episode)]
    silent = sorted({leg.episode_id for n, leg in enumerate(legs) if packets[n]} ^ {e.episode_id for e in episodes})
    return {
        "episodes": dict(Counter(e.draft.attack_class for e in episodes)),
        "errands": sum(isinstance(d.what, Errand) for d in done),
        "episodes_without_packets": silent,
        "latest_start_s": round(max((d.late_s for d in done), default=0.0), 3),
        "runs": {
            d.what.episode_id: {"name": d.what.name, "exit_code": d.code, "script": d.what.draft.script}
            for d in done
            if isinstance(d.what, Episode)
        },
    }


def _legs(done: Done, episode: Episode) -> list[LabelledLeg]:
    """The labelled legs of an episode that ran; a leg whose program never showed its port caused nothing that can be told apart."""
    draft = episode.draft
    return [
        LabelledLeg(
            episode.episode_id,
            episode.campaign_id,
            draft.attack_class,
            draft.tool,
            draft.technique.strip(),
            False,
            leg.attacker,
            done.attacker_ports.get(leg.port_of) if leg.port_of else None,
            leg.victim,
            leg.victim_port,
            leg.protocol,
            done.start_us,
            done.end_us,
        )
        for leg in draft.legs
        if not leg.port_of or leg.port_of in done.attacker_ports
    ]


def _versions(network: Network) -> dict[str, str]:
    used = {s for h in network.hosts for s in h.services}
    commands = [s.version for s in services.ALL.values() if s.name in used and s.version] + list(_TOOLS)
    return {command[0]: _first_line(command) for command in commands}


def _first_line(command: tuple[str, ...]) -> str:
    """The first line with a digit that a program says about itself."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    lines = (done.stdout + done.stderr).splitlines()
    return next((line.strip() for line in lines if any(c.isdigit() for c in line)), "unknown")[:120]


def say(meta: dict) -> None:
    kinds = ", ".join(f"{n} {c}" for c, n in sorted(meta["episodes"].items()))
    print(
        f"{meta['network']} seed {meta['seed']}: {meta['packets']} packets, {meta['errands']} errands, episodes: {kinds or 'none'}",
        file=sys.stderr,
    )
    if meta["dropped_by_kernel"]:
        print(f"the kernel dropped {meta['dropped_by_kernel']} packets: the machine was too busy", file=sys.stderr)
    if meta["episodes_without_packets"]:
        print(
            f"episodes that left no packet: {', '.join(meta['episodes_without_packets'])} (see logs/)", file=sys.stderr
        )
