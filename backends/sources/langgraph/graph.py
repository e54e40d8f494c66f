"""What a thread's rows say about its graph: which tasks ran, which wait, which snapshot came from which.

A superstep: the tasks of snapshot C write under C's id; C's child holds what came of it. A write to
`branch:to:X` makes X a task of the child, `__pregel_tasks` holds a `Send` (a task with its own
argument), `join:A+B:X` starts X when A and B have both written. (langgraph `pregel/_algo.py`,
`graph/state.py`; tried with langgraph 1.2.)
"""

import re
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from .ids import moment
from .messages import Identities
from .rows import NO_TASK, CheckpointRow, WriteRow

INTERRUPT, RESUME, ERROR, SENDS = "__interrupt__", "__resume__", "__error__", "__pregel_tasks"
_BRANCH = "branch:to:"
SPECIAL = {INTERRUPT, RESUME, ERROR, "__scheduled__", "__error_source_node__", "__no_writes__"}
_PULL = "~__pregel_pull, "
_PUSH = re.compile(r"~__pregel_push, (\d+)")
_CALL = re.compile(r"~__pregel_push, (~.*), (\d+), \d+$", re.DOTALL)
_JOIN_LIMIT = 1000  # supersteps that a join is traced back


class Node(NamedTuple):
    """A task to come or done: its step id, its node's name and what it is."""

    step: str
    name: str
    kind: str
    after: tuple[str, ...] = ()
    """Step ids of the tasks that started it."""
    caller: str | None = None
    """Step id of the task that called it, inside an entry point."""


class Task:
    """The writes of one task of a snapshot."""

    def __init__(self, rows: list[WriteRow]) -> None:
        self.id, self.path = rows[0].task, rows[0].path
        self.rows = rows
        self.results = [row for row in rows if row.channel not in SPECIAL]
        self.interrupt = self._special(INTERRUPT)
        self.resume = self._special(RESUME)
        self.error = self._special(ERROR)

    def _special(self, channel: str) -> WriteRow | None:
        return next((row for row in reversed(self.rows) if row.channel == channel), None)

    @property
    def done(self) -> bool:
        """Whether it ended well: a task writes all its results at once."""
        return any(row.channel not in SPECIAL or row.channel == "__no_writes__" for row in self.rows)

    @property
    def is_input(self) -> bool:
        """Whether it only distributes the graph's input."""
        return self.path == f"{_PULL}__start__"

    @property
    def outputs(self) -> list[WriteRow]:
        """What it wrote into the state."""
        return [row for row in self.results if not is_control(row.channel)]


def is_control(channel: str) -> bool:
    """Whether a channel steers the graph and is no part of its state."""
    return channel.startswith(("branch:", "join:", "start:", "__")) and channel not in ("__return__", "__end__")


class Thread:
    """The rows of one thread, without values, and the questions about them. Not thread-safe."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.checkpoints: dict[tuple[str, str], CheckpointRow] = {}
        self.times: dict[tuple[str, str], str] = {}
        self.last_time = ""
        self.messages = Identities()
        self._children: defaultdict[tuple[str, str | None], list[str]] = defaultdict(list)
        self._writes: defaultdict[tuple[str, str], dict[tuple[str, int], WriteRow]] = defaultdict(dict)
        self._of_ns: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, checkpoints: Iterable[CheckpointRow], writes: Iterable[WriteRow]) -> set[tuple[str, str]]:
        """Takes rows in and returns the snapshots about which there is something new to say."""
        touched: set[tuple[str, str]] = set()
        for row in checkpoints:
            key = (row.ns, row.id)
            if key not in self.checkpoints:
                insort(self._children[row.ns, row.parent], row.id)
                insort(self._of_ns[row.ns], row.id)
            self.checkpoints[key] = row
            self.times[key] = row.t or self.times.get((row.ns, row.parent or ""), self.last_time)
            self.last_time = max(self.last_time, self.times[key])
            touched |= {key, (row.ns, row.parent or "")}
        for write in writes:
            self._writes[write.ns, write.checkpoint][write.task, write.idx] = write
            touched.add((write.ns, write.checkpoint))
            touched |= {(write.ns, child) for child in self.children(write.ns, write.checkpoint)}
        return {key for key in touched if key in self.checkpoints}

    def children(self, ns: str, checkpoint: str) -> list[str]:
        """Ids of the snapshots that came from this one, oldest first."""
        return self._children.get((ns, checkpoint), [])

    def began(self) -> str:
        """The time of its oldest snapshot."""
        return min(self.times.values(), default="")

    def latest(self) -> str | None:
        """The newest snapshot of the graph itself: the state that the thread has now."""
        own = self._of_ns.get("")
        return own[-1] if own else None

    def before(self, ns: str, t: str) -> str | None:
        """The newest snapshot of a namespace that is not younger than a time."""
        return next((id for id in reversed(self._of_ns.get(ns, [])) if self.times[ns, id] <= t), None)

    def tasks(self, ns: str, checkpoint: str) -> list[Task]:
        """Tasks that wrote under a snapshot, in the order of their paths, which is that of the graph."""
        grouped: defaultdict[str, list[WriteRow]] = defaultdict(list)
        for row in self._writes.get((ns, checkpoint), {}).values():
            grouped[row.task].append(row)
        found = [Task(sorted(rows, key=lambda row: row.idx)) for task, rows in grouped.items() if task != NO_TASK]
        return sorted(found, key=lambda task: (task.path, task.rows[0].rowid))

    def size(self) -> int:
        """Bytes of all its values."""
        return sum(row.size for row in self.checkpoints.values()) + sum(row.size for row in self.all_writes())

    def all_writes(self) -> Iterable[WriteRow]:
        """Every write of the thread."""
        return (row for found in self._writes.values() for row in found.values())

    def answers(self, ns: str, checkpoint: str) -> list[WriteRow]:
        """What a program wrote in answer to interrupts of this snapshot, not yet given to a task."""
        rows = self._writes.get((ns, checkpoint), {}).values()
        return [row for row in rows if row.task == NO_TASK and row.channel == RESUME]

    def end(self, ns: str, checkpoint: str) -> str:
        """When the superstep after a snapshot ended: the time of its child, else the last time known."""
        children = self.children(ns, checkpoint)
        return self.times[ns, children[0]] if children else self.last_time

    def explained(self, ns: str, checkpoint: str) -> bool:
        """Whether the tasks recorded under the parent made this snapshot: its oldest child, if any of them is done.

        Inputs, updates by hand and forks are made otherwise, and all of a program that saves at its exit alone.
        """
        parent = self.checkpoints[ns, checkpoint].parent
        if parent is None or self.children(ns, parent)[:1] != [checkpoint]:
            return False
        return any(task.done for task in self.tasks(ns, parent))

    def is_input(self, ns: str, checkpoint: str) -> bool:
        """Whether a snapshot holds an input that was (or will be) given to the graph."""
        tasks = self.tasks(ns, checkpoint)
        if tasks:
            return any(task.is_input for task in tasks)
        row = self.checkpoints[ns, checkpoint]
        step = moment(checkpoint).step
        before = moment(row.parent).step if row.parent else -2
        return step is not None and step == (before or 0) + 1 and not self.explained(ns, checkpoint)

    def sends(self, ns: str, checkpoint: str) -> list[WriteRow]:
        """The `Send` writes under a snapshot: the n-th is task n of its child."""
        return [row for task in self.tasks(ns, checkpoint) for row in task.rows if row.channel == SENDS]

    def branches(self, ns: str, checkpoint: str) -> dict[str, list[str]]:
        """Node → step ids of the tasks under a snapshot that made it a task of the child."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for task in self.tasks(ns, checkpoint):
            steps = [] if task.is_input else [self.step_id(checkpoint, task)]
            for row in task.results:
                if row.channel.startswith(_BRANCH):
                    found[row.channel.removeprefix(_BRANCH)] += steps
                elif row.channel.startswith("join:") and (node := self._joined(ns, checkpoint, row.channel)):
                    found[node] += steps
        return dict(found)

    def _joined(self, ns: str, checkpoint: str, channel: str) -> str | None:
        """The node that a join starts, if all it waits for have written by this snapshot's superstep."""
        names, _, node = channel.removeprefix("join:").rpartition(":")
        missing, at = set(names.split("+")), checkpoint
        for _step in range(_JOIN_LIMIT):
            for task in self.tasks(ns, at):
                if task.path == _PULL + node:
                    return None
                if any(row.channel == channel for row in task.results):
                    missing.discard(task.path.removeprefix(_PULL))
            row = self.checkpoints.get((ns, at))
            if not missing or row is None or row.parent is None:
                break
            at = row.parent
        return None if missing else node

    @staticmethod
    def step_id(checkpoint: str, task: Task) -> str:
        """Our id of a task's step. It can be told before the task wrote anything, if its path is known."""
        if task.path.startswith(_PULL):
            return f"{checkpoint}:{task.path.removeprefix(_PULL)}"
        if found := _PUSH.match(task.path):
            return f"{checkpoint}:send:{int(found[1])}"
        return f"{checkpoint}:{task.id}"

    @staticmethod
    def send_number(task: Task) -> int | None:
        """Which of its superstep's `Send`s a task is."""
        found = _PUSH.match(task.path)
        return int(found[1]) if found else None

    @staticmethod
    def node_name(task: Task) -> str:
        """The node's name, where a task's path tells it; a call inside an entry point is `entry[n]`."""
        if found := _CALL.match(task.path):
            return f"{found[1].rpartition(', ')[2]}[{int(found[2])}]"
        return task.path.removeprefix(_PULL) if task.path.startswith(_PULL) else ""

    @staticmethod
    def caller(checkpoint: str, task: Task) -> str | None:
        """Step id of the task that called this one, inside an entry point."""
        found = _CALL.match(task.path)
        return f"{checkpoint}:{found[1].removeprefix(_PULL)}" if found else None
