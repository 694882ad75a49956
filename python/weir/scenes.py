# SPDX-License-Identifier: Apache-2.0
"""Rows of composed scenes: runs `weir extract` over a composition and keeps what training and judging look at.

Of an attack all rows are kept up to a limit, of the normal traffic around it a share: the minute before an episode exists
for its context only.
"""

import io
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from weir import datasets, packets
from weir.compose import Composed, Scene
from weir.preprocess import Bools, Floats

MOST_ATTACK_ROWS = 500
NEAR_SHARE, FAR_SHARE = 0.25, 0.06
_IDENTITY = 24  # columns before the features, at most


@dataclass(frozen=True)
class Table:
    """Rows with what is known of each. meta: set, network, episode_network, episode, label, tool, variant, seconds, ..."""

    values: Floats
    meta: pd.DataFrame
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def attack(self) -> Bools:
        return np.asarray(self.meta["label"] != "normal", dtype=np.bool_)

    def take(self, mask: Bools) -> "Table":
        return Table(self.values[mask], self.meta[mask].reset_index(drop=True), self.names)


def concat(parts: Sequence[Table]) -> Table:
    return Table(
        np.concatenate([part.values for part in parts]),
        pd.concat([part.meta for part in parts], ignore_index=True),
        parts[0].names,
    )


def save(table: Table, path: Path) -> None:
    np.savez(path.parent / f"{path.name}.npz", values=table.values, names=np.asarray(table.names))
    table.meta.to_pickle(path.parent / f"{path.name}.meta")


def load(path: Path) -> Table:
    content = np.load(path.parent / f"{path.name}.npz")
    meta = pd.read_pickle(path.parent / f"{path.name}.meta")  # noqa: S301 - written by save()
    return Table(content["values"], meta, content["names"].tolist())


def collect(composed: Iterable[Composed], program: Path, features: Sequence[str], seed: int) -> Table:
    rng = np.random.default_rng(seed)
    flags = datasets.timing(program)
    values: list[Floats] = []
    meta: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder) / "scene.pcap"
        for number, item in enumerate(composed):
            packets.write(capture, item.packets)
            command: list[str | Path] = [program, "extract", "-r", capture, "--interim", "-o", "-", *flags]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise ValueError(f"weir extract failed: {done.stderr.strip()}")
            header, *lines = done.stdout.splitlines()
            names = header.split(",")
            kept, known = _choose(lines, names, item.scene, rng)
            text = io.StringIO("\n".join([header, *kept]))
            part = pd.read_csv(text, usecols=list(features), dtype=dict.fromkeys(features, np.float32))
            values.append(part[list(features)].to_numpy(np.float32))
            meta += [{"scene": number, **one} for one in known]
    return Table(np.concatenate(values), pd.DataFrame(meta), list(features))


def _choose(
    lines: Sequence[str], header: list[str], scene: Scene, rng: np.random.Generator
) -> tuple[list[str], list[dict[str, object]]]:
    at = {name: n for n, name in enumerate(header[:_IDENTITY])}
    kept, meta = [], []
    held = 0
    packed: dict[str, bytes] = {}
    for line in lines:
        f = line.split(",", _IDENTITY)
        if "new_packets" in at and f[at["new_packets"]] == "0":
            continue
        for name in (f[at["src_ip"]], f[at["dst_ip"]]):
            if name not in packed:
                packed[name] = packets.address_bytes(name)
        source, destination = packed[f[at["src_ip"]]], packed[f[at["dst_ip"]]]
        ends = (_number(f[at["src_port"]]), _number(f[at["dst_port"]]))
        protocol = int(f[at["protocol"]])
        attack = bool(scene.attack_keys) and flow_key(source, destination, ends, protocol) in scene.attack_keys
        near = source in scene.hosts or destination in scene.hosts
        when = int(f[at["slice_us" if "slice_us" in at else "last_us"]])
        if attack:
            held += 1
            if held > MOST_ATTACK_ROWS and rng.random() > MOST_ATTACK_ROWS / held / 2:
                continue
        elif scene.episode is not None and (
            when < scene.first_us - 5_000_000 or rng.random() > (NEAR_SHARE if near else FAR_SHARE)
        ):
            continue
        episode = scene.episode
        kept.append(line)
        meta.append(
            {
                "ground": scene.ground,
                "network": scene.network,
                "variant": scene.variant,
                "episode": episode.episode_id if attack and episode else "",
                "episode_network": episode.network if episode else "",
                "label": episode.label if attack and episode else "normal",
                "tool": episode.tool if attack and episode else "",
                "technique": episode.technique if attack and episode else "",
                "near": near,
                "seconds": (when - scene.first_us) / 1e6,
                "flow": f[at["flow_uid"]],
                "source": f[at["src_ip"]],
                "destination": f[at["dst_ip"]],
                "source_port": ends[0],
                "port": ends[1],
                "started": int(f[at["started_us"]]),
                "last": int(f[at["last_us"]]),
                "protocol": protocol,
                "kind": f[at["row_kind"]],
            }
        )
    return kept, meta


def _number(text: str) -> int:
    return int(text) if text else 0


def flow_key(source: bytes, destination: bytes, ports: tuple[int, int], protocol: int) -> int:
    """packets.Packets.flow_keys for one flow."""
    if protocol not in (packets.TCP, packets.UDP):
        ports = (0, 0)
    total = (_mix(source, ports[0]) + _mix(destination, ports[1])) & _MASK
    return ((total * 0x9E3779B97F4A7C15) & _MASK) ^ protocol


_MASK = (1 << 64) - 1


def _mix(address: bytes, port: int) -> int:
    first, second = int.from_bytes(address[:8], "little"), int.from_bytes(address[8:], "little")
    mixed = ((first * 0xC2B2AE3D27D4EB4F) & _MASK) ^ ((second * 0x165667B19E3779F9) & _MASK)
    mixed ^= ((port + 1) * 0x27D4EB2F165667C5) & _MASK
    return mixed ^ (mixed >> 29)
