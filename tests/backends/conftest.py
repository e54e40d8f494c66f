"""A small SQL store in memory, put together by hand: events in, repositories out."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

# Test modules are imported by path, so that a helper beside them must be put in reach.
sys.path.insert(0, str(Path(__file__).parent))

from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.recording import JournalRecording
from flightlog.backends.journal.states import digest_of, whole_record
from flightlog.backends.sql import bodies
from flightlog.backends.sql.checkpoint_repository import SqlCheckpoints
from flightlog.backends.sql.feed_repository import SqlFeed
from flightlog.backends.sql.log_repository import SqlLogs
from flightlog.backends.sql.metrics_repository import SqlMetrics
from flightlog.backends.sql.projector import Projector, Recorded
from flightlog.backends.sql.run_repository import SqlRuns
from flightlog.backends.sqlite.engine import open_database
from flightlog.core import clock, events, ids
from flightlog.core.annotations import Annotation
from projecting import Told
from statements import executed

EPOCH = 1_795_000_000


class CountingBodies(bodies.EventTableBodies):
    """Says what was asked of the recorded bytes."""

    def __init__(self, database) -> None:
        super().__init__(database)
        self.read: list[str] = []
        self.lines_read = 0

    def lines(self, run, excerpt=bodies.Excerpt()):
        found = super().lines(run, excerpt)
        self.lines_read += len(found)
        return found

    def values(self, run, digests):
        self.read += digests
        return super().values(run, digests)


class SmallStore:
    """The repositories over one database, and how they get something to tell."""

    def __init__(self) -> None:
        self.database = open_database(None, truth=True)
        self.projector = Projector()
        self.refreshed = 0
        self.bodies = CountingBodies(self.database)
        self.runs = SqlRuns(self.database, self.bodies, self._refresh, self)
        self.logs = SqlLogs(self.database, self.bodies, self._refresh, self.runs)
        self.checkpoints = SqlCheckpoints(self.database, self.bodies, self._refresh)
        self.metrics = SqlMetrics(self.database, self._refresh, lambda: self.database)
        self.feed = SqlFeed(self.database, self._refresh, watcher=None)
        self._seqs: dict[str, int] = {}
        self._seconds = 0

    def _refresh(self) -> None:
        self.refreshed += 1

    def begin(self, workflow: str = "triage", **facts) -> str:
        """A new run, a second after the last event."""
        run = facts.pop("run", None) or ids.new_ulid((EPOCH + self._seconds) * 1000)
        self.record(run, events.RunStarted(run=run, workflow=workflow, **facts))
        return run

    def record(self, run: str, *recorded: events.Event) -> list[int]:
        """Appends events, a second apart, and returns their seqs."""
        lines = []
        for event in recorded:
            self._seconds += 1
            self._seqs[run] = event.seq = self._seqs.get(run, 0) + 1
            event.t = event.t or clock.from_seconds(EPOCH + self._seconds)
            lines.append((event, events.encode(event)))
        self.append(run, [(event, line) for event, line in lines])
        return [event.seq for event in recorded]

    def append(self, run: str, lines: list[tuple[events.Event, bytes]]) -> None:
        """Keeps lines, and projects what they say."""
        stored = []
        for event, line in lines:
            level = events.LEVELS.index(event.level) + 1 if isinstance(event, events.Logged) else 0
            stored.append(bodies.StoredEvent(event.seq, event.__struct_config__.tag, level, line))
        with self.database.write() as connection:
            bodies.store_events(connection, run, stored)
            self.projector.project(connection, run, [Recorded(event, len(line) + 1) for event, line in lines])

    def damage_line(self, run: str, seq: int) -> None:
        """What a disk does: the recorded bytes are others than were written."""
        with self.database.write() as connection:
            connection.exec_driver_sql("UPDATE events SET line = substr(line, 5) WHERE run = ? AND seq = ?", (run, seq))

    def put_value(self, run: str, value: object) -> str:
        """A state value; its digest."""
        body = msgspec.json.encode(value)
        digest = digest_of(body)
        with self.database.write() as connection:
            bodies.store_values(connection, run, [(digest, whole_record(digest, body))])
        return digest

    def checkpoint(self, run: str, state: dict, parent: str | None = None, **facts) -> str:
        """A checkpoint with this state."""
        name = ids.new_ulid()
        self.record(
            run,
            events.CheckpointSaved(
                checkpoint=name,
                parent=parent,
                values={key: self.put_value(run, value) for key, value in state.items()},
                sizes={key: len(msgspec.json.encode(value)) for key, value in state.items()},
                **facts,
            ),
        )
        return name

    def annotate(self, annotation: Annotation) -> None:
        """What a backend does with what others add."""
        with self.database.write() as connection:
            self.projector.annotate(connection, annotation)

    def forget(self, run: str) -> None:
        """Removes a run."""
        with self.database.write() as connection:
            self.projector.forget(connection, run)


@pytest.fixture
def small() -> Iterator[SmallStore]:
    store = SmallStore()
    yield store
    store.database.close()


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The text of each statement that is executed from now on; clear it before what is counted."""
    with executed() as seen:
        yield seen


@pytest.fixture
def bytes_read(monkeypatch) -> list[int]:
    """The length of each piece that is read by `os.pread`; clear it before what is counted."""
    read: list[int] = []
    real = os.pread

    def counted(fd, n, at):
        data = real(fd, n, at)
        read.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counted)
    return read


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty data directory."""
    return Layout(tmp_path / "data")


@pytest.fixture
def index_path(tmp_path: Path) -> Path:
    """Where a database may lie: nothing is there yet."""
    return tmp_path / "index.db"


@pytest.fixture
def recording(layout: Layout) -> JournalRecording:
    """What records there."""
    return JournalRecording(layout)


@pytest.fixture
def told() -> Iterator[Told]:
    """A database to which a test tells events."""
    told = Told()
    yield told
    told.database.close()
