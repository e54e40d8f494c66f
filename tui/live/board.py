"""Which runs are live, and which of them needs a person first: plain values and rules, no Textual, no store."""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from typing import Literal, NamedTuple

from ...core.clock import seconds_at
from ...core.runs import Run

Need = Literal["waiting", "stuck", "running", "failed", "lost"]
NEEDS: tuple[Need, ...] = ("waiting", "stuck", "running", "failed", "lost")
"""What a run needs a person for, the most urgent first; what is over stands below all that goes on."""
OVER: frozenset[Need] = frozenset({"failed", "lost"})
"""Of these a workflow's runs share a line."""

LOST_FOR = 3600.0
"""Seconds for which a lost run stays on the board."""
FAILED_FOR = 600.0
"""The same of a failed one."""
QUIET = 60.0
"""Seconds without an event after which an open step may be stuck."""
GOING = frozenset({"running", "waiting", "pending"})


class Entry(NamedTuple):
    """A run on the board."""

    run: Run
    need: Need
    began: float
    """Unix seconds."""
    last: float
    """Of its newest event, Unix seconds."""


class Group(NamedTuple):
    """Runs of a workflow that are over in the same way: one line, and theirs below it when it is unfolded."""

    need: Need
    workflow: str
    entries: tuple[Entry, ...]
    """The newest first."""
    unfolded: bool

    @property
    def key(self) -> tuple[Need, str]:
        """What it is known by, whatever it holds."""
        return self.need, self.workflow


def grouped(entries: Sequence[Entry], unfolded: Container[tuple[Need, str]]) -> list[Entry | Group]:
    """What a board shows, line by line: however many runs are lost, they take a line a workflow."""
    alike: dict[tuple[Need, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.need in OVER:
            alike[entry.need, entry.run.workflow].append(entry)
    lines: list[Entry | Group] = []
    for entry in entries:
        key = entry.need, entry.run.workflow
        together = alike.get(key, ())
        if len(together) < 2:
            lines.append(entry)
        elif together[0] is entry:
            group = Group(*key, tuple(together), key in unfolded)
            lines += [group, *(together if group.unfolded else ())]
    return lines


class Board:
    """The live runs. Not thread-safe: it lives on the event loop."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    @property
    def runs(self) -> Sequence[Run]:
        """The runs on it, in no order."""
        return [entry.run for entry in self._entries.values()]

    def get(self, run: str) -> Run | None:
        """A run that is on it."""
        entry = self._entries.get(run)
        return entry.run if entry else None

    def __contains__(self, run: object) -> bool:
        return run in self._entries

    def begin(self, runs: Iterable[Run], now: float) -> None:
        """These are all there are."""
        self._entries = {}
        self.take(runs, (), now)

    def take(self, runs: Iterable[Run], removed: Iterable[str], now: float) -> None:
        """Takes in what changed; runs that are over leave it."""
        for run in runs:
            entry = _entry(run, now)
            if _is_live(entry, now):
                self._entries[run.id] = entry
            else:
                self._entries.pop(run.id, None)
        for id in removed:
            self._entries.pop(id, None)

    def forget(self, now: float) -> None:
        """Drops those that failed or were lost so long ago that they are not on it any more; costs all of them."""
        self._entries = {id: entry for id, entry in self._entries.items() if _is_live(entry, now)}

    def entries(self, now: float) -> list[Entry]:
        """What is on it, most urgent first: what waits or is stuck the longest, what else happened last first."""
        found = []
        for entry in self._entries.values():
            if _is_live(entry, now):
                quiet = entry.run.status == "running" and now - entry.last > QUIET
                found.append(entry._replace(need="stuck") if quiet else entry)
        return sorted(found, key=_urgency)


def _urgency(entry: Entry) -> tuple[int, float, str]:
    time = entry.last if entry.need in ("waiting", "stuck") else -entry.last
    return NEEDS.index(entry.need), -entry.began if entry.need == "running" else time, entry.run.id


def _entry(run: Run, now: float) -> Entry:
    began = seconds_at(run.started, now)
    need: Need = "running" if run.status not in ("waiting", "lost", "failed") else run.status
    return Entry(run, need, began, seconds_at(run.last_event, began))


def is_shown(run: Run, now: float) -> bool:
    """Whether a board shows this run at a moment, in Unix seconds."""
    return _is_live(_entry(run, now), now)


def _is_live(entry: Entry, now: float) -> bool:
    status = entry.run.status
    if status == "lost":
        return now - entry.last < LOST_FOR
    return status in GOING or (status == "failed" and now - entry.last < FAILED_FOR)
