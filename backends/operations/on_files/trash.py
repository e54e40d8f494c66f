"""Into the trash of a data directory and back, and out of it for good: a run's files as they were, `<run>.json` beside.

The head of a run (see `trash_places`) goes first and comes back last. Everything is moved by renaming, so that nothing
needs room but a folder and a few lines; `<run>.json` is done without where there is none for it, for what it says the
files say too.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from ....core.errors import Conflict
from ....core.operations import Done
from ....core.runs import Run
from .. import folders
from ..record import Intent
from ..reserve import Reserve
from .trash_list import info_name, write_info
from .trash_places import TrashPlaces

Measured = tuple[int, str]
"""Bytes of a run's files, and the digest of all of them."""


class FileTrash:
    """The trash of one data directory. What changes something is for one thread, under the lock of operations."""

    def __init__(self, places: TrashPlaces, reserve: Reserve) -> None:
        self._places, self._layout, self._reserve = places, places.layout, reserve

    def check(self) -> None:
        """Whether runs can be put there: StorageError if a symlink lies in its place. OSError."""
        with suppress(FileNotFoundError), self._places.opened(self._layout.trash):
            pass  # where there is none, one is made when it is needed

    # --- into the trash

    def put(self, intent: Intent, run: Run) -> Measured:
        """Moves a run's files, whose lock the caller holds; `settle_put` follows. Stopped before anything was moved."""
        home, head = self._places.home(run.id, run.archived)
        with self._places.opened(home) as there:
            found = self._measured(there, (head,) if run.archived else (head, *self._places.beside(run.id)))
            folder, came_from = self._places.folder(intent.operation), (home / head).relative_to(self._layout.root)
            with self._made(folder) as trash:
                write_info(trash, folder, intent, run, str(came_from))
                self._reserve.within(partial(folders.move, head, there, trash))
        return found

    def settle_put(self, intent: Intent, measured: Measured | None = None) -> Done | None:
        """The rest of a run that has begun to be moved; None if it has not, and then nothing is left of the attempt.

        Reads all of it, unless it was `measured` just before.
        """
        try:
            with self._places.opened(intent.operation) as trash:
                return self._settle_put(intent, trash, measured)
        except FileNotFoundError:
            return None

    def _settle_put(self, intent: Intent, trash: int, measured: Measured | None) -> Done | None:
        run = intent.run
        head, archived = self._places.head(trash, run)
        if not head:
            folders.remove(trash, info_name(run))
            folders.remove_empty(self._layout.root, self._places.folder(intent.operation))
            return None
        home, _ = self._places.home(run, archived)
        try:
            with self._places.opened(home) as there:
                # A journal that is there again is another run's of the same id, and so is all beside it.
                if not archived and not folders.is_there(there, head):
                    for name in filter(lambda name: folders.is_there(there, name), self._places.beside(run)):
                        self._reserve.within(partial(folders.move, name, there, trash))
                    folders.remove_half_written(there, run)
                os.fsync(trash)  # that they lie here is on the disk before that they have left
                os.fsync(there)
        except FileNotFoundError:
            os.fsync(trash)
        size, digest = measured or self.measured(intent.operation, run)
        where = str((self._places.folder(intent.operation) / head).relative_to(self._layout.root))
        return Done(run=run, outcome="done", before_bytes=size, after_bytes=size, where=where, digest=digest)

    # --- back from it

    def bring(self, intent: Intent) -> None:
        """Shows a run's files where they were. `settle_bring` follows."""
        run = intent.run
        with self._places.opened(intent.of) as trash:
            head, archived = self._places.head(trash, run)
            home, _ = self._places.home(run, archived)
            with self._made(home) as there:
                try:
                    for name in (*([] if archived else self._places.beside(run)), head):
                        if folders.is_there(trash, name):
                            self._reserve.within(partial(folders.show, name, trash, there, name))
                except FileExistsError as error:
                    raise Conflict(f"a run {run} is there again", where=home) from error

    def settle_bring(self, intent: Intent) -> Done | None:
        """Takes out of the trash what is shown where it was; None if it is not, and then nothing of it is shown."""
        for archived in (False, True):
            home, _ = self._places.home(intent.run, archived)
            with suppress(FileNotFoundError), self._places.opened(home) as there:
                if self._is_shown(intent, there, archived):
                    return self._brought(intent, there, archived)
        return None

    def _is_shown(self, intent: Intent, there: int, archived: bool) -> bool:
        """Whether a run lies where it was, be it still in the trash too; if it does not, nothing of it is shown."""
        _, head = self._places.home(intent.run, archived)
        with suppress(FileNotFoundError), self._places.opened(intent.of) as trash:
            lying, is_archive = self._places.head(trash, intent.run)
            if lying and is_archive != archived:
                return False  # what is there is another run's of the same id
            if lying and not folders.are_equal(trash, there, head):
                if not folders.is_there(there, head):
                    self._hide(trash, there, intent.run)
                return False
        return folders.is_there(there, head)

    def _brought(self, intent: Intent, there: int, archived: bool) -> Done:
        run = intent.run
        home, head = self._places.home(run, archived)
        os.fsync(there)  # before its other place goes
        self._empty(intent.of, run)
        size = sum(folders.size_of(there, name) or 0 for name in (head, *self._places.beside(run)))
        where = str((home / head).relative_to(self._layout.root))
        return Done(run=run, outcome="done", before_bytes=size, after_bytes=size, where=where)

    def _hide(self, trash: int, there: int, run: str) -> None:
        """Takes back what was shown of a run that was not shown itself."""
        for name in self._places.beside(run):
            if folders.is_there(there, name) and folders.are_equal(trash, there, name):
                folders.remove(there, name)
            elif folders.is_there(there, name) and not folders.is_there(trash, name):
                folders.move(name, there, trash)

    # --- out of it for good

    def purge(self, intent: Intent) -> Done:
        """Removes what is left of a run in the trash; may be called again."""
        self._empty(intent.of, intent.run)
        return Done(run=intent.run, outcome="done", before_bytes=intent.size_bytes, digest=intent.digest)

    def measured(self, operation: str, run: str) -> Measured:
        """Bytes and digest of what lies there of a run. OSError."""
        with self._places.opened(operation) as trash:
            return self._measured(trash, self._places.names(run))

    def _measured(self, folder: int, names: Sequence[str]) -> Measured:
        digest, size = hashlib.sha256(), 0
        for name in names:
            bytes_of_it = folders.size_of(folder, name)
            if bytes_of_it is not None:
                folders.digest_of(folder, name, digest)
                size += bytes_of_it
        return size, digest.hexdigest()

    def _empty(self, operation: str, run: str) -> None:
        """Takes a run's files out of the trash for good; with their folder they are gone already."""
        with suppress(FileNotFoundError), self._places.opened(operation) as trash:
            for name in (*self._places.names(run), info_name(run)):
                folders.remove(trash, name)
            os.fsync(trash)
        folders.remove_empty(self._layout.root, self._places.folder(operation))

    def purge_quarantine(self, runs: Collection[str]) -> None:
        """Removes what was set aside of these runs in the quarantine, if there is one. OSError, StorageError."""
        with suppress(FileNotFoundError), self._places.opened(self._layout.quarantine) as quarantine:
            for name in os.listdir(quarantine):
                if name.partition(".")[0] in runs:
                    folders.remove(quarantine, name)
            os.fsync(quarantine)

    @contextmanager
    def _made(self, folder: Path) -> Iterator[int]:
        root = self._layout.root
        with ExitStack() as stack:
            yield self._reserve.within(lambda: stack.enter_context(folders.opened(root, folder, make=True)))
