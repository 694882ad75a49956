# SPDX-License-Identifier: Apache-2.0
"""Attacks and errands made of numbers: episodes whose packets are computed, not recorded.

A lab records a dozen tools, and a model may learn these tools. What makes an attack of its class is wider than they are: a scan is
many targets asked and few answers, whatever the order, the rate and the flags. So beside each recording's episodes stand some that
are drawn from the whole width of a class, each with its own answers, sizes, rates, latencies and manners, between addresses of
the recording's network. Errands are the same for normal traffic that a lab of few programs lacks and that looks odd at first: a busy
resolver, calls, QUIC, pollers. Both are for training only: what a model finds is judged on tools, and on real programs' traffic.
"""

from collections.abc import Callable

import numpy as np

from weir import woven_attacks, woven_errands
from weir.compose import LONGEST_S, MOST_PACKETS, Episode, Ground
from weir.conversations import Made, Where, assemble, take
from weir.label import NORMAL

TOOL = "woven"
ERRAND = "errand"
Maker = Callable[[Where, np.random.Generator], Made]


def attacks(base: Ground, rng: np.random.Generator, of_each: int) -> list[Episode]:
    """So many of each class; every choice comes from `rng`."""
    return [
        _episode(base, rng, name, make, name, number)
        for name, make in woven_attacks.CLASSES.items()
        for number in range(of_each)
    ]


def errands(base: Ground, rng: np.random.Generator, of_each: int) -> list[Episode]:
    """So many of each kind, labelled normal."""
    return [
        _episode(base, rng, name, make, NORMAL, number)
        for name, make in woven_errands.KINDS.items()
        for number in range(of_each)
    ]


def _episode(base: Ground, rng: np.random.Generator, name: str, make: Maker, label: str, number: int) -> Episode:
    versions = [v for v in (4, 6) if base.clients[v] and base.servers[v]]
    lines, ends, askers, technique = make(Where.of(base, int(rng.choice(versions)), rng), rng)
    kept = np.argsort(lines.at_s, kind="stable")
    kept = kept[lines.at_s[kept] - lines.at_s[kept[0]] <= LONGEST_S][:MOST_PACKETS]
    own = assemble(take(lines, kept), ends, rng)
    others = list(dict.fromkeys(e.server if e.client in askers else e.client for e in ends))
    tool = ERRAND if label == NORMAL else TOOL
    return Episode(
        base.name,
        base.network,
        f"{base.name}/{tool}-{name}-{number}",
        label,
        tool,
        technique,
        own,
        askers,
        others,
        ends[0].server_port,
    )
