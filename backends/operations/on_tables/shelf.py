"""Where the runs of a database lie: its tables, its trash, and the spool of this machine."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

from sqlalchemy import Connection, bindparam, select

from ....core.copies import Original
from ....core.errors import Conflict, Full, NotFound
from ....core.ids import is_ulid
from ....core.operations import Compacted, Done, Kind, Trashed
from ....core.pages import Page
from ....core.runs import Run
from ....core.upkeep import Finding
from ...journal import disk, lock
from ...sql import log_words, run_queries, tables
from ...sql.claims import claim
from ..families import families
from ..folders import must_be_open
from ..record import Act, Intent
from ..shelf import CHILDREN, IN_ARCHIVE, Seen
from .archive import TableArchive
from .housekeeping import Writes
from .trash import TableTrash, lies_anywhere, seen_in
from .workplace import Workplace


class TableShelf:
    """The runs of one database; see the protocol `Shelf`."""

    def __init__(self, place: Workplace, writes: Writes) -> None:
        self._database, self._layout, self._writes = place.database, place.layout, writes
        self._shipping, self._keeping, self._held_elsewhere = place.shipping, place.keeping, place.held_elsewhere
        self._archive = TableArchive(place, writes)
        self._trash = TableTrash(place, writes, self._archive)

    def refresh(self) -> None:
        """What waits in the spool is shipped; on a full disk what can be removed is what was shipped before."""
        with suppress(Full):
            self._shipping.ship_all()

    def families(self, runs: Collection[str]) -> dict[str, str]:
        """See the protocol."""
        return families(self._database, runs)

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
        with suppress(NotFound):  # it may lie in the trash, or be gone
            run = run_queries.get(connection, intent.run)
        if intent.act in ("purge", "untrash"):
            return seen_in(connection, intent, run)
        if run is None:
            return Seen(None, trashed=intent.act == "copy" and lies_anywhere(connection, intent.run))
        children = tuple(connection.scalars(_CHILDREN_OF, {"of": intent.run}))
        packed = self._archive.find(run.id) if intent.act == "restore" else None
        plain, size = packed.live_bytes if packed else 0, run.size_bytes or 0
        return Seen(run, children=children, workflow=run.workflow, size_bytes=size, plain_bytes=plain)

    def do(self, intent: Intent, seen: Seen) -> Done:
        """One transaction, but for a purge, which deletes a little in each."""
        check, run = partial(self._check, intent=intent, seen=seen), seen.run or Run(id=intent.run, workflow="")
        ways: dict[Act, Callable[[], Done]] = {
            "archive": lambda: self._archive.pack(intent, run, check),
            "restore": lambda: self._archive.unpack(intent, check),
            "uncopy": lambda: self._archive.drop(intent, check),
            "trash": lambda: self._trash.put(intent, run, check),
            "untrash": lambda: self._trash.bring(intent),
            "purge": lambda: self._trash.purge(intent),
        }
        return ways[intent.act]()

    def copy(self, intent: Intent, original: Original) -> Done:
        """One transaction makes it known; who looks at it before finds nothing."""
        try:
            return self._archive.copy(intent, original, partial(self._check, intent=intent, seen=Seen(None)))
        except OSError as error:
            raise disk.storage_error(error, self._layout.archive, "copying a run") from error

    def _check(self, connection: Connection, intent: Intent, seen: Seen) -> None:
        claim(connection, [intent.run])
        if self._look(connection, intent) != seen:
            raise Conflict("it has changed at this moment", where=intent.run, advice="look at it again")

    def settle(self, intent: Intent) -> Done | None:
        """All but a purge is one transaction: it is done, or nothing of it is. A purge that began goes to its end."""
        in_archive: dict[Act, Callable[[Intent], Done | None]] = {
            "archive": self._archive.settle_pack,
            "restore": self._archive.settle_unpack,
            "copy": self._archive.settle_copy,
            "uncopy": self._archive.settle_drop,
        }
        return in_archive.get(intent.act, self._trash.settle)(intent)

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
        return self._trash.page(limit, after)

    def verify(self, run: str) -> Finding | None:
        """See the protocol."""
        return self._archive.verify(run)


_runs = tables.runs.c
_CHILDREN_OF = select(_runs.id).where(_runs.parent == bindparam("of")).order_by(_runs.id).limit(CHILDREN)
