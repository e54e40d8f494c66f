"""The repositories of a source: those over query tables, with what is particular to data that is not ours."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

from sqlalchemy import Connection

from ...core.annotations import Annotation
from ...core.costs import CostGroup, Every, GroupBy, Spent, SpentBy
from ...core.errors import NotFound, NotSupported, ReadOnly, StorageError
from ...core.events import Decision
from ...core.feed import Watch
from ...core.metrics import Pattern
from ...core.pages import Page, each
from ...core.query.query import EVERYTHING, Query
from ...core.repositories import UpkeepRepository
from ...core.repositories.upkeep import WEEK_S
from ...core.runs import Run
from ...core.space import Sorting, Space
from ...core.upkeep import Finding, Removal
from ...core.workflows import Version, Workflow
from ..file_sizes import bytes_below
from ..space.store_space import Asked
from ..sql import run_naming
from ..sql.bodies import Bodies
from ..sql.metrics_repository import SqlMetrics
from ..sql.run_repository import SqlRuns
from ..workflows.forwarded_workflows import ReadOnlyWorkflows
from .foreign_index import ForeignFiles, ForeignIndex
from .source_space import held_in, space_of


class Foreign(NamedTuple):
    """Somebody else's data, as a refusal names them."""

    what: str
    """Such as `a LangGraph database`."""
    path: Path
    file_a_run: bool = False
    """Whether each run is a file, and its size that file's."""

    def read_only(self) -> ReadOnly:
        """The answer to every change."""
        advice = "it belongs to the program that writes it: change it there"
        return ReadOnly(f"{self.what} is only read", where=self.path, advice=advice)


class SourceRuns(SqlRuns):
    """Runs of a source. Looking at one run reads its values, so that its numbers are whole."""

    def __init__(self, foreign: Foreign, index: ForeignIndex, bodies: Bodies, replayed: Callable[[], Bodies]) -> None:
        super().__init__(index.database, bodies, index.refresh)
        self.foreign, self.index, self.replayed = foreign, index, replayed

    @contextmanager
    def _reading(self, run: str | None = None) -> Iterator[Connection]:
        if run is not None:
            self._look_closely(run)
        with super()._reading(run) as connection:
            yield connection

    def resolve(self, text: str, within: Query = EVERYTHING) -> str:
        """Also by what its own program calls it, as far as only one is called so."""
        try:
            return super().resolve(text, within)
        except NotFound:
            with self._reading() as connection:
                found = run_naming.foreign(connection, text, within)
            if len(found) != 1:
                raise
            return found[0]

    def get(self, run: str) -> Run:
        self._look_closely(run)
        return super().get(run)

    def costs(self, by: GroupBy, query: Query = EVERYTHING, *, since: str = "") -> list[CostGroup]:
        self.index.refresh()
        self.index.prices()
        return super().costs(by, query, since=since)

    def spenders(self, query: Query = EVERYTHING, *, limit: int = 100, after: str | None = None) -> Page[Run]:
        self.index.refresh()
        self.index.prices()
        return super().spenders(query, limit=limit, after=after)

    def spending(self, every: Every, by: SpentBy, query: Query = EVERYTHING, *, since: str = "") -> list[Spent]:
        self.index.refresh()
        if by != "run":  # which is asked for how fast money goes now: that waits for no price table
            self.index.prices()
        return super().spending(every, by, query, since=since)

    def annotate(self, annotation: Annotation) -> None:
        self.get(annotation.run)
        raise self.foreign.read_only()

    def decide(self, run: str, approval: str, decision: Decision, *, by: str = "", note: str = "") -> None:
        self.get(run)
        raise self.foreign.read_only()

    def _look_closely(self, run: str) -> None:
        self.index.refresh()
        if self.index.needs_details(run):
            self.index.details(run)


class SourceMetrics(SqlMetrics):
    """Summaries over a source's runs."""

    def record_pattern(self, pattern: Pattern) -> NoReturn:
        raise ReadOnly("a source keeps no patterns", where=pattern.workflow, advice="record them in a data directory")


class SourceWorkflows(ReadOnlyWorkflows):
    """A source keeps no definitions, so there are no versions."""

    def __init__(self, foreign: Foreign) -> None:
        super().__init__(self, foreign.read_only)

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

    def __init__(self, foreign: Foreign, files: ForeignFiles, runs: SourceRuns, index_path: Path | None) -> None:
        self._foreign, self._files, self._runs, self._index_path = foreign, files, runs, index_path

    def refusal(self) -> StorageError:
        advice = "name it under `sources:` in a data directory's flightlog.yaml: there a copy of a run can be archived"
        return NotSupported(
            f"{self._foreign.what} is only read, and has no place for an archive of ours",
            where=self._foreign.path,
            advice=advice,
        )

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        yield from self._files.findings()
        for damage in each(lambda after: self._runs.damage(after=after)):
            if stop():
                return
            yield Finding(
                severity="warning", kind="damaged-value", what=damage.what, where=damage.where, run=damage.run
            )

    def sizes(self) -> dict[str, int]:
        found = self._files.sizes()
        return found | ({"index": self._index_bytes(self._index_path)} if self._index_path else {})

    @staticmethod
    def _index_bytes(path: Path) -> int:
        """Our index is a database of SQLite's, and what was written last lies beside it."""
        return sum(bytes_below(path.with_name(path.name + suffix)) for suffix in ("", "-wal", "-shm"))

    def space(
        self, path: Sequence[str] = (), *, sort: Sorting = "size", limit: int = 1000, after: str | None = None
    ) -> Space:
        """The files, by workflow and run where it is known what each run takes. Our index of them lies apart."""
        self._runs.index.refresh()
        held = held_in(self._runs.index.database) if self._foreign.file_a_run else {}
        return space_of(self._runs, held, self.sizes(), path, Asked(sort, max(limit, 1), after))

    def removals(self, run: str | None = None, *, within_s: float = WEEK_S) -> list[Removal]:
        return self._files.removals(run, within_s)


class SourceWatcher:
    """Watches a source's files; see `FeedRepository.watch`."""

    def __init__(self, index: ForeignIndex, files: ForeignFiles) -> None:
        self._index, self._files = index, files

    def watch(self, on_change: Callable[[], None]) -> Watch:
        """Calls back when the files changed, and when more was read of a run."""
        from .watch import SourceWatch

        return SourceWatch(self._index, self._files, on_change)
