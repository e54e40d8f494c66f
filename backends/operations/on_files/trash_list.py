"""What lies in the trash of a data directory, for whoever looks: told by `<run>.json`, or else by the files."""

import logging
import os
import stat
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from ....core.clock import from_seconds
from ....core.errors import StorageError
from ....core.events import RunFinished, RunStarted
from ....core.ids import is_ulid, time_of
from ....core.operations import Trashed
from ....core.pages import Page, from_cursor, to_cursor
from ....core.runs import Run
from ...journal.layout import ARCHIVE_SUFFIX, JOURNAL_SUFFIX, run_of
from ...journal.reader import LongLine, Whole, decode_line, read_lines, read_lines_back
from .. import folders
from ..record import Intent
from ..reserve import is_full
from ..shelf import trashed
from .trash_places import TrashPlaces

log = logging.getLogger("flightlog")

_SETTLED_NS = 100_000_000
"""A folder that changed less long ago is listed again: two changes may bear the same time."""


class Info(Trashed, kw_only=True, frozen=True):
    """What `<run>.json` says: what is shown of a run in the trash, and from where it came."""

    came_from: str = ""


class _Listed(NamedTuple):
    """The runs in the folder of an operation, as it was at its time."""

    operation: str
    mtime_ns: int
    runs: list[str]


_NOTHING = _Listed("", 0, [])


class TrashList:
    """What lies in one trash. Thread-safe."""

    def __init__(self, places: TrashPlaces) -> None:
        self._places = places
        self._listed = _NOTHING

    def page(self, limit: int, after: str | None) -> Page[Trashed]:
        """Newest first. Costs the operations in the trash and what is returned; the names of an operation's runs are
        read once for all pages. OSError, StorageError.
        """
        place = tuple(from_cursor(after, str, str)) if after else None
        found: list[Trashed] = []
        last: tuple[str, str] | None = None
        for operation, run in self._all(place):
            if len(found) == max(limit, 1):
                assert last
                return Page(items=found, next=to_cursor(*last))
            told = self.told(operation, run)
            if told:
                found.append(told)
                last = (operation, run)
        self._listed = _NOTHING
        return Page(items=found)

    def _all(self, after: tuple[str, ...] | None) -> Iterator[tuple[str, str]]:
        try:
            with self._places.opened(self._places.layout.trash) as trash:
                operations = sorted(filter(is_ulid, os.listdir(trash)), reverse=True)
        except FileNotFoundError:
            return
        for operation in operations:
            if after and operation > after[0]:
                continue
            runs = self._runs_of(operation)
            end = bisect_left(runs, after[1]) if after and operation == after[0] else len(runs)
            for at in range(end - 1, -1, -1):
                yield operation, runs[at]

    def _runs_of(self, operation: str) -> list[str]:
        """The runs in an operation's folder, oldest first: as they were listed last, if it did not change since."""
        try:
            with self._places.opened(operation) as folder:
                known, changed = self._listed, os.fstat(folder).st_mtime_ns
                if (known.operation, known.mtime_ns) == (operation, changed):
                    return known.runs
                looked = time.time_ns()
                names = os.listdir(folder)
        except FileNotFoundError:
            return []  # the last of its runs came back, or was purged, just now
        runs = sorted(filter(is_ulid, {run_of(name) or name.removesuffix(ARCHIVE_SUFFIX) for name in names}))
        if looked - changed > _SETTLED_NS:
            self._listed = _Listed(operation, changed, runs)
        return runs

    def told(self, operation: str, run: str) -> Trashed | None:
        """What is shown of a run in the trash; None if it is just coming back, or has gone."""
        try:
            with self._places.opened(operation) as trash:
                head, archived = self._places.head(trash, run)
                if not head:
                    return None
                home, _ = self._places.home(run, archived)
                with suppress(FileNotFoundError), self._places.opened(home) as there:
                    if folders.are_equal(trash, there, head):
                        return None
                size = sum(folders.size_of(trash, name) or 0 for name in self._places.names(run))
                told = _read_info(trash, run) or self._from_files(operation, run, archived)
                facts = {name: getattr(told, name) for name in Trashed.__struct_fields__}
                return Trashed(**facts | {"operation": operation, "run": run, "size_bytes": size, "archived": archived})
        except FileNotFoundError:
            return None

    def _from_files(self, operation: str, run: str, archived: bool) -> Info:
        """What can be said without `<run>.json`."""
        at = from_seconds(time_of(operation))
        if archived:
            return Info(run=run, workflow="", operation=operation, at=at)
        path, workflow, facts = self._places.folder(operation) / f"{run}{JOURNAL_SUFFIX}", "", dict[str, object]()
        for _, line in read_lines(path):
            for part in decode_line(line) if not isinstance(line, LongLine) else ():
                if isinstance(part, Whole) and isinstance(part.event, RunStarted):
                    started = part.event
                    workflow, facts = started.workflow, {"started": started.t}
                    facts |= {name: getattr(started, name) for name in ("version", "name", "session", "project")}
            break
        for _, line in read_lines_back(path):
            for part in decode_line(line) if not isinstance(line, LongLine) else ():
                if isinstance(part, Whole) and isinstance(part.event, RunFinished):
                    facts |= {"status": part.event.status, "finished": part.event.t}
            break
        return msgspec.structs.replace(Info(run=run, workflow=workflow, operation=operation, at=at), **facts)


def info_name(run: str) -> str:
    """The file that says what is shown of a run in the trash."""
    return f"{run}.json"


def write_info(trash: int, folder: Path, intent: Intent, run: Run, came_from: str) -> None:
    """Writes what is shown of a run that is about to lie in an operation's folder; nothing if there is no room."""
    info = Info(**msgspec.structs.asdict(trashed(run, intent)), came_from=came_from)
    path = folder / info_name(run.id)
    try:
        folders.write_new(trash, path.name, msgspec.json.encode(info) + b"\n", path)
    except (OSError, StorageError) as error:
        if not is_full(error):
            raise
        folders.remove(trash, path.name)
        log.info("no room for %s", path)


def _read_info(trash: int, run: str) -> Info | None:
    try:
        fd = os.open(info_name(run), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=trash)
    except OSError:
        return None
    try:
        text = os.read(fd, 1 << 20) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
        return msgspec.json.decode(text, type=Info)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    finally:
        os.close(fd)
