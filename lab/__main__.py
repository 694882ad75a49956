# SPDX-License-Identifier: Apache-2.0
"""`python3 -m lab`: list what there is, bring a network up, record, take down."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from lab import namespaces, networks
from lab.plan import Pace
from lab.record import record, say
from lab.scenarios import attack, normal
from lab.services.start import start_all
from lab.topology import LabError


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="networks, habits and attacks")
    up = commands.add_parser("up", help="bring a network up and leave it")
    up.add_argument("--network", required=True)
    up.add_argument(
        "--lifetime", type=int, default=1800, metavar="SECONDS", help="after which it ends by itself (default 1800)"
    )
    down = commands.add_parser("down", help="remove whatever the lab left, of one network or of all")
    down.add_argument("--network", default="")
    rec = commands.add_parser("record", help="bring up, run normal life and attacks, capture, label, take down")
    rec.add_argument("--network", required=True)
    rec.add_argument("--seconds", type=int, default=600)
    rec.add_argument("--seed", type=int, required=True)
    rec.add_argument(
        "--quiet", type=int, default=150, metavar="SECONDS", help="normal only, at the start (default 150)"
    )
    rec.add_argument("--per-minute", type=float, default=6.0, help="attack episodes a minute after that (default 6)")
    rec.add_argument("--activity", type=float, default=1.0, help="scales how often normal things happen (default 1)")
    rec.add_argument("--gentle", action="store_true", help="small floods and short lists, for demonstrations")
    rec.add_argument("--only", default="", metavar="NAMES", help="draw only these attacks, separated by commas")
    rec.add_argument("-o", "--out", type=Path, required=True, metavar="DIR")
    return parser.parse_args()


def _list() -> None:
    for network in networks.ALL.values():
        print(
            f"network {network.name}: {len(network.hosts)} hosts, segments {', '.join(s.name for s in network.segments)}"
        )
    print("habits: " + ", ".join(sorted(normal.ALL)))
    print("attacks: " + ", ".join(sorted(attack.ALL)))


def _up(name: str, lifetime_s: int) -> None:
    network = networks.by_name(name)
    with namespaces.alone(name):
        namespaces.take_down(name)
        try:
            live = namespaces.bring_up(network, lifetime_s)
            start_all(live)
        except BaseException:
            namespaces.take_down(name)
            raise
    for machine in live.machines.values():
        print(f"{machine.name}: nsenter -t {machine.keeper} -n -p -m --root bash")


def _down(name: str) -> None:
    """Of one network or of all; what another process records just now stays."""
    namespaces.need_root()
    removed = 0
    for network in [name] if name else namespaces.left_networks():
        try:
            with namespaces.alone(network):
                removed += namespaces.take_down(network)
        except LabError:
            if name:
                raise
            print(f"network {network} is being recorded: left alone")
    print(f"removed {removed} namespaces")


def main() -> int:
    arguments = _arguments()
    # A polite end must take the network down too: SIGTERM goes the way of Ctrl-C, and `finally` does the rest.
    asked_to_end: list[int] = []

    def end(number: int, _: object) -> None:
        asked_to_end.append(number)
        signal.raise_signal(signal.SIGINT)

    # A shell without job control starts what is in its background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, end)
    try:
        if arguments.command == "list":
            _list()
        elif arguments.command == "up":
            _up(arguments.network, arguments.lifetime)
        elif arguments.command == "down":
            _down(arguments.network)
        else:
            only = tuple(name for name in arguments.only.split(",") if name)
            pace = Pace(
                arguments.seconds, arguments.quiet, arguments.per_minute, arguments.gentle, arguments.activity, only
            )
            say(record(networks.by_name(arguments.network), arguments.seed, pace, arguments.out))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"lab: {error.filename or 'system'}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: stopped, and taken down", file=sys.stderr)
        return 128 + (signal.SIGTERM if asked_to_end else signal.SIGINT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
