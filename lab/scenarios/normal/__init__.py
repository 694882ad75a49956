# SPDX-License-Identifier: Apache-2.0
"""Normal life. A new habit: a module with HABITS, a line in ALL, and a rate in personas.py."""

from __future__ import annotations

from lab.scenarios.normal import (
    database,
    desk,
    devices,
    dns,
    files,
    mail_gate,
    mistakes,
    monitoring,
    operations,
    shell,
    uplinks,
    web,
    world,
)
from lab.scenarios.scenario import Habit

ALL: dict[str, Habit] = {
    habit.kind: habit
    for module in (
        database,
        desk,
        devices,
        dns,
        files,
        mail_gate,
        mistakes,
        monitoring,
        operations,
        shell,
        uplinks,
        web,
        world,
    )
    for habit in module.HABITS
}
