# SPDX-License-Identifier: Apache-2.0
"""The networks that can be recorded, by name. A new one: a module with NETWORK, and a line here."""

from __future__ import annotations

from lab.networks import arcade, campus, clinic, depot, farm, home, office, outpost, provider
from lab.topology import LabError, Network

ALL: dict[str, Network] = {
    n.name: n
    for n in (
        office.NETWORK,
        campus.NETWORK,
        home.NETWORK,
        farm.NETWORK,
        provider.NETWORK,
        clinic.NETWORK,
        outpost.NETWORK,
        arcade.NETWORK,
        depot.NETWORK,
    )
}


def by_name(name: str) -> Network:
    if name not in ALL:
        raise LabError(f"no network is called {name!r}; there are: {', '.join(sorted(ALL))}")
    return ALL[name]
