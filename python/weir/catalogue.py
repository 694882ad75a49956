# SPDX-License-Identifier: Apache-2.0
"""The feature catalogue, as the program that computes the features tells it (`weir features --json`)."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Catalogue:
    names: Sequence[str]  # all of them, in the order of a row
    digest: str
    inputs: Sequence[str]  # those that a model should see: no duplicates, no contaminants
    families: Mapping[str, str]  # by name: flow, early, host

    def inputs_without(self, dropped: Sequence[str]) -> list[str]:
        """The inputs but for those of some families."""
        return [name for name in self.inputs if self.families[name] not in dropped]


def read(program: Path) -> Catalogue:
    """Asks the program."""
    done = subprocess.run([program, "features", "--json"], check=True, capture_output=True, text=True)
    return parse(done.stdout)


def parse(text: str) -> Catalogue:
    content = json.loads(text)
    features = content["features"]
    return Catalogue(
        names=[feature["name"] for feature in features],
        digest=content["catalogue_hash"],
        inputs=[feature["name"] for feature in features if feature["model"] == "input"],
        families={feature["name"]: feature.get("family", "") for feature in features},
    )
