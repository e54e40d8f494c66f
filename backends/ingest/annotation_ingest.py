"""Takes `annotations.jsonl` into an index: what others than their writer added to runs."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from ...core import clock
from ...core.annotations import AnyAnnotation
from ...core.runs import Damage
from ..journal import annotations
from ..journal.reader import Broken
from ..sql import tables
from ..sql.database import Database
from ..sql.projector import Projector
from .ingest import Ingest
from .readings import remember

_KEY = "annotations.jsonl"
"""Where its position stands among those of the journals; no run can be called so."""


class Seen(NamedTuple):
    """The file as it was at one moment; zeros if there was none."""

    inode: int = 0
    size: int = 0
    mtime_ns: int = 0


class AnnotationIngest:
    """Keeps an index in step with one annotations file. Used by one thread at a time."""

    def __init__(self, path: Path, database: Database, ingest: Ingest, projector: Projector) -> None:
        self._path, self._database, self._ingest, self._projector = path, database, ingest, projector
        self._seen = Seen()
        self._by_run: dict[str, list[AnyAnnotation]] | None = None

    def look(self) -> "Seen":
        """The file as it is now; ask before runs are looked for, and `take` after it.

        If it is another file than was read, all runs are forgotten, to be read again without the old notes.
        """
        seen = self._now()
        if seen != self._seen:
            with self._database.read() as connection:
                inode, offset = _position(connection)
            if offset and (inode != seen.inode or offset > seen.size):
                self._begin_anew()
        self._by_run = None
        return seen

    def take(self, seen: "Seen") -> None:
        """Takes in what the file held at that look."""
        if seen == self._seen:
            return
        with self._database.write() as connection:
            _, offset = _position(connection)
            for line in annotations.read(self._path, offset) if seen.size else ():
                if line.offset >= seen.size:
                    break
                offset = line.offset + line.length + 1
                if isinstance(line.annotation, Broken):
                    what = f"an annotation: {line.annotation.why}"
                    self._ingest.name(connection, Damage(where=_KEY, what=what, offset=line.offset, length=line.length))
                elif line.annotation is not None:
                    self._add(connection, line.annotation)
            position = {"run": _KEY, "path": _KEY, "inode": seen.inode, "size": seen.size, "offset": offset}
            remember(connection, [position | {"open": False}])
        self._seen = seen

    def follow(self) -> None:
        """Takes in what was added since that; what is another file by now, the next look finds."""
        seen = self._now()
        if seen != self._seen and seen.size >= self._seen.size:
            with self._database.read() as connection:
                inode, offset = _position(connection)
            if not offset or inode == seen.inode:
                self.take(seen)

    def _now(self) -> Seen:
        try:
            found = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return Seen()
        return Seen(found.st_ino, found.st_size, found.st_mtime_ns)

    def again(self, connection: Connection, runs: Collection[str]) -> None:
        """Runs were read from their beginning: what was taken in of them before is added to them again."""
        _, end = _position(connection)
        if not end:
            return
        read_until = clock.from_ns(self._seen.mtime_ns) if self._seen.mtime_ns else None
        for run in runs:
            started = connection.execute(_STARTED, {"of": run}).scalar()
            if not (started and read_until and started > read_until):  # else it is younger than any annotation
                for annotation in self._of_run(run, end):
                    self._add(connection, annotation)

    def _of_run(self, run: str, end: int) -> Sequence[AnyAnnotation]:
        if self._by_run is None:
            self._by_run = {}
            for line in annotations.read(self._path):
                if line.offset >= end:
                    break
                if line.annotation is not None and not isinstance(line.annotation, Broken):
                    self._by_run.setdefault(line.annotation.run, []).append(line.annotation)
        return self._by_run.get(run, ())

    def _add(self, connection: Connection, annotation: AnyAnnotation) -> None:
        # Of a run that is not here nothing is kept: when it comes, `again` finds what was said of it.
        if connection.execute(_THERE, {"of": annotation.run}).first():
            self._projector.annotate(connection, annotation)

    def _begin_anew(self) -> None:
        with self._database.write() as connection:
            for (run,) in connection.execute(select(tables.journals.c.run)).all():
                self._ingest.forget(connection, run)
            connection.execute(tables.folders.delete())


def _position(connection: Connection) -> tuple[int, int]:
    row = connection.execute(_POSITION).first()
    return (row.inode, row.offset) if row else (0, 0)


_THERE = select(tables.runs.c.id).where(tables.runs.c.id == bindparam("of"))
_STARTED = select(tables.runs.c.started).where(tables.runs.c.id == bindparam("of"))
_POSITION = select(tables.journals.c.inode, tables.journals.c.offset).where(tables.journals.c.run == _KEY)
