"""Recorded bytes of archived runs, read from their archives in place."""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from ...core.errors import NotFound, StorageError
from ...core.forking import undivided
from ..journal.disk import storage_error
from ..journal.states import States
from ..line_bodies import LineBodies, Recorded

if TYPE_CHECKING:
    from .flz_reader import Flz

_OPEN = 8  # archives that stay open, with a few MiB each


class NoArchive(NotFound):
    """The run is not in the archive."""


class _Opened(NamedTuple):
    file: tuple[int, int, int]
    flz: "Flz"
    states: list[States]
    """One, if the run has any."""


class ArchivedBodies(LineBodies):
    """See `sql.bodies.Bodies`. Thread-safe; keeps the archives open that were read last.

    What is asked of a run that has no archive raises NoArchive. `path_of` is where the archive of a run
    would lie; StorageError for what is no run id.
    """

    def __init__(self, path_of: Callable[[str], Path]) -> None:
        super().__init__(self._recorded)
        self._path_of = path_of
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._lock = Lock()

    def open(self, run: str) -> "Flz":
        """The archive of a run, shared with others: do not close it. NoArchive; see `Flz.open`."""
        return self._open(run, self._path(run)).flz

    @contextmanager
    def _recorded(self, run: str) -> Iterator[Recorded]:
        path = self._path(run)
        opened = self._open(run, path)

        def states() -> States:
            if not opened.states:
                raise NotFound("the archive has no states", where=path)
            return opened.states[0]

        journal = opened.flz.member("journal")
        yield Recorded(journal, journal, states, path)

    def _path(self, run: str) -> Path:
        try:
            return self._path_of(run)
        except StorageError as error:
            raise NoArchive(f"there is no run {run[:60]!r}") from error

    def _open(self, run: str, path: Path) -> _Opened:
        try:
            there = os.stat(path, follow_symlinks=False)
        except FileNotFoundError as error:
            raise NoArchive("there is no archive of this run", where=path) from error
        except OSError as error:
            raise storage_error(error, path, "looking for an archive") from error
        file = (there.st_ino, there.st_size, there.st_mtime_ns)
        with self._lock:
            known = self._opened.pop(run, None)
            if known is None or known.file != file:
                with undivided():  # most stores are read without an archive, and so without zstandard
                    from .flz_reader import Flz

                known = _opened(file, Flz.open(path, run))
            self._opened[run] = known
            while len(self._opened) > _OPEN:
                self._opened.popitem(last=False)
            return known


def _opened(file: tuple[int, int, int], flz: "Flz") -> _Opened:
    has_states = any(member.name == "states" for member in flz.manifest.members)
    return _Opened(file, flz, [States(flz.member("states"))] if has_states else [])
