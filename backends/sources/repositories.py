"""The repositories of a source: those over query tables, with what is particular to data that is not ours."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from sqlalchemy import Connection

from ...core.annotations import Annotation
from ...core.costs import CostGroup, Every, GroupBy, Spent, SpentBy
from ...core.errors import NotFound, NotSupported, ReadOnly, StorageError
from ...core.events import Decision
from ...core.feed import Watch
from ...core.metrics import Pattern
from ...core.pages import each
from ...core.query.query import EVERYTHING, Query
from ...core.repositories import UpkeepRepository
from ...core.runs import Run
from ...core.space import Node, Sorting, Space
from ...core.upkeep import Finding
from ...core.workflows import Version, Workflow
from ..sql.metrics_repository import SqlMetrics
from ..sql.run_repository import SqlRuns
from ..workflows.forwarded_workflows import ReadOnlyWorkflows
from .langgraph.bodies import LangGraphBodies
from .langgraph.index import LangGraphIndex


def read_only(path: Path) -> ReadOnly:
    """The answer to every change."""
    advice = "it belongs to the program that writes it: change it there"
    return ReadOnly("a LangGraph database is only read", where=path, advice=advice)


class SourceRuns(SqlRuns):
    """Runs of a source. Looking at one run reads its values, so that its numbers are whole."""

    def __init__(self, index: LangGraphIndex, bodies: LangGraphBodies) -> None:
        super().__init__(index.database, bodies, index.refresh)
        self._index = index

    @property
    def index(self) -> LangGraphIndex:
        """What it reads through."""
        return self._index

    @contextmanager
    def _reading(self, run: str | None = None) -> Iterator[Connection]:
        if run is not None:
            self._look_closely(run)
        with super()._reading(run) as connection:
            yield connection

    def get(self, run: str) -> Run:
        self._look_closely(run)
        return super().get(run)

    def costs(self, by: GroupBy, query: Query, *, since: str = "") -> list[CostGroup]:
        self._index.refresh()
        self._index.prices()
        return super().costs(by, query, since=since)

    def spending(self, every: Every, by: SpentBy, query: Query = EVERYTHING, *, since: str = "") -> list[Spent]:
        self._index.refresh()
        if by != "run":  # which is asked for how fast money goes now: that waits for no price table
            self._index.prices()
        return super().spending(every, by, query, since=since)

    def annotate(self, annotation: Annotation) -> None:
        self.get(annotation.run)
        raise read_only(self._index.original.path)

    def decide(self, run: str, approval: str, decision: Decision, *, by: str = "", note: str = "") -> None:
        self.get(run)
        raise read_only(self._index.original.path)

    def _look_closely(self, run: str) -> None:
        self._index.refresh()
        if self._index.needs_details(run):
            self._index.details(run)


class SourceMetrics(SqlMetrics):
    """Summaries over a source's runs."""

    def record_pattern(self, pattern: Pattern) -> NoReturn:
        raise ReadOnly("a source keeps no patterns", where=pattern.workflow, advice="record them in a data directory")


class SourceWorkflows(ReadOnlyWorkflows):
    """A checkpoint database keeps no definitions, so there are no versions."""

    def __init__(self, path: Path) -> None:
        super().__init__(self, lambda: read_only(path))

    def get(self, workflow: str, number: int) -> Version:
        raise NotFound(f"workflow {workflow[:60]!r} has no version {number}: a source keeps no definitions")

    def get_latest(self, workflow: str) -> Version:
        raise NotFound(f"workflow {workflow[:60]!r} has no version: a source keeps no definitions")

    def find(self, workflow: str, digest: str) -> Version | None:
        return None

    def list_all(self, *, deleted: bool = False) -> list[Workflow]:
        return []

    def list(self, workflow: str, *, deleted: bool = False) -> "list[Version]":  # last: it hides the built-in name
        return []


class SourceUpkeep(UpkeepRepository):
    """What is to be known about a source; nothing of it is ours to mend."""

    def __init__(self, index: LangGraphIndex, runs: SourceRuns, index_path: Path | None) -> None:
        self._index, self._runs, self._index_path = index, runs, index_path

    def refusal(self) -> StorageError:
        advice = "name it under `sources:` in a data directory's flightlog.yaml: there a copy of a run can be archived"
        return NotSupported(
            "a LangGraph database is only read, and has no place for an archive of ours",
            where=self._index.original.path,
            advice=advice,
        )

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        path = self._index.original.path
        state = self._index.original.state()
        if state.wal and not state.shm:
            yield Finding(
                severity="note",
                kind="copied-log",
                what="a -wal without its -shm: a private copy is read",
                where=str(path),
                advice="open the database once with sqlite3 to tidy it up",
            )
        for damage in each(lambda after: self._runs.damage(after=after)):
            if stop():
                return
            yield Finding(
                severity="warning", kind="damaged-value", what=damage.what, where=damage.where, run=damage.run
            )

    def sizes(self) -> dict[str, int]:
        path = str(self._index.original.path)
        found = {"database": _size(path), "wal": _size(f"{path}-wal")}
        return found | ({"index": _size(str(self._index_path))} if self._index_path else {})

    def space(
        self, path: Sequence[str] = (), *, sort: Sorting = "size", limit: int = 1000, after: str | None = None
    ) -> Space:
        """The database with its log; what its runs take of it nobody counts. Our index of it lies apart."""
        if path:
            raise NotFound("nothing there takes room", where=" ".join(path)[:200], advice="see `flightlog space`")
        sizes = self.sizes()
        store = Node(kind="store", name="", size_bytes=sizes["database"] + sizes["wal"], opens=True)
        children = [
            Node(kind="tables", name=":tables", size_bytes=sizes["database"]),
            Node(kind="wal", name=":wal", size_bytes=sizes["wal"]),
            Node(kind="index", name=":index", size_bytes=sizes.get("index", 0), apart=True),
        ]
        return Space(path=(store,), children=[node for node in children if node.size_bytes])


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


class SourceWatcher:
    """Watches a database's folder; see `FeedRepository.watch`."""

    def __init__(self, index: LangGraphIndex) -> None:
        self._index = index

    def watch(self, on_change: Callable[[], None]) -> Watch:
        """Calls back when the files of the database changed, and when more was read of a run."""
        from .langgraph.watch import LangGraphWatch

        return LangGraphWatch(self._index, on_change)
