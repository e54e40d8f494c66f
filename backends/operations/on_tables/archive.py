"""Packing runs of a database into archives, and unpacking them.

An archive is written aside, read back from the disk and shown; then one transaction says that the run lies there, and
takes its events and values out of their tables. So its row in `archives` alone tells where it is: a file without one is
what was left of an attempt. Unpacking is one transaction as well, after which the file goes.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, func, select

from ....core.clock import now
from ....core.copies import Original
from ....core.errors import Conflict, Corrupt, NotFound, NotSupported
from ....core.operations import Done
from ....core.runs import Run
from ....core.upkeep import Finding
from ...archive.flz import Facts, facts_of
from ...archive.flz_members import members_of
from ...archive.flz_reader import Flz
from ...archive.flz_rows import members_of_rows
from ...archive.flz_writer import Read, Written
from ...journal import disk
from ...sql import tables
from ...sql.trash import project_whole
from ..copying_aside import copied_aside, remove_aside
from ..packing import damaged, must_be_sound, part_name, written
from ..record import Intent
from .archived_events import put_back, stored_events
from .housekeeping import Writes
from .workplace import Workplace

Check = Callable[[Connection], None]
"""Claims a run, and looks whether it is still what was seen; Conflict."""


class TableArchive:
    """The archive of one database's runs. For one thread, under the lock of operations and that of the run."""

    def __init__(self, place: Workplace, writes: Writes) -> None:
        self._database, self._projector = place.database, place.projector
        self._layout, self._writes = place.layout, writes

    # --- into the archive

    def pack(self, intent: Intent, run: Run, check: Check) -> Done:
        """Conflict, Corrupt, StorageError: then `settle_pack` clears up."""
        members = members_of_rows(self._database, run.id, self._notes(run.id))
        row, size = self._packed(intent, facts_of(run), members, run.size_bytes or 0)

        def move(connection: Connection) -> None:
            check(connection)
            connection.execute(tables.archives.insert(), row)
            for statement in _TAKE_OUT:
                connection.execute(statement, {"of": run.id})
            self._projector.resize(connection, run.id, size, archived=True)

        self._writes(move)
        found = self.settle_pack(intent)
        assert found is not None
        return found

    def _packed(
        self, intent: Intent, facts: Facts, members: Mapping[str, Read], live_bytes: int
    ) -> tuple[dict[str, Any], int]:
        """Writes an archive and shows it; the row that will tell of it, and its bytes."""
        run, part = intent.run, self._part(intent)
        path = self._layout.archived(run)
        self._make_folder(path)
        self._unlink(part)
        try:
            packed = written(part, part, facts, members)
        except OSError as error:
            raise disk.storage_error(error, part, "writing an archive") from error
        digest, size = _shown(part, path, packed)
        row = {"run": run, "operation": intent.operation, "at": now(), "digest": digest}
        return row | {"size_bytes": size, "live_bytes": live_bytes}, size

    def copy(self, intent: Intent, original: Original, check: Check) -> Done:
        """Packs a copy of another program's run, which is written aside first; one transaction then makes it known.

        Conflict, Corrupt, StorageError, OSError: then `settle_copy` clears up.
        """
        self._refuse_links(self._layout.archived(intent.run))
        with copied_aside(self._layout, intent, original) as (run, aside):
            members = members_of(aside, run.id, self._notes(run.id))
            files = (aside.journal(run.id), aside.states(run.id))
            live = sum(path.stat().st_size for path in files if path.exists())
            row, size = self._packed(intent, facts_of(run), members, live)

        def make_known(connection: Connection) -> None:
            check(connection)
            connection.execute(tables.archives.insert(), row)
            with Flz.open(self._layout.archived(run.id), run.id) as archive:
                lines = ((event.seq, event.line) for event in stored_events(archive))
                project_whole(connection, self._projector, run.id, lines)
            self._projector.resize(connection, run.id, size, archived=True)

        self._writes(make_known)
        found = self.settle_copy(intent)
        assert found is not None
        return found

    def settle_copy(self, intent: Intent) -> Done | None:
        """What was done; None if it was not, and then nothing is left of the attempt."""
        try:
            remove_aside(self._layout, intent)
        except OSError as error:
            raise disk.storage_error(error, self._layout.archive, "removing what a copy was made from") from error
        found = self.settle_pack(intent)
        return msgspec.structs.replace(found, copy_of=intent.of) if found else None

    def drop(self, intent: Intent, check: Check) -> Done:
        """Takes a copy out of the database, and then its archive away. Conflict, StorageError."""

        def forget(connection: Connection) -> None:
            check(connection)
            connection.execute(_FORGET, {"of": intent.run})
            self._projector.forget(connection, intent.run)

        self._writes(forget)
        found = self.settle_drop(intent)
        assert found is not None
        return found

    def settle_drop(self, intent: Intent) -> Done | None:
        """What was done; None if it was not."""
        run = intent.run
        with self._database.read() as connection:
            if connection.execute(_ROW, {"of": run}).first() or connection.execute(_ANY_EVENT, {"of": run}).first():
                return None
        self._unlink(self._layout.archived(run))
        return Done(run=run, outcome="done", before_bytes=intent.size_bytes)

    def settle_pack(self, intent: Intent) -> Done | None:
        """What was done; None if it was not, and then nothing is left of the attempt."""
        part, path = self._part(intent), self._layout.archived(intent.run)
        row = self.find(intent.run)
        if row is not None and row.operation == intent.operation:
            self._unlink(part)
            told = {"before_bytes": row.live_bytes, "after_bytes": row.size_bytes, "digest": row.digest}
            return Done(run=intent.run, outcome="done", where=self._where(path), **told)
        try:
            shown = os.path.samefile(part, path)  # and not another's
        except FileNotFoundError:
            shown = False
        except OSError as error:
            raise disk.storage_error(error, path, "looking for an archive") from error
        if shown:
            self._unlink(path)
        self._unlink(part)
        return None

    # --- back from it

    def unpack(self, intent: Intent, check: Check) -> Done:
        """Corrupt if the archive is damaged; Conflict, StorageError."""
        run, path = intent.run, self._layout.archived(intent.run)
        row = self.find(run)
        if row is None:
            raise Conflict("it is not in the archive any more", where=run)
        self._refuse_links(path)
        with Flz.open(path, run) as archive:
            archive.verify()

            def move(connection: Connection) -> None:
                check(connection)
                put_back(connection, run, archive)
                connection.execute(_FORGET, {"of": run})
                self._projector.resize(connection, run, row.live_bytes, archived=False)

            self._writes(move)
        found = self.settle_unpack(intent)
        assert found is not None
        return found

    def settle_unpack(self, intent: Intent) -> Done | None:
        """What was done; None if it was not."""
        run = intent.run
        if self.find(run) is not None:
            return None
        with self._database.read() as connection:
            size = connection.scalar(_SIZE, {"of": run})
            if connection.execute(_ANY_EVENT, {"of": run}).first() is None:
                return None  # it is not there at all
        self._unlink(self._layout.archived(run))
        return Done(run=run, outcome="done", before_bytes=intent.size_bytes, after_bytes=size or 0)

    # --- what is there

    def find(self, run: str) -> Row[Any] | None:
        """The row of a run in `archives`; None if it does not lie there."""
        with self._database.read() as connection:
            return connection.execute(_ROW, {"of": run}).first()

    def remove(self, run: str) -> None:
        """Takes the archive of a run away, if it has one, for good. StorageError."""
        if self.find(run) is not None:
            self._unlink(self._layout.archived(run))

    def verify(self, run: str) -> Finding | None:
        """See the protocol `Shelf`."""
        row = self.find(run)
        if row is None:
            raise NotFound(f"run {run[:60]!r} is not in the archive", advice="`flightlog ls archived`")
        path = self._layout.archived(run)
        try:
            must_be_sound(path, run, row.digest)
        except (Corrupt, NotFound, NotSupported) as error:
            return damaged(path, run, error)
        return None

    def _notes(self, run: str) -> list[bytes]:
        with self._database.read() as connection:
            return [bytes(line) for line in connection.scalars(_NOTES, {"of": run})]

    def _part(self, intent: Intent) -> Path:
        return self._layout.archived(intent.run).parent / part_name(intent)

    def _make_folder(self, path: Path) -> None:
        """Where an archive is to lie; the folders are on the disk when this returns. StorageError."""
        self._refuse_links(path)
        new = [folder for folder in path.parents if not folder.exists()]
        try:
            disk.make_folder(path.parent)
            for folder in new:
                disk.sync_folder(folder.parent)
        except OSError as error:
            raise disk.storage_error(error, path.parent, "making a folder for archives") from error

    def _unlink(self, path: Path) -> None:
        self._refuse_links(path)
        try:
            path.unlink(missing_ok=True)
            disk.sync_folder(path.parent)
        except FileNotFoundError:
            return  # there is no folder
        except OSError as error:
            raise disk.storage_error(error, path, "removing an archive") from error

    def _refuse_links(self, path: Path) -> None:
        """StorageError where a symlink lies in the place of a folder; one that somebody has configured may be one."""
        try:
            disk.refuse_symlink(path.parent)
            if self._layout.archive_at is None:
                disk.refuse_symlink(self._layout.archive)
        except OSError as error:
            raise disk.storage_error(error, path.parent, "looking for archives") from error

    def _where(self, path: Path) -> str:
        """From the data directory, if it lies there."""
        root = self._layout.root
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _shown(part: Path, path: Path, packed: Written) -> tuple[str, int]:
    """Digest and size of the archive at its place: what was written, or one that was there and holds the same."""
    try:
        os.link(part, path)
        disk.sync_folder(path.parent)
    except FileExistsError as error:
        with suppress(Corrupt, NotSupported), Flz.open(path, packed.manifest.run) as there:
            there.verify()
            if there.manifest.files == packed.manifest.files:
                return there.digest, there.size
        advice = "look at what it holds, and take it away if it is of no use"
        raise Conflict("there is another archive of this run", where=path, advice=advice) from error
    except OSError as error:
        raise disk.storage_error(error, path, "showing an archive") from error
    return packed.sha256, packed.size


_archive, _runs = tables.archives.c, tables.runs.c
_ROW = select(tables.archives).where(_archive.run == bindparam("of"))
_FORGET = delete(tables.archives).where(_archive.run == bindparam("of"))
_TAKE_OUT = [delete(table).where(table.c.run == bindparam("of")) for table in (tables.events, tables.values)]
_SIZE = select(func.coalesce(_runs.size_bytes, 0)).where(_runs.id == bindparam("of"))
_ANY_EVENT = select(tables.events.c.seq).where(tables.events.c.run == bindparam("of")).limit(1)
_NOTES = (
    select(tables.annotations.c.line)
    .where(tables.annotations.c.run == bindparam("of"))
    .order_by(tables.annotations.c.id)
)
