# SPDX-License-Identifier: Apache-2.0
"""From recordings to labelled rows for training: every episode composed alone, several times over; normal traffic told anew.

Of each recording with a capture and labels come
- `normal`: its normal traffic, the same behind one address, and twice as busy;
- `glimpses`: pieces of it that begin cold, most of them of one host or one pair alone, as many captures are;
- `bare`: each episode with nothing around it;
- `separate`: each episode on its own network's normal traffic, `shared`: the same from the address of a busy host;
- `moved`: each episode on another network's normal traffic, at another speed, often at one of its servers;
and where the settings ask for many hosts
- `crowd`: normal traffic in which visitors come for some seconds and are never seen again;
- `spread`: episodes of the kinds that botnets make, each conversation from one of many hosts;
and where they ask for woven episodes
- `woven`: attacks that no tool made (weave.py), alone, on the network's normal traffic, behind a busy host or by many hosts;
- `errand`: computed normal traffic of kinds that a lab lacks, in the same places.
Recordings that are CSV files of rows are taken as they are.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from weir import compose, datasets, packets, rows, scenes, weave
from weir.compose import Composed, Episode, Ground
from weir.datasets import DataSet, Source
from weir.settings import Settings

Progress = Callable[[str], None]

AS_RECORDED = "as recorded"
_FORMAT = "1"  # changes when scenes change, so that a cache of older ones is not used
_LEAST_TUNNEL_PACKETS = 60  # fewer: the tunnel never came up, and only asked for a version
_RETOLD_S = 240
_OF_MANY_HOSTS = ("crowd", "spread")
_GLIMPSES = 20  # of single hosts
_WOVEN = 12  # of each class or kind


def build(plan: Settings, features: Sequence[str], program: Path, cache: Path, say: Progress) -> DataSet:
    """The rows of `plan.train`: `plan.many_hosts` brings the sets `crowd` and `spread`, `plan.woven` the sets `woven` and `errand`.

    `plan.normal_share`: of the normal rows of all sets but `normal` and `errand` so many are kept, drawn at random: there are millions.
    """
    seed = plan.seed
    left_out = (() if plan.many_hosts else _OF_MANY_HOSTS) + (() if plan.woven else (weave.TOOL, weave.ERRAND))
    parts = [
        with_columns(datasets.load(s, features, program, cache)) for s in plan.train if s.captures[0].suffix == ".csv"
    ]
    recorded = [s for s in plan.train if s.captures[0].suffix != ".csv"]
    taken = [_Recording(source) for source in recorded]
    for place, recording in enumerate(taken):
        others = [other for other in taken if other.source.network != recording.source.network]
        for name, make in recording.sets(others):
            if name in left_out:
                continue
            rng = np.random.default_rng([seed, place, len(name)])
            key = _key(recording, others if name == "moved" else [], program, features, f"{name}/{seed}/{place}")
            target = cache / f"{recording.source.name}-{name}-{key}"
            if not Path(f"{target}.npz").exists():
                cache.mkdir(parents=True, exist_ok=True)
                scenes.save(scenes.collect(make(rng), program, features, seed), target)
            table = scenes.load(target)
            if name not in ("normal", weave.ERRAND) and plan.normal_share < 1:
                draw = np.random.default_rng([seed, place, len(name), 1])  # the same whether rows were made or kept
                table = table.take(table.attack | (draw.random(len(table)) < plan.normal_share))
            say(f"{recording.source.name}: {name}, {len(table)} rows, {int(table.attack.sum())} of attacks")
            parts.append(to_data_set(table, f"{recording.source.name}/{name}"))
    return datasets.concat(parts)


class _Recording:
    """A recording, cut into normal traffic and episodes when first asked for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._ground: Ground | None = None
        self._episodes: list[Episode] = []
        self._retold: dict[int, Ground] = {}

    def ground(self) -> Ground:
        if self._ground is None:
            whole = packets.merge([packets.read(path) for path in self.source.captures])
            normal, episodes = compose.split(whole, self.source.name, self.source.network, self.source.labels)
            self._ground = compose.ground(self.source.name, self.source.network, normal)
            self._episodes = [e for e in episodes if e.label != "tunnel" or len(e.packets) >= _LEAST_TUNNEL_PACKETS]
        return self._ground

    def episodes(self) -> list[Episode]:
        self.ground()
        return self._episodes

    def retold(self, way: int, rng: np.random.Generator) -> Ground:
        if way not in self._retold:
            base = self.ground()
            self._retold[way] = base if way == 0 else compose.behind_nat(base) if way == 1 else compose.twice(base, rng)
        return self._retold[way]

    def sets(
        self, others: list["_Recording"]
    ) -> Iterator[tuple[str, Callable[[np.random.Generator], Iterator[Composed]]]]:
        yield "normal", self._normal
        yield "glimpses", self._glimpses
        if self.source.labels is None:
            return
        yield "bare", lambda rng: (compose.bare(episode, rng) for episode in self.episodes())
        for variant in ("separate", "shared"):
            yield variant, partial(self._on_own_ground, variant)
        if others:
            yield "moved", lambda rng: self._moved(others, rng)
        yield "crowd", self._crowd
        yield "spread", self._spread
        yield weave.TOOL, lambda rng: self._woven(weave.attacks(self.ground(), rng, _WOVEN), rng)
        yield weave.ERRAND, lambda rng: self._woven(weave.errands(self.ground(), rng, _WOVEN), rng)

    def _normal(self, rng: np.random.Generator) -> Iterator[Composed]:
        yield compose.alone(self.ground())
        for way in (1, 2):
            yield compose.alone(self.retold(way, rng), _RETOLD_S)

    def _glimpses(self, rng: np.random.Generator) -> Iterator[Composed]:
        base = self.ground()
        for host in compose.hosts_of(base, rng, _GLIMPSES):
            yield compose.glimpse(base, rng, host)
        for pair in compose.pairs_of(base, rng, 2 * _GLIMPSES):
            yield compose.glimpse(base, rng, *pair)
        for _ in range(4):
            yield compose.glimpse(base, rng)

    def _on_own_ground(self, variant: str, rng: np.random.Generator) -> Iterator[Composed]:
        for episode in self.episodes():
            yield compose.compose(self.ground(), episode, variant, rng)

    def _moved(self, others: list["_Recording"], rng: np.random.Generator) -> Iterator[Composed]:
        for episode in self.episodes():
            other = others[int(rng.integers(len(others)))]
            base = other.retold(int(rng.integers(3)), rng)
            yield compose.compose(base, episode, "moved", rng, float(np.exp(rng.uniform(-0.9, 0.9))))

    def _crowd(self, rng: np.random.Generator) -> Iterator[Composed]:
        for base in (self.ground(), self.retold(2, rng)):
            yield compose.alone(compose.crowd(base, rng), _RETOLD_S)

    def _spread(self, rng: np.random.Generator) -> Iterator[Composed]:
        grounds = [self.ground(), compose.crowd(self.ground(), rng)]
        for episode in self.episodes():
            if compose.can_spread(episode):
                base = grounds[int(rng.integers(2))]
                yield compose.from_many(base, episode, rng, float(np.exp(rng.uniform(-0.9, 0.9))))

    def _woven(self, episodes: Sequence[Episode], rng: np.random.Generator) -> Iterator[Composed]:
        for episode in episodes:
            way = rng.random()
            if way < 0.25 and len(episode.attackers) == 1 and compose.can_spread(episode):
                made = compose.from_many(self.ground(), episode, rng)
            elif way < 0.4:
                made = compose.bare(episode, rng)
            else:
                made = compose.compose(self.ground(), episode, "shared" if way > 0.7 else "separate", rng)
            yield Composed(replace(made.scene, variant=episode.tool), made.packets)


def _key(recording: _Recording, others: list[_Recording], program: Path, features: Sequence[str], words: str) -> str:
    total = hashlib.sha256(program.read_bytes())
    for part in (_FORMAT, words, *features, recording.source.digest(), *(o.source.digest() for o in others)):
        total.update(part.encode())
    return total.hexdigest()[:16]


def to_data_set(table: scenes.Table, recording: str) -> DataSet:
    meta = table.meta
    identity = pd.DataFrame(
        {
            "flow_uid": meta["flow"],
            "src_ip": meta["source"],
            "src_port": meta["source_port"],
            "dst_ip": meta["destination"],
            "dst_port": meta["port"],
            "protocol": meta["protocol"],
            "started_us": meta["started"],
            "last_us": meta["last"],
            "row_kind": meta["kind"],
        }
    )
    labels = pd.DataFrame(
        {
            "label": meta["label"],
            "episode_id": meta["episode"],
            "tool": meta["tool"],
            "attempted": 0,
            "recording": recording,
            "network": meta["network"],
            "capture": meta["scene"],
            "episode_network": meta["episode_network"].where(meta["episode_network"] != "", meta["network"]),
            "variant": meta["variant"],
            "ground": meta["ground"],
            "technique": meta["technique"],
            "seconds": meta["seconds"],
        }
    )
    for frame in (identity, labels):
        for name in frame.select_dtypes(object).columns:
            frame[name] = frame[name].astype("category").astype(object)  # equal texts once: there are millions
    table.values[~np.isfinite(table.values)] = np.nan  # as the sensor does
    return DataSet(rows.Rows(identity[list(rows.KEPT)], table.values, table.names), labels)


def with_columns(data: DataSet) -> DataSet:
    """Rows that were not composed, with the columns of those that were."""
    labels = data.labels
    first = data.rows.identity["started_us"].groupby([labels["recording"], labels["capture"]]).transform("min")
    seconds = (data.rows.identity["last_us"] - first) / 1e6
    return DataSet(
        data.rows,
        labels.assign(
            episode_network=labels["network"],
            variant=AS_RECORDED,
            ground=labels["recording"],
            technique="",
            seconds=seconds,
        ),
    )
