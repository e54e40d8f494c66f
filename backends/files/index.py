"""The files backend's index, kept in step with the journals: the scan is the truth, and costs what is new.

A look at an unchanged directory costs a `stat` of the root, of `runs/`, of each day's folder, of the archive and
each month in it, of each unfinished journal and of the annotations: a finished run is never rewritten in place, and
what adds, replaces or removes a file changes its folder's time.
"""

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from ...core import clock, ids
from ...core.progress import Progress, go_on
from ..data_directory import Root
from ..ingest.annotation_ingest import AnnotationIngest, Seen
from ..ingest.catch_up import CatchUp, OpenJournal
from ..ingest.finding import Journal
from ..ingest.ingest import Ingest
from ..ingest.taking_new import take_new
from ..journal.disk import storage_error
from ..journal.layout import Layout
from ..sql import late_indexes, tables
from ..sql.database import Database
from ..sql.projector import Projector
from ..sqlite.heeding import heeding
from .archive_folders import ArchiveFolders
from .listing import UNSETTLED, Listing
from .listing import Seen as SeenFolder
from .run_folders import RUNS, RunFolders

log = logging.getLogger("flightlog")

_FORGET_AT_ONCE = 500
_FEW = 50  # journals of which it tells more how many bytes are read than how many of them
_BULK = 5000  # so many new journals, and more than are known: indexes are quicker made of them than kept meanwhile


class Index:
    """Brings the index of one data directory up to date. Used by one thread at a time (see `refresh`)."""

    def __init__(
        self,
        layout: Layout,
        root: Root,
        database: Database,
        projector: Projector,
        progress: Progress,
        *,
        begun: Callable[[], None] = lambda: None,
        clears: bool = False,
    ) -> None:
        """`begun` is called when a part was read of each journal that has something new; `clears`: what killed
        programs left half-written is taken away where it is met.
        """
        self._layout, self._root, self._database = layout, root, database
        self._projector = projector
        self._ingest = Ingest(projector, keep=False)
        copied = layout.bookmark.exists()
        self._catch_up = CatchUp(database, self._ingest, layout.root, copied=copied)
        self._runs = RunFolders(layout, database, clears=clears)
        self._archive = ArchiveFolders(layout, database)
        self._annotations = AnnotationIngest(layout.annotations, database, self._ingest, projector)
        self._unfinished: list[OpenJournal] = []
        self._progress, self._begun = progress, begun
        self.problem = ""
        """Which folder may not be looked into at the moment; empty if all may."""
        self._rest_alone = False  # whether only the rest of long journals is being read
        self._is_whole = False  # it may be that a load was interrupted before there were indexes

    def folders(self) -> list[Path]:
        """The folders in which something may happen soon: what a watch should watch."""
        days = {clock.now()[:10]}
        days |= {ids.day_of(journal.run) for journal in self._unfinished}
        return [self._layout.root, self._layout.runs, *(self._layout.runs / day for day in sorted(days))]

    def look(self) -> None:
        """Takes in everything that was recorded before the call. StorageError if `runs/` cannot be listed."""
        try:
            self._catch_up_with_all()
        except OSError as error:
            raise storage_error(error, self._layout.runs, "looking for runs") from error

    def _catch_up_with_all(self) -> None:
        # Looked at first: an annotation that is there now is about a run that will be found.
        annotations = self._annotations.look()
        with self._database.read():  # what is asked in it shares one connection
            unfinished = self._catch_up.unfinished()
            listing = self._list(unfinished)
        self._note_closed(listing.closed)
        if listing.gone:
            self._root.check()  # what cannot be seen because the whole directory is gone is not forgotten
            self._forget(listing.gone)
        complete = self._take(listing.news, annotations)
        self._annotations.take(annotations)
        # A folder counts as read when all of it was: whatever happens before that, it is listed again.
        self._remember(listing, complete)
        if listing.gone or listing.news.keys() - {journal.run for journal in unfinished}:
            unfinished = self._catch_up.unfinished()
        self._unfinished = unfinished  # or some have ended: until the next look their folders are watched on
        self._catch_up.mark_lost(self._catch_up.unfinished)

    def _note_closed(self, folders: list[str]) -> None:
        problem = ""
        if folders:
            more = f" (and {len(folders) - 1} more)" if len(folders) > 1 else ""
            problem = f"{folders[0]}/{more} may not be read: only what is known already of its runs is shown"
            if problem != self.problem:
                log.warning("%s; check its owner and mode", problem)
        self.problem = problem

    def _take(self, news: dict[str, Journal], annotations: Seen) -> bool:
        if len(news) >= _BULK:
            with self._database.write() as connection:
                if (connection.scalar(_KNOWN) or 0) < len(news):
                    late_indexes.drop(connection)
        few = len(news) <= _FEW and not self._is_whole
        self._rest_alone = False
        ahead = self._ahead(news) if few else len(news)  # one of them may be of gigabytes
        self._progress.begin(ahead, "bytes" if few else "")
        try:
            again, reach = self._annotations.again, self._reached
            rest = list(news.values())
            if len(news) >= _BULK:
                rest = take_new(self._database, self._projector, rest, again, reach)
            before = len(news) - len(rest)
            complete = self._catch_up.take(
                rest,
                again,
                lambda done, size: reach(min(size, ahead) if few else before + done),
                partial(self._all_begun, annotations, has_indexes=len(news) < _BULK),
            )
            if len(news) >= _BULK or not self._is_whole:
                self._make_indexes()
        finally:
            self._progress.end()
        return complete

    def _all_begun(self, annotations: Seen, *, has_indexes: bool) -> None:
        """Something can be told of all there is, if it can be found, and what comes to it is noticed from now on."""
        self._annotations.take(annotations)
        self._unfinished = self._catch_up.unfinished()
        self._rest_alone = True
        if has_indexes:
            self._begun()

    def _reached(self, done: int) -> None:
        """After a transaction. Stopped, if who waits asked for that, or closes the store; the next look goes on."""
        if self._rest_alone:
            self._annotations.follow()  # who looks at a run while it is read may pin it
        self._progress.reach(done)
        self._progress.go_on()
        go_on()

    def _ahead(self, news: dict[str, Journal]) -> int:
        """About how many bytes are to be read of these."""
        with self._database.read() as connection:
            read: int = sum(connection.scalars(_READ, {"of": list(news)}))
        return max(sum(map(_size, news.values())) - read, 0)

    def _make_indexes(self) -> None:
        """Makes what a bulk load dropped, this one or one that was interrupted. Stopped between two, and in one."""
        with self._database.read() as connection:
            missing = late_indexes.are_missing(connection)
        for statements in late_indexes.making() if missing else ():
            self._progress.go_on()
            go_on()
            with self._database.write() as connection, heeding(_driver(connection), self._progress):
                for statement in statements:
                    connection.execute(statement)
        self._is_whole = True

    def _list(self, unfinished: list[OpenJournal]) -> Listing:
        with self._database.read() as connection:
            rows = connection.execute(select(tables.folders)).all()
        known = {row.path: SeenFolder(row.mtime_ns, row.others) for row in rows}
        listing = Listing({}, [], {}, [], [])
        self._runs.list(known, listing)
        self._runs.look_at(unfinished, listing)
        self._archive.list(known, listing)
        return listing._replace(gone=[run for run in listing.gone if not self._moved(run, listing)])

    def _moved(self, run: str, listing: Listing) -> bool:
        """Whether a run that left its place is in the other one by now: archived, or restored."""
        if run in listing.news:
            return True
        for journal in (self._runs.journal(run), self._archive.journal(run)):
            if os.path.lexists(journal.path):
                listing.news[run] = journal
                return True
        return False

    def again(self, run: str) -> None:
        """Forgets what is known of a run, so that the next look reads it from its beginning. Any thread may call."""
        places = (ids.day_of(run), self._archive.month_of(run))
        with self._database.write() as connection:
            self._ingest.forget(connection, run)
            folders = update(tables.folders).where(tables.folders.c.path.in_(places))
            connection.execute(folders.values(mtime_ns=UNSETTLED))

    def _forget(self, runs: list[str]) -> None:
        for begin in range(0, len(runs), _FORGET_AT_ONCE):
            with self._database.write() as connection:
                for run in runs[begin : begin + _FORGET_AT_ONCE]:
                    self._ingest.forget(connection, run)

    def _remember(self, listing: Listing, complete: bool) -> None:
        folders = listing.folders if complete else {}
        if not folders and not listing.damage:
            return
        with self._database.write() as connection:
            for path, seen in folders.items():
                connection.execute(delete(tables.folders).where(tables.folders.c.path == path))
                if seen is not None:
                    connection.execute(insert(tables.folders), {"path": path, **seen._asdict()})
            self._ingest.readable(connection, [*folders, *(f"{RUNS}/{path}" for path in folders)])
            for damage in listing.damage:
                self._ingest.name(connection, damage)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _size(journal: Journal) -> int:
    try:
        return os.stat(journal.path, follow_symlinks=False).st_size
    except OSError:
        return 0  # who reads it says why


_KNOWN = select(func.count()).select_from(tables.journals)
_READ = select(tables.journals.c.offset).where(tables.journals.c.run.in_(bindparam("of", expanding=True)))
