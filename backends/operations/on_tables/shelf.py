"""Where the runs of a database lie: its tables, its trash, and the spool of this machine."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, select

from ....core.clock import now
from ....core.copies import Original
from ....core.errors import Conflict, Full, NotFound
from ....core.ids import is_ulid
from ....core.operations import Compacted, Done, Kind, Trashed
from ....core.pages import Page
from ....core.progress import gone
from ....core.runs import Run
from ....core.upkeep import Finding
from ...journal import disk, lock
from ...journal.layout import Layout
from ...sql import log_words, run_queries, tables, trash
from ...sql.bodies import Bodies
from ...sql.claims import claim
from ...sql.database import Database
from ...sql.projector import Projector
from ..folders import must_be_open
from ..record import Act, Intent
from ..shelf import IN_ARCHIVE, Seen
from .archive import TableArchive
from .housekeeping import Housekeeping, Writes

if TYPE_CHECKING:
    from ...spool.shipping import Shipping

_CHILDREN = 3
_LINES = 1000
_AT_ONCE = 500  # keys in one query


class TableShelf:
    """The runs of one database; see the protocol `Shelf`."""

    def __init__(
        self,
        database: Database,
        projector: Projector,
        bodies: Bodies,
        layout: Layout,
        shipping: "Shipping",
        keeping: Housekeeping,
        writes: Writes,
        held_elsewhere: Callable[[str], str],
    ) -> None:
        self._database, self._projector, self._bodies, self._layout = database, projector, bodies, layout
        self._shipping, self._keeping, self._held_elsewhere = shipping, keeping, held_elsewhere
        self._writes, self._archive = writes, TableArchive(database, projector, layout, writes)

    def refresh(self) -> None:
        """What waits in the spool is shipped."""
        self._shipping.ship_all()

    def families(self, runs: Collection[str]) -> dict[str, str]:
        """A few queries by key."""
        found, keys = dict[str, str](), sorted(runs)
        for begin in range(0, len(keys), _AT_ONCE):
            with self._database.read() as connection:
                rows = connection.execute(_PARENTS, {"of": keys[begin : begin + _AT_ONCE]}).all()
            found.update((row.id, row.parent) for row in rows if row.parent in runs)
        return found

    # --- one run

    @contextmanager
    def holding(self, intent: Intent) -> Iterator[Seen]:
        """Its journal, if it is still in this machine's spool, under its lock, and shipped; the rest is claimed by
        each transaction, which looks once more.
        """
        run = intent.run
        if not is_ulid(run):
            yield Seen(None)
            return
        path = self._layout.journal(run)
        # Before its lock is taken: who ships looks whether somebody holds it.
        self._shipping.ship([run])
        try:
            fd = disk.open_append(path)
        except FileNotFoundError:
            yield self._seen(intent, self._held_elsewhere(run))
            return
        except OSError as error:
            raise disk.storage_error(error, path, "looking whether a run is being written") from error
        try:
            if lock.take(fd) and self._shipping.is_shipped(run):
                yield self._seen(intent, "")
            else:
                yield Seen(None, busy="somebody records into it")
        finally:
            lock.close(fd)

    def _seen(self, intent: Intent, host: str) -> Seen:
        if host:
            return Seen(None, busy=f"somebody records into it on {host}")
        if intent.act in IN_ARCHIVE:
            must_be_open(self._layout.archived(intent.run))
        with self._database.read() as connection:
            return self._look(connection, intent)

    def _look(self, connection: Connection, intent: Intent) -> Seen:
        run: Run | None = None
        with suppress(NotFound):
            run = run_queries.get(connection, intent.run)
        if intent.act in ("purge", "untrash"):
            there, _ = trash.standing(connection, intent.run)
            if there is None or there.entry.operation != intent.of:
                return Seen(run)
            entry = there.entry
            digest = there.digest if intent.act == "purge" else ""
            return Seen(run, trashed=True, workflow=entry.workflow, size_bytes=entry.size_bytes, digest=digest)
        if run is None:
            return Seen(None, trashed=intent.act == "copy" and trash.standing(connection, intent.run)[0] is not None)
        children = tuple(connection.scalars(_CHILDREN_OF, {"of": intent.run}))
        packed = self._archive.find(run.id) if intent.act == "restore" else None
        plain, size = packed.live_bytes if packed else 0, run.size_bytes or 0
        return Seen(run, children=children, workflow=run.workflow, size_bytes=size, plain_bytes=plain)

    def do(self, intent: Intent, seen: Seen) -> Done:
        """One transaction, but for a purge, which deletes a little in each."""
        if intent.act == "archive":
            assert seen.run is not None
            return self._archive.pack(intent, seen.run, lambda connection: self._check(connection, intent, seen))
        if intent.act == "restore":
            return self._archive.unpack(intent, lambda connection: self._check(connection, intent, seen))
        if intent.act == "trash":
            return self._trash(intent, seen)
        if intent.act == "untrash":
            return self._untrash(intent)
        if intent.act == "uncopy":
            return self._archive.drop(intent, lambda connection: self._check(connection, intent, seen))
        assert intent.act == "purge"
        return self._purge(intent)

    def copy(self, intent: Intent, original: Original) -> Done:
        """One transaction makes it known; who looks at it before finds nothing."""
        try:
            return self._archive.copy(intent, original, lambda connection: self._check(connection, intent, Seen(None)))
        except OSError as error:
            raise disk.storage_error(error, self._layout.archive, "copying a run") from error

    def _check(self, connection: Connection, intent: Intent, seen: Seen) -> None:
        claim(connection, [intent.run])
        if self._look(connection, intent) != seen:
            raise Conflict("it has changed at this moment", where=intent.run, advice="look at it again")

    def _trash(self, intent: Intent, seen: Seen) -> Done:
        run = seen.run
        assert run is not None
        archived = self._archive.find(run.id)
        digest = archived.digest if archived else self._digest(run.id)
        entry = _entry(run, intent)

        def put(connection: Connection) -> None:
            self._check(connection, intent, seen)
            trash.put(connection, self._projector, entry, digest)

        self._writes(put)
        return self._thrown(entry, digest)

    def _thrown(self, entry: Trashed, digest: str) -> Done:
        size = entry.size_bytes
        return Done(run=entry.run, outcome="done", before_bytes=size, after_bytes=size, where="trash", digest=digest)

    def _digest(self, run: str) -> str:
        """Of its events, in their order, each with a newline: of its journal, as far as it could be read."""
        found, after = hashlib.sha256(), 0
        while lines := self._bodies.lines(run, after=after, limit=_LINES):
            for _, line in lines:
                found.update(line + b"\n")
                gone(len(line) + 1)
            after = lines[-1][0]
        return found.hexdigest()

    def _untrash(self, intent: Intent) -> Done:
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

    def _lines(self, run: str) -> Iterator[tuple[int, bytes]]:
        after = 0
        while lines := self._bodies.lines(run, after=after, limit=_LINES):
            yield from lines
            after = lines[-1][0]

    def _purge(self, intent: Intent) -> Done:
        def begin(connection: Connection) -> bool:
            claim(connection, [intent.run])
            return trash.begin_removing(connection, intent.run)

        if not self._writes(begin):
            raise Conflict("it is not in the trash any more", where=intent.run)
        self._remove(intent.run)
        return _gone(intent)

    def _remove(self, run: str) -> None:
        """What is left of a run that is being removed: in the spool, and in the tables."""
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
        """All but a purge is one transaction: it is done, or nothing of it is. A purge that began goes to its end."""
        in_archive: dict[Act, Callable[[Intent], Done | None]] = {
            "archive": self._archive.settle_pack,
            "restore": self._archive.settle_unpack,
            "copy": self._archive.settle_copy,
            "uncopy": self._archive.settle_drop,
        }
        return in_archive[intent.act](intent) if intent.act in in_archive else self._settle_in_trash(intent)

    def _settle_in_trash(self, intent: Intent) -> Done | None:
        with self._database.read() as connection:
            there, removing = trash.standing(connection, intent.run)
            run = None
            with suppress(NotFound):
                run = run_queries.get(connection, intent.run)
        if intent.act == "trash" and there and there.entry.operation == intent.operation and not removing:
            return self._thrown(there.entry, there.digest)
        if intent.act == "untrash" and there is None and run is not None:
            return self._there(intent.run)
        if intent.act == "purge" and (removing or (there is None and run is None)):
            if removing:
                self._remove(intent.run)
            return _gone(intent)
        return None

    # --- the whole

    def tidy(self, operation: str, kind: Kind, runs: Sequence[str]) -> None:
        """After a purge the words of logs and the pages that held them are wiped."""
        if kind == "purge" and runs:
            self._writes(log_words.scrub)
            self._keeping.wipe()
        self._keeping.over()

    def compact(self, *, preview: bool) -> Compacted:
        """See the protocol."""
        return self._keeping.compact(preview=preview)

    def trashed(self, limit: int, after: str | None) -> Page[Trashed]:
        """See the protocol."""
        with self._database.read() as connection:
            return trash.page(connection, limit, after)

    def verify(self, run: str) -> Finding | None:
        """See the protocol."""
        return self._archive.verify(run)


def _gone(intent: Intent) -> Done:
    return Done(run=intent.run, outcome="done", before_bytes=intent.size_bytes, digest=intent.digest)


def _entry(run: Run, intent: Intent) -> Trashed:
    return Trashed(
        run=run.id,
        workflow=run.workflow,
        version=run.version,
        name=run.name,
        status=run.status,
        started=run.started,
        finished=run.finished,
        size_bytes=run.size_bytes or 0,
        archived=run.archived,
        operation=intent.operation,
        at=now(),
        by=intent.by,
        rule=intent.rule,
        session=run.session,
        project=run.project,
    )


_runs = tables.runs.c
_PARENTS = select(_runs.id, _runs.parent).where(
    _runs.id.in_(bindparam("of", expanding=True)), _runs.parent.is_not(None)
)
_CHILDREN_OF = select(_runs.id).where(_runs.parent == bindparam("of")).order_by(_runs.id).limit(_CHILDREN)
