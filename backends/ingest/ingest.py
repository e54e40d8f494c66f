"""Brings a database up to date from journals: the one way from recorded bytes to query tables.

Only new bytes are read. What cannot be read is named as damage with its place; the rest goes on.
"""

import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, func, select

from ...core.clock import now
from ...core.errors import Corrupt, NotFound, NotSupported, StorageError
from ...core.events import Logged
from ...core.runs import Damage
from ..journal.disk import StrPath
from ..journal.reader import read_span
from ..operations.on_tables import facts
from ..operations.on_tables.facts import Fact
from ..sql import log_words, tables, trash
from ..sql.claims import claim
from ..sql.projector import Projector
from ..sql.writes import add_missing
from .batch import Batch, Position
from .finding import Found, Journal, end_of_run, find, newest_seq
from .readings import FILE_COSTS, Reading, file_of, remember
from .unread import Unread, of_journal

UNREADABLE = "its archive is damaged: how it ended cannot be read"
"""Why a run is lost that was archived, and so had ended."""


class Taken(NamedTuple):
    """What one call took in."""

    left: list[Journal]
    """Journals that the budget did not reach."""
    more: list[Journal]
    """Those of which there is more."""
    anew: list[str]
    """Runs that were read from their beginning."""
    unreadable: bool
    """Whether a journal could not be read (which is named as damage)."""
    size: int
    """Bytes that were read."""


class Ingest:
    """Takes journals into one database. Use it inside `Database.write()`; not thread-safe.

    `keep` stores the events' bytes and the states' records too: the truth of an SQL store, which
    is added to and never taken back.
    """

    def __init__(self, projector: Projector, *, keep: bool) -> None:
        self._projector, self._keep = projector, keep
        self._unread = Unread(projector)

    def take(self, connection: Connection, journals: Sequence[Journal], budget: int) -> Taken:
        """Takes in about `budget` bytes of what is new in these (a few hundred at most).

        A journal that shrank or was replaced is read anew.
        """
        claim(connection, (journal.run for journal in journals))
        if self._keep:
            journals = self._bring_back(connection, journals)
        of = {"of": [journal.run for journal in journals]}
        known = {row.run: row for row in connection.execute(_KNOWN, of).all()}
        readings: list[Reading] = []
        left, more = list[Journal](), list[Journal]()
        failed: dict[Journal, OSError | StorageError] = {}
        for journal in journals:
            if budget <= 0:
                left.append(journal)
                continue
            try:
                reading = self._read(connection, journal, known.get(journal.run), budget)
            except (FileNotFoundError, NotFound):
                continue  # just removed: the next look finds it gone
            except (OSError, StorageError) as error:
                failed[journal] = error
                continue
            readings.append(reading)
            budget -= reading.batch.size + FILE_COSTS
            if reading.batch.more:
                more.append(journal)
        self._save(connection, readings)
        if readings:
            self.readable(connection, [reading.journal.run for reading in readings])
        known_whole = [self._set_aside(connection, journal, why) for journal, why in failed.items()]
        anew = [reading.journal.run for reading in readings if reading.anew]
        return Taken(left, more, anew, not all(known_whole), sum(reading.batch.size for reading in readings))

    def forget(self, connection: Connection, run: str) -> None:
        """Drops what was derived of a run whose files are gone or were replaced."""
        self._projector.forget(connection, run)
        for statement in _FORGET:
            connection.execute(statement, {"of": run})

    def mark_lost(self, connection: Connection, run: str, evidence: str) -> None:
        """Shows an unfinished run as lost, until its next event."""
        self._projector.mark_lost(connection, run, evidence)

    def name(self, connection: Connection, damage: Damage) -> None:
        """Names damage, once however often it is met."""
        if connection.execute(_same_damage(damage)).first() is None:
            self._projector.damage(connection, damage)
            self._unread.named()

    def readable(self, connection: Connection, read: Iterable[str]) -> None:
        """These runs, or folders, could be read: that the disk did not give them before is over."""
        self._unread.taken_back(connection, read)

    def _bring_back(self, connection: Connection, journals: Sequence[Journal]) -> Sequence[Journal]:
        """Runs that somebody goes on with come back from the trash first; those that are just being removed wait."""
        lying = trash.waiting(connection, [journal.run for journal in journals])
        for run, entry in lying.items():
            if entry is not None:
                trash.bring_back(connection, self._projector, run)
                why = "new events of it came"
                back = Fact(operation=entry.operation, phase="back", t=now(), run=run, act="untrash", why=why)
                facts.add(connection, back)
        return [journal for journal in journals if lying.get(journal.run, journal) is not None]

    def _read(self, connection: Connection, journal: Journal, row: Row[Any] | None, budget: int) -> Reading:
        found = find(journal)
        if row is not None and self._is_another(journal, row, found):
            if not self._keep:
                self.forget(connection, journal.run)
            row = None
        position = Position(row.offset, row.states_offset, row.last_seq or 0) if row is not None else Position()
        batch = Batch(journal.run, journal.name, position, keep=self._keep)
        if self._keep:
            batch.read_states(journal.states, budget)
        if not batch.more:
            batch.read_events(found.lines, found.length, budget)
        if batch.more and not self._keep and not journal.archived:
            batch.end = end_of_run(journal.path)
        return Reading(journal, batch, found.stat, found.size, row is None)  # and the file is let go

    def _is_another(self, journal: Journal, row: Row[Any], found: Found) -> bool:
        """Whether it is not what was read, or what that has grown to."""
        if row.path != journal.name and not self._keep:
            # It was archived or restored: what was read to its end is not read again.
            return bool(row.open) or row.offset != found.length or row.last_seq != newest_seq(found.lines)
        if journal.archived:
            return file_of(found.stat) != (row.inode, row.size, row.mtime_ns)
        return _replaced(row, found.stat) or not _ends_line(journal.path, row.offset)

    def _set_aside(self, connection: Connection, journal: Journal, why: OSError | StorageError) -> bool:
        """Names what cannot be read; False if it may be read another time, though its folder does not change.

        Of a run whose archive is damaged stays what was derived of it before, if it was.
        """
        if isinstance(why, OSError):
            what = of_journal(why)
        elif journal.archived:
            what = why.what
        else:
            raise why
        self.name(connection, Damage(where=journal.name, what=what, run=journal.run))
        if not isinstance(why, Corrupt | NotSupported):
            return False
        try:
            inode, size, mtime_ns = file_of(os.stat(journal.path, follow_symlinks=False))
        except FileNotFoundError:
            return True  # just removed, which its folder tells
        place = {"run": journal.run, "path": journal.name, "open": False}
        remember(connection, [place | {"inode": inode, "size": size, "mtime_ns": mtime_ns}])
        self._projector.resize(connection, journal.run, size, archived=True)
        self._projector.mark_lost(connection, journal.run, UNREADABLE)
        return True

    def _save(self, connection: Connection, readings: list[Reading]) -> None:
        batches = [reading.batch for reading in readings]
        if self._keep:
            add_missing(connection, tables.values, [row for batch in batches for row in batch.values])
            for batch in batches:
                self._name_others(connection, batch)
            add_missing(connection, tables.events, [row for batch in batches for row in batch.events])
        recorded = [reading for reading in readings if reading.batch.recorded]
        recordings = [reading.recording(self._place(reading.journal)) for reading in recorded]
        self._projector.project_all(connection, recordings)
        if self._keep:
            for reading in recorded:
                _take_words(connection, reading.batch)
        add_missing(connection, tables.marks, [row for batch in batches for row in batch.marks])
        for batch in batches:
            if batch.gap and connection.execute(_damage_before(batch.gap)).first() is None:
                self.name(connection, batch.gap)
            for damage in batch.damage:
                self.name(connection, damage)
        self._remember(connection, readings)

    def _name_others(self, connection: Connection, batch: Batch) -> None:
        """Events that are kept already under the same number, in other bytes: the first ones stay. And events that
        come after some that follow them: they are kept, but what is derived has passed them.
        """
        newest = connection.scalar(_NEWEST, {"of": batch.run}) or 0
        if not batch.events or batch.events[0]["seq"] > newest:
            return
        kept = {
            row.seq: row.line for row in connection.execute(_LINES, {"of": batch.run, "from": batch.events[0]["seq"]})
        }
        for row in batch.events:
            line = kept.get(row["seq"], b"" if row["seq"] < newest else row["line"])
            if line != row["line"]:
                raw = row["line"][:200].decode("utf-8", "backslashreplace")[:200]
                late = f"came after event {newest}: it is kept, but no number knows of it"
                what = f"event {row['seq']} {'was recorded before in other bytes, which stay' if line else late}"
                self.name(connection, Damage(where=batch.name, what=what, run=batch.run, raw=raw))

    def _remember(self, connection: Connection, readings: list[Reading]) -> None:
        of = {"of": [reading.batch.run for reading in readings]}
        runs = {row.id: row for row in connection.execute(_RUNS, of).all()}
        recorded = {run: row.recorded for run, row in runs.items()}
        remember(connection, [reading.position(recorded.get(reading.journal.run)) for reading in readings])
        for journal, batch, _, size, _ in readings:
            run, archived = runs.get(journal.run), self._place(journal)
            if run is not None and (run.size_bytes != size or archived not in (None, run.archived)):
                self._projector.resize(connection, journal.run, size, archived=archived)
            if journal.archived and batch.damage and not batch.more:  # without effect where its end was read
                self._projector.mark_lost(connection, journal.run, UNREADABLE)

    def _place(self, journal: Journal) -> bool | None:
        """Whether the run lies in the archive; None where another than its journals says so."""
        return None if self._keep else journal.archived


def _replaced(row: Row[Any], stat: os.stat_result) -> bool:
    """Whether the file is another one than was read. An append changes the size; a new time alone is a rewrite."""
    rewritten = stat.st_size == row.size and stat.st_mtime_ns != row.mtime_ns
    return bool(stat.st_ino != row.inode or stat.st_size < row.offset or rewritten)


def _take_words(connection: Connection, batch: Batch) -> None:
    """What is shipped can be searched at once; in an index of files words are taken in when somebody searches."""
    messages = [(event.seq, event.message) for event, _ in batch.recorded if isinstance(event, Logged)]
    log_words.take(connection, batch.run, messages, batch.known_seq, batch.last_seq)


def _ends_line(path: StrPath, offset: int) -> bool:
    """Whether a line ends at an offset. If none does, a new file has got the number of an old one (its inode)."""
    return offset == 0 or read_span(path, offset - 1, 1) == b"\n"


def _same_damage(damage: Damage) -> Any:
    same = tables.damage.c
    return (
        select(same.id)
        .where(
            same.run.is_not_distinct_from(damage.run),
            same.place == damage.where,
            same.what == damage.what,
            same.offset.is_not_distinct_from(damage.offset),
        )
        .limit(1)
    )


def _damage_before(gap: Damage) -> Any:
    """Damage that ends where the gap begins: what it stands for may hold the missing numbers."""
    near = tables.damage.c
    return select(near.id).where(
        near.run == gap.run, near.place == gap.where, near.offset + near.length + 1 == gap.offset
    )


_journals, _runs = tables.journals, tables.runs
_KNOWN = (
    select(_journals, _runs.c.last_seq)
    .select_from(_journals.outerjoin(_runs, _runs.c.id == _journals.c.run))
    .where(_journals.c.run.in_(bindparam("of", expanding=True)))
)
_RUNS = select(_runs.c.id, _runs.c.recorded, _runs.c.size_bytes, _runs.c.archived).where(
    _runs.c.id.in_(bindparam("of", expanding=True))
)
_NEWEST = select(func.max(tables.events.c.seq)).where(tables.events.c.run == bindparam("of"))
_LINES = select(tables.events.c.seq, tables.events.c.line).where(
    tables.events.c.run == bindparam("of"), tables.events.c.seq >= bindparam("from")
)
_FORGET = [delete(table).where(table.c.run == bindparam("of")) for table in (tables.marks, tables.journals)]
