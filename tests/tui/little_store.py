"""An honest little store in memory: sorted for real, paged for real, and counting what it is asked."""

from __future__ import annotations

import threading
from bisect import insort
from collections import Counter
from typing import Any

from flightlog.core.clock import between, from_seconds
from flightlog.core.costs import Money, Tokens
from flightlog.core.errors import NotFound
from flightlog.core.feed import Changes
from flightlog.core.numbers.figures import Figures
from flightlog.core.pages import Page, Sort
from flightlog.core.query.query import EVERYTHING
from flightlog.core.runs import Group, Run, Totals
from flightlog.core.store import Reading, Store

START = 1_800_000_000.0
"""Unix seconds at which run 0 began."""


def run_id(n: int) -> str:
    """Id of the n-th run; ids ascend."""
    return f"01j{n:09d}000000000000aa"


def make_run(n: int, **facts: Any) -> Run:
    """The n-th run, a second after the one before."""
    given = {
        "id": run_id(n),
        "workflow": f"flow-{n % 3}",
        "version": 1 + n % 4,
        "status": "completed",
        "started": from_seconds(START + n),
        "finished": from_seconds(START + n + 62),
        "last_event": from_seconds(START + n + 62),
        "steps": 5,
        "steps_done": 5,
        "tokens": Tokens(input=1000 + n % 77, output=200),
        "money": Money(recorded_nanousd=(n % 97) * 1_000_000, recorded=1),
        "size_bytes": 1000 + n,
    }
    return Run(**{**given, **facts})


KEYS = {
    "started": lambda run: run.started,
    "last_event": lambda run: run.last_event,
    "took": lambda run: between(run.started, run.finished),
    "tokens": lambda run: run.tokens.total,
    "cost": lambda run: run.money.nanousd,
    "size": lambda run: run.size_bytes,
    "workflow": lambda run: run.workflow,
    "name": lambda run: run.name,
    "status": lambda run: run.status,
    "errors": lambda run: run.errors,
}


class Runs:
    """Runs in memory. `asked` counts calls by method, `rows` the runs that were returned."""

    def __init__(self, runs: list[Run] = ()) -> None:
        self.by_id = {run.id: run for run in runs}
        self.asked: Counter[str] = Counter()
        self.rows = 0
        self.lock = threading.Lock()
        self.annotations: list[Any] = []

    def put(self, run: Run) -> None:
        """Adds or replaces a run."""
        with self.lock:
            self.by_id[run.id] = run

    def drop(self, run: str) -> None:
        """Removes a run."""
        with self.lock:
            del self.by_id[run]

    def ordered(self, query: Any, sort: Sort) -> list[Run]:
        """All matching runs in order: unknown values last both ways."""
        key = KEYS[sort.field]
        found = [run for run in self.by_id.values() if matches(run, query)]
        known: list[Any] = []
        for run in found:
            if key(run) is not None:
                insort(known, (key(run), run.id))
        if sort.descending:
            known.reverse()
        unknown = sorted((run.id for run in found if key(run) is None), reverse=sort.descending)
        return [self.by_id[id] for id in [*(id for _, id in known), *unknown]]

    def query(self, query, sort=Sort(), *, limit=100, after=None, before=None, last=False):
        with self.lock:
            self.asked["query"] += 1
            runs = self.ordered(query, sort)
            low, high = 0, min(limit, len(runs))
            if after is not None:
                low = self.place(runs, after)
                high = min(low + limit, len(runs))
            elif before is not None:
                high = self.place(runs, before)
                low = max(high - limit, 0)
            elif last:
                low, high = max(len(runs) - limit, 0), len(runs)
            self.rows += high - low
            items = runs[low:high]
            return Page(
                items=items,
                next=f"after {items[-1].id}" if items and high < len(runs) else None,
                previous=f"before {items[0].id}" if items and low > 0 else None,
            )

    @staticmethod
    def place(runs: list[Run], cursor: str) -> int:
        side, id = cursor.split()
        ids = [run.id for run in runs]
        return ids.index(id) + (side == "after")

    def cursor_at(self, run, sort):
        with self.lock:
            self.asked["cursor_at"] += 1
            if run not in self.by_id:
                raise NotFound(f"no run {run}")
            return f"before {run}"

    def cursor_after(self, query, sort, rows):
        with self.lock:
            self.asked["cursor_after"] += 1
            runs = self.ordered(query, sort)
            return f"after {runs[rows - 1].id}" if 0 < rows < len(runs) else None

    def get(self, run):
        self.asked["get"] += 1
        if run not in self.by_id:
            raise NotFound(f"no run {run}")
        return self.by_id[run]

    def some(self, runs):
        self.asked["some"] += 1
        return [self.by_id[run] for run in runs if run in self.by_id]

    def approvals(self, run):
        self.asked["approvals"] += 1
        return []

    def doing(self, runs):
        self.asked["doing"] += 1
        return {}

    def spending(self, every, by, query=EVERYTHING, *, since=""):
        self.asked["spending"] += 1
        return []

    def count(self, query):
        self.asked["count"] += 1
        return sum(matches(run, query) for run in self.by_id.values())

    def figures(self, query, *, ids=None, without=()):
        self.asked["figures"] += 1
        with self.lock:
            found = [run for run in self.by_id.values() if matches(run, query) and run.id not in without]
        some = [run for run in found if ids is None or run.id in ids]
        return Figures(
            (between(one.started, one.finished), one.money.nanousd, 0, 0, one.tokens.total, one.size_bytes)
            for one in some
        )

    def totals(self):
        self.asked["totals"] += 1
        runs = list(self.by_id.values())
        return Totals(
            runs=len(runs),
            by_status=dict(Counter(run.status for run in runs)),
            size_bytes=sum(run.size_bytes or 0 for run in runs),
            today=Money(recorded_nanousd=18_420_000_000, recorded=3),
        )

    def sessions(self, within=EVERYTHING, *, limit):
        return Page(items=self.groups("session", within))

    def projects(self, within=EVERYTHING, *, limit):
        return Page(items=self.groups("project", within))

    def groups(self, by, within):
        self.asked[by] += 1
        found = Counter(getattr(run, by) for run in self.by_id.values() if matches(run, within) and getattr(run, by))
        return [Group(id=id, runs=n) for id, n in found.most_common()]

    def values(self, key, prefix="", *, limit=50):
        found = {str(getattr(run, key, "")) for run in self.by_id.values()}
        return sorted(value for value in found if value.startswith(prefix))[:limit]

    def steps(self, run):
        self.asked["steps"] += 1
        return []

    def annotate(self, annotation):
        self.annotations.append(annotation)

    def annotate_each(self, annotations):
        return (self.annotate(annotation) is None for annotation in annotations)


def matches(run: Run, query: Any) -> bool:
    """The little of the query language that these tests use."""
    if query == EVERYTHING:
        return True
    for word in query.text.replace("(", " ").replace(")", " ").split():
        key, _, value = word.replace("=", ":").partition(":")
        value = value.strip('"')
        if key == word:
            if word.lower() not in f"{run.id} {run.name} {run.workflow} {run.error}".lower():
                return False
        elif str(getattr(run, key, None) or "") not in value.split("|"):
            return False
    return True


class Feed:
    """Changes as they are told to it."""

    def __init__(self) -> None:
        self.log: list[tuple[str, bool]] = []
        self.watchers: list[Any] = []
        self.asked = 0

    def note(self, *changed: str, removed: tuple[str, ...] = ()) -> None:
        """Something changed; whoever watches is told."""
        self.log += [(run, False) for run in changed] + [(run, True) for run in removed]
        for on_change in self.watchers:
            on_change()

    def cursor(self):
        return len(self.log)

    def changes(self, since, *, limit=5000):
        self.asked += 1
        new = self.log[since : since + limit]
        return Changes(
            cursor=since + len(new),
            changed=tuple(dict.fromkeys(run for run, gone in new if not gone)),
            removed=tuple(dict.fromkeys(run for run, gone in new if gone)),
            more=since + len(new) < len(self.log),
        )

    def watch(self, on_change):
        self.watchers.append(on_change)
        return Watching(self, on_change)


class Watching:
    """A watch on the feed."""

    mode, problem = "watching", ""

    def __init__(self, feed: Feed, on_change: Any) -> None:
        self.feed, self.on_change = feed, on_change

    def close(self) -> None:
        if self.on_change in self.feed.watchers:
            self.feed.watchers.remove(self.on_change)


class Logs:
    """No log entries."""

    def query(self, run, filter=None, *, limit=200, after=None, before=None):
        return []


class Upkeep:
    """Nothing was ever done with the runs."""

    def operations(self, limit: int = 100, after: str | None = None) -> Page[Any]:
        return Page(items=[], next=None)


class NoWorkflows:
    """None was ever saved."""

    def list_all(self, *, deleted: bool = False) -> list[object]:
        return []


def make_store(runs: Runs, feed: Feed | None = None, *, read_only: bool = False, name: str = "./data") -> Store:
    """A store of those runs."""
    reading = Reading(
        runs=runs,
        logs=Logs(),
        checkpoints=None,
        metrics=None,
        feed=feed or Feed(),
        upkeep=Upkeep(),  # type: ignore[arg-type]
    )
    return Store(
        name=name,
        recording=None,  # type: ignore[arg-type]
        workflows=NoWorkflows(),  # type: ignore[arg-type]
        reading=lambda: reading,
        close=lambda: None,
        read_only=read_only,
    )
