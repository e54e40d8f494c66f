"""What a store holds that cannot be derived, whatever keeps it: what replay carries."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, insert, select

from ...core.annotations import Annotation, AnyAnnotation, decode
from ...core.errors import Corrupt, NotFound
from ...core.ids import new_ulid
from ..annotation_writers import FileAnnotations, TableAnnotations
from ..journal import annotations
from ..journal.layout import Layout
from ..journal.reader import Broken
from ..journal.states import States
from ..sql import tables
from ..sql.bodies import Bodies, Excerpt
from ..sql.database import Database

if TYPE_CHECKING:
    from ..operations.record import Record

_RECORDS = 100  # of state values that are held at once


class Head(NamedTuple):
    """How much there is of a run."""

    seq: int
    """Number of its newest event."""
    size: int
    """Bytes where it is stored, as far as that is known."""


class Notes(NamedTuple):
    """How far the annotations of a store were read: in which file (0: a table), and up to which byte (row)."""

    file: int = 0
    upto: int = 0


class Truth(NamedTuple):
    """Events, values and annotations of one store; new ones are written as journals of `layout`."""

    layout: Layout
    database: Database
    bodies: Bodies
    refresh: Callable[[], None]
    """Brings it up to date; StorageError if that cannot be, for nobody may take what is old for all that there is."""
    annotations: Callable[[], list[AnyAnnotation]]
    annotate: Callable[[Annotation], None]
    newer: Callable[[Notes], tuple[list[AnyAnnotation], Notes]]
    """Annotations added since; all of them if `file` is another one by now."""
    records: Callable[[str], Iterator[tuple[str, bytes]]] | None
    """`(digest, line of its record)` of each state value that a run has; None where values are not kept as records."""
    record: "Record | None"
    """What was done with its runs; None of a source, with whose runs nothing is done."""

    def heads(self) -> dict[str, Head]:
        """What there is of each run that has an event which can be read, by id. One query over small columns."""
        runs = tables.runs.c
        wanted = select(runs.id, runs.last_seq, runs.size_bytes).where(runs.last_seq > 0).order_by(runs.id)
        with self.database.read() as connection:
            return {row.id: Head(row.last_seq, row.size_bytes or 0) for row in connection.execute(wanted)}

    def runs(self) -> list[str]:
        """Ids of all runs, oldest first."""
        with self.database.read() as connection:
            return list(connection.scalars(select(tables.runs.c.id).order_by(tables.runs.c.id)))

    def changed_since(self, revision: int) -> int:
        """How many runs the feed would name that asks since then. Costs these, in an index."""
        runs = tables.runs.c
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).where(runs.revision > revision)) or 0

    def identity(self) -> str:
        """A name of its query tables, given at the first call: made anew, they have another one."""
        table, key = tables.state, "identity"
        with self.database.read() as connection:
            known = connection.scalar(select(table.c.value).where(table.c.key == key))
        if known:
            return str(known)
        with self.database.write() as connection:
            known = connection.scalar(select(table.c.value).where(table.c.key == key))
            if not known:
                known = new_ulid()
                connection.execute(insert(table), {"key": key, "value": known})
        return str(known)

    def last_seq(self, run: str) -> int:
        """Number of the newest event of a run that is known; 0 if it has none."""
        newest = self.bodies.lines(run, Excerpt(newest=True, limit=1))
        return newest[0][0] if newest else 0


def _sound(lines: Iterable[bytes]) -> list[AnyAnnotation]:
    """The annotations that can be read; `unread_notes` names the others."""
    found = []
    for line in lines:
        try:
            found.append(decode(line))
        except Corrupt:
            continue
    return found


def unread_notes(database: Database) -> list[tuple[str, str]]:
    """Of the annotations in a table those that cannot be read: `(run, why)`."""
    table, found = tables.annotations.c, []
    with database.read() as connection:
        for run, line in connection.execute(select(table.run, table.line).where(_not_trashed).order_by(table.id)):
            try:
                decode(bytes(line))
            except Corrupt as error:
                found.append((str(run), str(error)))
    return found


def of_files(
    layout: Layout, database: Database, bodies: Bodies, refresh: Callable[[], None], record: "Record"
) -> Truth:
    """The truth of a data directory."""

    def newer(seen: Notes) -> tuple[list[AnyAnnotation], Notes]:
        try:
            there = os.stat(layout.annotations)
        except FileNotFoundError:
            return [], Notes()
        upto = seen.upto if (seen.file == there.st_ino and seen.upto <= there.st_size) else 0
        found: list[AnyAnnotation] = []
        for line in annotations.read(layout.annotations, upto):
            upto = line.offset + line.length + 1
            if line.annotation is not None and not isinstance(line.annotation, Broken):
                found.append(line.annotation)
        return found, Notes(there.st_ino, upto)

    def read() -> list[AnyAnnotation]:
        return newer(Notes())[0]

    def records(run: str) -> Iterator[tuple[str, bytes]]:
        live = layout.journal(run).exists()
        yield from _records_of(States(layout.states(run)) if live else _archived_states(layout, run))

    return Truth(layout, database, bodies, refresh, read, FileAnnotations(layout).annotate, newer, records, record)


def _archived_states(layout: Layout, run: str) -> States | None:
    """The state values of an archived run; None if there is no archive, or it has none. Corrupt."""
    from ..archive.flz_reader import Flz

    with suppress(NotFound):
        return States(Flz.open(layout.archived(run), run).member("states"))
    return None


def _records_of(states: States | None) -> Iterator[tuple[str, bytes]]:
    if states is not None:
        for digest in list(states.refresh()):
            yield digest, states.record(digest)


def of_database(
    layout: Layout,
    database: Database,
    bodies: Bodies,
    refresh: Callable[[], None],
    notes: TableAnnotations,
    record: "Record",
) -> Truth:
    """The truth of an SQL store."""

    table = tables.annotations.c

    def newer(seen: Notes) -> tuple[list[AnyAnnotation], Notes]:
        wanted = select(table.id, table.line).where(table.id > seen.upto, _not_trashed).order_by(table.id)
        with database.read() as connection:
            rows = connection.execute(wanted).all()
        return _sound(bytes(row.line) for row in rows), Notes(0, rows[-1].id if rows else seen.upto)

    def read() -> list[AnyAnnotation]:
        return newer(Notes())[0]

    def records(run: str) -> Iterator[tuple[str, bytes]]:
        kept, after = tables.values.c, ""
        wanted = select(kept.digest, kept.record).where(kept.run == run).order_by(kept.digest).limit(_RECORDS)
        while True:
            with database.read() as connection:
                rows = connection.execute(wanted.where(kept.digest > after)).all()
            for row in rows:
                yield row.digest, bytes(row.record)
            if not rows and not after:
                yield from _records_of(_archived_states(layout, run))
            if len(rows) < _RECORDS:
                return
            after = rows[-1].digest

    return Truth(layout, database, bodies, refresh, read, notes.annotate, newer, records, record)


_not_trashed = tables.annotations.c.run.not_in(select(tables.trash.c.run))
