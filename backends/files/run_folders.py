"""The live runs of a data directory, by the folders of their days: only those that changed are listed."""

import errno
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import bindparam, select

from ...core import ids
from ...core.runs import Damage
from ..ingest.catch_up import OpenJournal
from ..ingest.finding import Journal
from ..ingest.unread import of_folder
from ..journal.layout import JOURNAL_SUFFIX, STATES_SUFFIX, Layout, run_of
from ..journal.states_dropping import clear, is_left_over
from ..sql import tables
from ..sql.database import Database
from .listing import Listing, Seen, bytes_in

RUNS = "runs"
"""The folder of the days, as it stands among the folders that were listed."""


class RunFolders:
    """Finds the live runs of one data directory. Used by one thread at a time."""

    def __init__(self, layout: Layout, database: Database, *, clears: bool = False) -> None:
        """`clears`: what killed programs left half-written is taken away where it is met."""
        self._layout, self._database, self._clears = layout, database, clears
        self._at = os.fspath(layout.root)

    def journal(self, run: str) -> Journal:
        """Where a live run's journal is."""
        return self._journal(run, ids.day_of(run), has_states=True)

    def list(self, known: Mapping[str, Seen], listing: Listing) -> None:
        """Adds the runs that came and went since the folders were as they are `known`.

        Costs a `stat` of `runs/` and of each day, and the entries of those that changed. OSError.
        """
        days = self._days(known, listing)
        for day in days:
            self._list_day(day, known.get(day), listing)
        for day in {path for path in known if _is_day(path)} - days:
            listing.gone.extend(self._known_runs(day))
            listing.folders[day] = None

    def look_at(self, unfinished: Iterable[OpenJournal], listing: Listing) -> None:
        """Adds those of the journals that have grown. Costs a `stat` of each."""
        for journal in unfinished:
            try:
                if journal.differs(os.stat(f"{self._at}/{journal.path}", follow_symlinks=False)):
                    listing.news[journal.run] = self.journal(journal.run)
            except (FileNotFoundError, PermissionError):
                continue  # its folder tells

    def _days(self, known: Mapping[str, Seen], listing: Listing) -> set[str]:
        """The names of the day folders, which are listed only if one came or went. OSError, also if nobody may look."""
        try:
            changed = os.stat(self._layout.runs).st_mtime_ns
        except FileNotFoundError:
            listing.folders[RUNS] = None
            return set()
        if not listing.may_read(self._layout.runs, RUNS):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self._layout.runs))
        before = known.get(RUNS)
        if before and before.mtime_ns == changed:
            return {path for path in known if _is_day(path)}
        with os.scandir(self._layout.runs) as entries:
            found = {entry.name: _is_day(entry.name) and entry.is_dir(follow_symlinks=False) for entry in entries}
        others = [name for name, is_day in found.items() if not is_day]
        listing.note(RUNS, Seen(changed, bytes_in(self._layout.runs, others)), before)
        return {name for name, is_day in found.items() if is_day}

    def _list_day(self, day: str, known: Seen | None, listing: Listing) -> None:
        try:
            # As text, for a `Path` of each of the days of a year would cost more than all else of a look.
            changed = os.stat(f"{self._at}/{RUNS}/{day}", follow_symlinks=False).st_mtime_ns
            if known and changed == known.mtime_ns:
                return
            folder = self._layout.runs / day
            if not listing.may_read(folder, f"{RUNS}/{day}"):
                return
            with os.scandir(folder) as entries:
                names = {entry.name: entry.inode() for entry in entries}
            found = {run: inode for name, inode in names.items() if (run := run_of(name))}
        except FileNotFoundError:
            return  # just removed, which the time of `runs` shows
        except OSError as error:
            listing.damage.append(Damage(where=f"{RUNS}/{day}", what=of_folder(error)))
            return
        if self._clears:
            for name in filter(is_left_over, names):
                with suppress(OSError):  # then `flightlog doctor` names it
                    clear(folder / name)
        there = self._known_runs(day)
        listing.gone.extend(there.keys() - found.keys())
        low, high = _bounds(day)
        for run in sorted(found.keys() - there.keys() | {run for run in found if found[run] != there.get(run)}):
            if ids.is_ulid(run) and low <= run < high:
                listing.news[run] = self._journal(run, day, has_states=f"{run}{STATES_SUFFIX}" in names)
            else:
                # A file's name may be any bytes; what is no UTF-8 is written as `\xff`.
                name = os.fsencode(run).decode("utf-8", "backslashreplace")
                where = f"{RUNS}/{day}/{name}{JOURNAL_SUFFIX}"
                listing.damage.append(Damage(where=where, what="no journal of a run of this day: it is not read"))
                del found[run]
        others = [name for name in names if name.removesuffix(STATES_SUFFIX).removesuffix(JOURNAL_SUFFIX) not in found]
        listing.note(day, Seen(changed, bytes_in(folder, others)), known)

    def _journal(self, run: str, day: str, *, has_states: bool) -> Journal:
        # As `Layout` says it, but for a store of many runs a `Path` of each would cost what reading it does.
        name = f"{RUNS}/{day}/{run}"
        live, states = f"{name}{JOURNAL_SUFFIX}", f"{self._at}/{name}{STATES_SUFFIX}"
        return Journal(run, f"{self._at}/{live}", states, live, has_states=has_states)

    def _known_runs(self, day: str) -> dict[str, int]:
        """Inode by run, of the runs of a day: neighbours in the table, for an id begins with its time."""
        with self._database.read() as connection:
            low, high = _bounds(day)
            return {row.run: row.inode for row in connection.execute(_OF_DAY, {"low": low, "high": high})}


def _is_day(name: str) -> bool:
    try:
        return len(name) == 10 and bool(date.fromisoformat(name))
    except ValueError:
        return False


def _bounds(day: str) -> tuple[str, str]:
    """The ids between which all runs of a day lie."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    first, last = (int(moment.timestamp() * 1000) for moment in (midnight, midnight + timedelta(days=1)))
    return ids.new_ulid(first)[:10], ids.new_ulid(last)[:10]


_OF_DAY = select(tables.journals.c.run, tables.journals.c.inode).where(
    tables.journals.c.run >= bindparam("low"),
    tables.journals.c.run < bindparam("high"),
    tables.journals.c.path.startswith(f"{RUNS}/"),
)
