"""The archive of a data directory, listed as day folders are: a folder a month, and only those that changed."""

import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select

from ...core import ids
from ...core.runs import Damage
from ..ingest.finding import Journal
from ..ingest.unread import of_folder
from ..journal.layout import ARCHIVE_SUFFIX, Layout
from ..sql import tables
from ..sql.database import Database
from .listing import Listing, Seen, bytes_in

_LIVE = "runs/"


File = tuple[int, int, int]
"""Inode, size and time of an archive: one that is replaced may get the inode of the old one."""


class _Known(NamedTuple):
    """A run that the index knows."""

    live: bool
    file: File


class ArchiveFolders:
    """Finds the archived runs of one data directory. Used by one thread at a time."""

    def __init__(self, layout: Layout, database: Database) -> None:
        self._layout, self._database = layout, database
        self._name = layout.archive.relative_to(layout.root).as_posix()

    def month_of(self, run: str) -> str:
        """The folder of a run's archive, as it stands among the folders that were listed."""
        return f"{self._name}/{ids.day_of(run)[:7]}"

    def journal(self, run: str) -> Journal:
        """Where an archived run's journal is."""
        path = self._layout.archived(run)
        return Journal(run, path, "", f"{self.month_of(run)}/{path.name}", archived=True)

    def list(self, known: Mapping[str, Seen], listing: Listing) -> None:
        """Adds what changed in the archive to what was found among the live runs, which count where both are.

        Costs a `stat` of the archive and of each month, and the entries of those that changed. OSError.
        """
        months = self._months(known, listing)
        if months is None:
            return
        for month in months:
            self._list_month(month, known.get(f"{self._name}/{month}"), listing)
        for path in known:
            month = path.removeprefix(f"{self._name}/")
            if month != path and month not in months:
                listing.gone.extend(run for run, known_as in self._known_runs(month).items() if not known_as.live)
                listing.folders[path] = None

    def _months(self, known: Mapping[str, Seen], listing: Listing) -> set[str] | None:
        """The months that are there; None if nobody may look."""
        before = known.get(self._name)
        try:
            changed = os.stat(self._layout.archive).st_mtime_ns
        except FileNotFoundError:
            if before:
                listing.folders[self._name] = None
            return set()
        if not listing.may_read(self._layout.archive, self._name):
            return None
        if before and before.mtime_ns == changed:
            return {path.removeprefix(f"{self._name}/") for path in known if path.startswith(f"{self._name}/")}
        with os.scandir(self._layout.archive) as entries:
            found = {entry.name: _is_month(entry.name) and entry.is_dir(follow_symlinks=False) for entry in entries}
        others = bytes_in(self._layout.archive, [name for name, is_month in found.items() if not is_month])
        listing.note(self._name, Seen(changed, others), before)
        return {name for name, is_month in found.items() if is_month}

    def _list_month(self, month: str, known: Seen | None, listing: Listing) -> None:
        folder, where = self._layout.archive / month, f"{self._name}/{month}"
        try:
            there = os.stat(folder, follow_symlinks=False)
            if (known and there.st_mtime_ns == known.mtime_ns) or not stat.S_ISDIR(there.st_mode):
                return
            if not listing.may_read(folder, where):
                return
            with os.scandir(folder) as entries:
                names = {entry.name: _file(entry.stat(follow_symlinks=False)) for entry in entries}
        except FileNotFoundError:
            return  # just removed, which the time of the archive shows
        except OSError as error:
            listing.damage.append(Damage(where=where, what=of_folder(error)))
            return
        found, known_runs = self._runs_in(month, names, listing), self._known_runs(month)
        left = set(listing.gone)  # of their live places
        for run, file in found.items():
            before = known_runs.get(run)
            is_news = before is None or (run in left if before.live else before.file != file)
            if is_news and run not in listing.news:
                listing.news[run] = self.journal(run)
        listing.gone.extend(run for run, before in known_runs.items() if not before.live and run not in found)
        others = bytes_in(folder, [name for name in names if name.removesuffix(ARCHIVE_SUFFIX) not in found])
        listing.note(where, Seen(there.st_mtime_ns, others), known)

    def _runs_in(self, month: str, names: Mapping[str, File], listing: Listing) -> dict[str, File]:
        """By run; what ends like an archive and can be none of this month is named."""
        found = {}
        low, high = _bounds(month)
        for name in sorted(names):
            run = name.removesuffix(ARCHIVE_SUFFIX)
            if run == name:
                continue
            if ids.is_ulid(run) and low <= run < high:
                found[run] = names[name]
            else:
                # A file's name may be any bytes; what is no UTF-8 is written as `\xff`.
                shown = os.fsencode(name).decode("utf-8", "backslashreplace")
                what = "no archive of a run of this month: it is not read"
                listing.damage.append(Damage(where=f"{self._name}/{month}/{shown}", what=what))
        return found

    def _known_runs(self, month: str) -> dict[str, _Known]:
        """The runs of a month, wherever they are: neighbours in the table, for an id begins with its time."""
        low, high = _bounds(month)
        with self._database.read() as connection:
            rows = connection.execute(_OF_MONTH, {"low": low, "high": high})
            return {row.run: _Known(row.path.startswith(_LIVE), (row.inode, row.size, row.mtime_ns)) for row in rows}


def _file(stat: os.stat_result) -> File:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _is_month(name: str) -> bool:
    try:
        return len(name) == 7 and bool(datetime.strptime(name, "%Y-%m"))
    except ValueError:
        return False


def _bounds(month: str) -> tuple[str, str]:
    """The ids between which all runs of a month lie."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    low, high = (int(moment.timestamp() * 1000) for moment in (first, after))
    return ids.new_ulid(low)[:10], ids.new_ulid(high)[:10]


_journals = tables.journals.c
_OF_MONTH = select(_journals.run, _journals.path, _journals.inode, _journals.size, _journals.mtime_ns).where(
    _journals.run >= bindparam("low"), _journals.run < bindparam("high")
)
