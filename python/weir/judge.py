# SPDX-License-Identifier: Apache-2.0
"""How good verdicts are, counted as people meet them: by episode and by false alarm, not by row.

Floods hold most rows, so shares of rows say little. A flow is one alarm however many of its rows are anomalous, and it
is judged by its worst row, as the sensor does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from weir.label import NORMAL
from weir.preprocess import Bools, Doubles


@dataclass(frozen=True)
class Episode:
    recording: str
    episode_id: str
    label: str
    tool: str
    flows: int
    found_flows: int
    named: str  # what most of its found flows are called; empty when not found

    @property
    def found(self) -> bool:
        return self.found_flows > 0

    @property
    def named_rightly(self) -> bool:
        return self.named == self.label


@dataclass(frozen=True)
class FalseAlarms:
    normal_flows: int
    flagged: int
    hours: float

    @property
    def share(self) -> float:
        return self.flagged / max(self.normal_flows, 1)

    @property
    def per_hour(self) -> float:
        return self.flagged / self.hours if self.hours > 0 else 0.0


@dataclass(frozen=True)
class Judgement:
    episodes: Sequence[Episode]
    false_alarms: FalseAlarms

    def found(self) -> int:
        return sum(episode.found for episode in self.episodes)

    def named_rightly(self) -> int:
        return sum(episode.named_rightly for episode in self.episodes)


def judge(
    identity: pd.DataFrame, labels: pd.DataFrame, scores: Doubles, anomalous: Bools, names: Sequence[str]
) -> Judgement:
    """`scores`: lower is worse. `names`: the attack type of each row, read for anomalous rows only."""
    flows = worst_rows(identity, labels, scores, anomalous, names)
    normal = flows[flows["label"] == NORMAL]
    attacks = flows[flows["label"] != NORMAL]
    episodes = [_episode(str(key), group) for key, group in attacks.groupby("episode_id", sort=True)]
    alarms = FalseAlarms(len(normal), int(normal["anomalous"].sum()), hours(identity, labels))
    return Judgement(episodes, alarms)


def worst_rows(
    identity: pd.DataFrame, labels: pd.DataFrame, scores: Doubles, anomalous: Bools, names: Sequence[str]
) -> pd.DataFrame:
    """One line for each flow: the row by which it is judged."""
    table = labels.assign(
        flow_uid=identity["flow_uid"].to_numpy(),
        score=scores,
        anomalous=anomalous,
        named=np.asarray(names, dtype=object),
    )
    return table.sort_values("score", kind="stable").drop_duplicates(["recording", "flow_uid"])


def hours(identity: pd.DataFrame, labels: pd.DataFrame) -> float:
    """Length of all captures together."""
    captures = [labels["recording"].to_numpy(), labels["capture"].to_numpy()]
    times = identity.groupby(captures).agg(first=("started_us", "min"), last=("last_us", "max"))
    return float((times["last"] - times["first"]).sum()) / 3.6e9


def _episode(key: str, flows: pd.DataFrame) -> Episode:
    found = flows[flows["anomalous"]]
    named = str(found["named"].value_counts().idxmax()) if len(found) else ""
    first = flows.iloc[0]
    return Episode(first["recording"], key, first["label"], first["tool"], len(flows), len(found), named)


def by_class(judgement: Judgement) -> pd.DataFrame:
    """Per attack class: episodes, found, rightly named, and the share of flows found."""
    table = pd.DataFrame(
        [(e.label, e.tool, e.found, e.named_rightly, e.flows, e.found_flows) for e in judgement.episodes],
        columns=["class", "tool", "found", "named", "flows", "found_flows"],
    )
    grouped = table.groupby("class", sort=True)
    return grouped.agg(
        episodes=("found", "size"),
        found=("found", "sum"),
        named=("named", "sum"),
        flows=("flows", "sum"),
        found_flows=("found_flows", "sum"),
    ).reset_index()


def markdown(judgement: Judgement) -> str:
    """The table of by_class, and a sentence about false alarms."""
    lines = ["| class | episodes | found | named rightly | flows found |", "|---|---|---|---|---|"]
    for row in by_class(judgement).itertuples():
        lines.append(f"| {row[1]} | {row.episodes} | {row.found} | {row.named} | {row.found_flows} of {row.flows} |")
    total = len(judgement.episodes)
    lines.append(f"| **all** | {total} | {judgement.found()} | {judgement.named_rightly()} | |")
    alarms = judgement.false_alarms
    lines += [
        "",
        f"False alarms: {alarms.flagged} of {alarms.normal_flows} normal flows ({100 * alarms.share:.2f} %), "
        f"{alarms.per_hour:.1f} an hour over {alarms.hours:.2f} hours.",
    ]
    return "\n".join(lines)
