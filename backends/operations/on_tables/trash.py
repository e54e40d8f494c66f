"""The trash of a database's runs: out of sight in one transaction, and back in one; for good a little in each."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from sqlalchemy import Connection

from ....core.errors import Conflict, Full, NotFound
from ....core.operations import Done, Trashed
from ....core.pages import Page
from ....core.progress import gone
from ....core.runs import Run
from ...journal import disk
from ...sql import run_queries, trash
from ...sql.bodies import Excerpt, portions
from ...sql.claims import claim
from ..record import Intent
from ..shelf import Seen, trashed
from .archive import Check, TableArchive
from .housekeeping import Writes
from .workplace import Workplace

_LINES = 1000


class TableTrash:
    """The trash of one database's runs. For one thread, under the lock of operations and that of the run."""

    def __init__(self, place: Workplace, writes: Writes, archive: TableArchive) -> None:
        self._database, self._projector, self._bodies = place.database, place.projector, place.bodies
        self._layout, self._writes, self._archive = place.layout, writes, archive

    def put(self, intent: Intent, run: Run, check: Check) -> Done:
        """Conflict if it has changed since it was looked at."""
        archived = self._archive.find(run.id)
        digest = archived.digest if archived else self._digest(run.id)
        entry = trashed(run, intent)

        def put(connection: Connection) -> None:
            check(connection)
            trash.put(connection, self._projector, entry, digest)

        self._writes(put)
        return _thrown(entry, digest)

    def _digest(self, run: str) -> str:
        """Of its events, in their order, each with a newline: of its journal, as far as it could be read."""
        found = hashlib.sha256()
        for _, line in self._lines(run):
            found.update(line + b"\n")
            gone(len(line) + 1)
        return found.hexdigest()

    def _lines(self, run: str) -> Iterator[tuple[int, bytes]]:
        for lines in portions(self._bodies, run, Excerpt(limit=_LINES)):
            yield from lines

    def bring(self, intent: Intent) -> Done:
        """Conflict if it is not there any more."""

        def back(connection: Connection) -> bool:
            claim(connection, [intent.run])
            return trash.bring_back(connection, self._projector, intent.run, self._lines)

        if not self._writes(back):
            raise Conflict("it is not in the trash any more", where=intent.run)
        return self._there(intent.run)

    def _there(self, run: str) -> Done:
        with self._database.read() as connection:
            size = run_queries.get(connection, run).size_bytes or 0
        return Done(run=run, outcome="done", before_bytes=size, after_bytes=size)

    def purge(self, intent: Intent) -> Done:
        """Conflict if it is not there any more. What has begun can only go on, see `settle`."""

        def begin(connection: Connection) -> bool:
            claim(connection, [intent.run])
            return trash.begin_removing(connection, intent.run)

        if not self._writes(begin):
            raise Conflict("it is not in the trash any more", where=intent.run)
        self._remove(intent.run)
        return _gone(intent)

    def _remove(self, run: str) -> None:
        """What is left of a run that is being removed: in the spool, in the archive, and in the tables."""
        self._unlink(run)
        self._archive.remove(run)
        room, more = trash.PURGED_BYTES, True
        while more:
            try:
                more = self._writes(partial(trash.remove_some, run=run, room=room))
                gone(room if more else 0)
            except Full:
                room //= 4
                if room < trash.LEAST_PURGED_BYTES:
                    raise

    def _unlink(self, run: str) -> None:
        journal = self._layout.journal(run)
        beside = (self._layout.states(run), self._layout.torn(run), journal.with_name(journal.name + ".damaged"))
        for path in (*beside, journal):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise disk.storage_error(error, path, "removing a run from the spool") from error

    def settle(self, intent: Intent) -> Done | None:
        """What was done; None if it was not. A purge that has begun goes to its end."""
        with self._database.read() as connection:
            there, removing = trash.standing(connection, intent.run)
            run = None
            with suppress(NotFound):  # then it is not live
                run = run_queries.get(connection, intent.run)
        if intent.act == "trash" and there and there.entry.operation == intent.operation and not removing:
            return _thrown(there.entry, there.digest)
        if intent.act == "untrash" and there is None and run is not None:
            return self._there(intent.run)
        if intent.act == "purge" and (removing or (there is None and run is None)):
            if removing:
                self._remove(intent.run)
            return _gone(intent)
        return None

    def page(self, limit: int, after: str | None) -> Page[Trashed]:
        """See `UpkeepRepository.trashed`."""
        with self._database.read() as connection:
            return trash.page(connection, limit, after)


def seen_in(connection: Connection, intent: Intent, run: Run | None) -> Seen:
    """How a run stands in the trash that the intent names; `run` is one of its id that is not there."""
    there, _ = trash.standing(connection, intent.run)
    if there is None or there.entry.operation != intent.of:
        return Seen(run)
    entry, digest = there.entry, there.digest if intent.act == "purge" else ""
    return Seen(run, trashed=True, workflow=entry.workflow, size_bytes=entry.size_bytes, digest=digest)


def lies_anywhere(connection: Connection, run: str) -> bool:
    """Whether a run is there, whatever operation put it there."""
    return trash.standing(connection, run)[0] is not None


def _thrown(entry: Trashed, digest: str) -> Done:
    size = entry.size_bytes
    return Done(run=entry.run, outcome="done", before_bytes=size, after_bytes=size, where="trash", digest=digest)


def _gone(intent: Intent) -> Done:
    return Done(run=intent.run, outcome="done", before_bytes=intent.size_bytes, digest=intent.digest)
