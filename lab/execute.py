# SPDX-License-Identifier: Apache-2.0
"""Carrying a plan out on a network that is up: every script in its host, at its time, ended at its limit."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from lab.machine import Machine
from lab.namespaces import LiveNetwork
from lab.plan import GRACE_S, Episode, Errand, Plan
from lab.topology import LabError

_KILL_AFTER_S = 2
_OVERRUN_S = 90


@dataclass
class Done:
    """One script that ran: what, from when to when (µs since 1970), how it ended (124: at its limit)."""

    what: Errand | Episode
    start_us: int
    end_us: int
    code: int
    late_s: float  # how long after its time it started: the machine was busy
    attacker_ports: dict[str, int] = field(default_factory=dict)


def carry_out(live: LiveNetwork, plan: Plan, seconds: int, logs: Path) -> list[Done]:
    """Runs the plan in real time; returns when `seconds` are over and every script has ended."""
    try:
        return asyncio.run(_carry_out(live, plan, seconds, logs))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _carry_out(live: LiveNetwork, plan: Plan, seconds: int, logs: Path) -> list[Done]:
    _end_once_when_asked()
    began = time.monotonic()
    jobs = [asyncio.create_task(_errand(live, e, began)) for e in plan.errands]
    jobs += [asyncio.create_task(_episode(live, e, began, logs)) for e in plan.episodes]
    ticker = asyncio.create_task(_tell(began, seconds))
    ended, running = (
        await asyncio.wait(jobs, timeout=seconds + _OVERRUN_S, return_when=asyncio.FIRST_EXCEPTION)
        if jobs
        else (set(), set())
    )
    done = [job.result() for job in ended]
    if running:
        raise LabError(f"the scripts did not end within {seconds + _OVERRUN_S} s: the machine is too busy to record")
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
    ticker.cancel()
    return sorted(done, key=lambda d: d.start_us)


def _end_once_when_asked() -> None:
    """The first SIGINT ends this task, later ones are ignored: asyncio's own way raises at the second wherever the loop is just then,
    and what that leaves undone is waited for for ever."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()

    def end() -> None:
        # It would tell of each script whose end is left to take_down().
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        if not task.cancelling():
            task.cancel()

    loop.add_signal_handler(signal.SIGINT, end)


async def _tell(began: float, seconds: int) -> None:
    while sys.stderr.isatty():
        print(f"\rrecording: {time.monotonic() - began:4.0f} of {seconds} s", end="", file=sys.stderr, flush=True)
        await asyncio.sleep(1)


async def _errand(live: LiveNetwork, errand: Errand, began: float) -> Done:
    return await _script(live.machines[errand.host], errand, errand.script, errand.limit_s, errand.start_s, began, None)


async def _episode(live: LiveNetwork, episode: Episode, began: float, logs: Path) -> Done:
    machine = live.machines[episode.host]
    programs = {leg.port_of for leg in episode.draft.legs if leg.port_of}
    run = asyncio.create_task(
        _script(
            machine,
            episode,
            episode.draft.script,
            episode.draft.limit_s,
            episode.start_s,
            began,
            logs / f"{episode.episode_id}-{episode.name}.log",
        )
    )
    found: dict[str, int] = {}
    await asyncio.sleep(max(0.0, began + episode.start_s - time.monotonic()))
    while programs - found.keys() and not run.done():
        found |= await _local_ports(machine, programs)
        await asyncio.sleep(0.4)
    done = await run
    done.attacker_ports = found
    return done


async def _script(
    machine: Machine, what: Errand | Episode, script: str, limit_s: int, start_s: float, began: float, log: Path | None
) -> Done:
    await asyncio.sleep(max(0.0, began + start_s - time.monotonic()))
    command = machine.inside("timeout", "-k", str(_KILL_AFTER_S), str(limit_s), "bash", "-c", script)
    start_us, late_s = _now_us(), time.monotonic() - began - start_s
    with (log or Path("/dev/null")).open("wb") as out:
        # A session of its own: kernels that share the processor by session would give all clients together one share.
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out, cwd="/", start_new_session=True
        )
        code = await process.wait()
    return Done(what, start_us, _now_us() + GRACE_S * 1_000_000 * isinstance(what, Episode), code, late_s)


async def _local_ports(machine: Machine, programs: set[str]) -> dict[str, int]:
    """Local UDP ports of programs that run in a machine, by `ss`."""
    process = await asyncio.create_subprocess_exec(*machine.inside("ss", "-Hunap"), stdout=asyncio.subprocess.PIPE)
    text = (await process.communicate())[0].decode()
    found = {}
    for line in text.splitlines():
        for program in programs:
            if f'"{program}"' in line:
                found[program] = int(line.split()[3].rsplit(":", 1)[1])
    return found


def _now_us() -> int:
    return time.time_ns() // 1000
