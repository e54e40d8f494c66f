"""How a thread stands: finished, failed, waiting for a person, or on its way; and why we say so."""

import os
import time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ....core import clock
from ..locks import holders
from .events import Teller
from .graph import Task, Thread
from .ids import moment
from .rows import WriteRow

_QUIET_S = 600.0  # where the system does not tell who has a file open: how long a writer may be silent
_NOBODY = "9999"  # later than any time text


class Standing(NamedTuple):
    """`running`, `waiting` (for an answer), `paused`, `completed` or `failed`, and the evidence."""

    status: str
    reason: str = ""
    error: WriteRow | None = None


def standing(thread: Thread, teller: Teller, *, attended: str) -> Standing:
    """How a thread stands by its newest snapshot. `attended`: since when a program may be working on it."""
    latest = thread.latest()
    if latest is None:
        return Standing("running", "no snapshot of the graph itself yet")
    tasks = thread.tasks("", latest)
    failed = [task for task in tasks if task.error is not None and not task.done]
    if failed:
        return Standing("failed", "", failed[0].error)
    if any(task.interrupt is not None and not task.done for task in tasks):
        return Standing("waiting", "interrupted")
    ahead = _ahead(thread, teller, latest, tasks)
    if ahead is None:
        return Standing("completed")
    return _unfinished(ahead, thread.last_time >= attended)


def _ahead(thread: Thread, teller: Teller, latest: str, tasks: list[Task]) -> list[str] | None:
    """Names of the tasks still to be done after the newest snapshot; None if the graph has come to its end."""
    if not thread.explained("", latest):
        if tasks:
            return [name for task in tasks if (name := thread.node_name(task))]
        if teller.deep:
            return teller.next_names("", latest) or None
        # An input's superstep follows its parent's at once; a program that saves at its exit skips some.
        return ["the input's"] if thread.is_input("", latest) or moment(latest).step is None else None
    nodes = teller.waiting("", latest)
    done = [task for task in tasks if task.done]
    if not nodes and not done:
        return None
    steps = {thread.step_id(latest, task) for task in done}
    left = [node.name for node in nodes if node.step not in steps]
    return left if done and not done[0].path else left or ["the next snapshot"]


def _unfinished(ahead: list[str], attended: bool) -> Standing:
    names = ", ".join(sorted(set(ahead))) or "a task"
    if attended:
        return Standing("running", f"next: {names}")
    return Standing("paused", f"stopped before {names}; no program has the database open")


def attended_since(path: Path) -> str:
    """Since when the programs that have the database open now run (the oldest); later than all times if there is none.

    A thread whose newest snapshot is older than that is nobody's work any more. A connection in WAL
    mode holds a read lock on the file as long as it is open. Where the system does not tell who holds
    locks a database counts as attended for ten minutes after its last change.
    """
    try:
        held_by = holders(path)
    except FileNotFoundError:
        return _NOBODY
    if held_by is None:
        return "" if time.time() - _last_change(path) < _QUIET_S else _NOBODY
    return min(map(_started, held_by), default=_NOBODY)


def _started(pid: str) -> str:
    """When a process began; the beginning of time if that is not to be seen."""
    try:
        fields = Path("/proc", pid, "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return _of_ticks(int(fields[19]))


@lru_cache(maxsize=64)  # computed once each, for the two clocks never stand to each other in quite the same way
def _of_ticks(ticks: int) -> str:
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return clock.from_seconds(booted + ticks / os.sysconf("SC_CLK_TCK"))


def _last_change(path: Path) -> float:
    times = []
    for name in (str(path), f"{path}-wal"):
        try:
            times.append(os.stat(name).st_mtime)
        except FileNotFoundError:
            continue  # there is a log only while somebody writes, or was killed at it
    return max(times, default=0.0)
