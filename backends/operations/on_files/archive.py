"""Packing runs of a data directory into archives, and unpacking them: written aside, read back, and shown at once.

An archive is shown (linked to its place) only after it was read back from the disk and found to be what was packed,
and only then the run's own files go, the journal first. Unpacking is the mirror image: the journal is shown last, and
the archive goes after it. So of two that are there, either is whole.
"""

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from ....core.copies import Original
from ....core.errors import Conflict, Corrupt, Full, NotFound, NotSupported, StorageError
from ....core.operations import Done
from ....core.progress import gone
from ....core.runs import Run
from ...archive.flz import Facts, Member, facts_of
from ...archive.flz_members import members_of
from ...archive.flz_reader import Flz
from ...archive.flz_writer import Read
from ...journal.layout import Layout
from .. import folders
from ..copying_aside import copied_aside, remove_aside
from ..packing import part_name, written
from ..record import Intent

log = logging.getLogger("flightlog")

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_BESIDE = ("states", "torn")


class FileArchive:
    """The archive of one data directory. For one thread, under the lock of operations and that of the run."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    # --- into the archive

    def pack(self, intent: Intent, run: Run, notes: Iterable[bytes]) -> None:
        """Writes the archive of a run and shows it. `settle_pack` follows. Conflict, StorageError, OSError."""
        self._pack(intent, facts_of(run), members_of(self._layout, run.id, notes))

    def copy(self, intent: Intent, original: Original, notes: Iterable[bytes]) -> None:
        """The same with the copy of another program's run, which is written aside first."""
        with copied_aside(self._layout, intent, original) as (run, aside):
            self._pack(intent, facts_of(run), members_of(aside, run.id, notes))

    def settle_copy(self, intent: Intent) -> Done | None:
        """What was done; None if no archive is shown, and then nothing is left of the attempt."""
        remove_aside(self._layout, intent)
        path = self._layout.archived(intent.run)
        found = self._packed(path, intent.run)
        if found:
            self._sync(path.parent)
        # Without a folder for archives nothing of the attempt can lie in it.
        with suppress(FileNotFoundError), folders.opened(self._layout.root, self._layout.archive) as folder:
            folders.remove(folder, part_name(intent))
        return msgspec.structs.replace(found, copy_of=intent.of) if found else None

    def _pack(self, intent: Intent, facts: Facts, members: Mapping[str, Read]) -> None:
        layout, part, path = self._layout, part_name(intent), self._layout.archived(intent.run)
        with folders.opened(layout.root, layout.archive, make=True) as folder:
            folders.remove(folder, part)
            fd = os.open(part, _NEW, 0o600, dir_fd=folder)
            try:
                written(layout.archive / part, fd, facts, members)
            finally:
                os.close(fd)
            with folders.opened(layout.root, path.parent, make=True) as month:
                try:
                    folders.show(part, folder, month, path.name)
                except FileExistsError as error:
                    raise Conflict("there is another archive of this run", where=path) from error

    def settle_pack(self, intent: Intent, *, trusted: bool = False) -> Done | None:
        """Removes the files of a run whose archive is shown; None if none is, and then nothing is left of the attempt.

        `trusted`: that it holds what they hold was just seen.
        """
        run, path = intent.run, self._layout.archived(intent.run)
        found = self._packed(path, run)
        if found and self._has_journal(run) and not (trusted or self._is_same(run)):
            log.warning("run %s and its archive differ: both stay, and the run counts", run)
            found = None
        if found:
            self._sync(path.parent)  # before its other place goes
            self._remove(run, ("journal", *_BESIDE))
        # Without a folder for archives nothing of the attempt can lie in it.
        with suppress(FileNotFoundError), folders.opened(self._layout.root, self._layout.archive) as folder:
            folders.remove(folder, part_name(intent))
        return found

    def _packed(self, path: Path, run: str) -> Done | None:
        """What is told of an archive that is shown."""
        try:
            with Flz.open(path, run) as archive:
                before = sum(member.size for member in archive.manifest.files)
                where = str(path.relative_to(self._layout.root))
                told = Done(run=run, outcome="done", where=where, digest=archive.digest)
                return msgspec.structs.replace(told, before_bytes=before, after_bytes=archive.size)
        except (NotFound, Corrupt, NotSupported):
            return None

    def _remove(self, run: str, members: Sequence[str]) -> None:
        """Takes these files away; with their folder they are gone already."""
        with suppress(FileNotFoundError), folders.opened(self._layout.root, self._layout.folder(run)) as there:
            for name in members:
                folders.remove(there, self._path(name, run).name)
            folders.remove_half_written(there, run)
            os.fsync(there)

    def _sync(self, folder: Path) -> None:
        with folders.opened(self._layout.root, folder) as there:
            os.fsync(there)

    def drop(self, intent: Intent) -> None:
        """Removes the archive of a copy, if it is there. `settle_drop` follows. OSError."""
        path = self._layout.archived(intent.run)
        with suppress(FileNotFoundError), folders.opened(self._layout.root, path.parent) as month:
            folders.remove(month, path.name)
            os.fsync(month)

    def settle_drop(self, intent: Intent) -> Done | None:
        """What was done; None if it is still there."""
        if self._has_journal(intent.run) or os.path.lexists(self._layout.archived(intent.run)):
            return None
        return Done(run=intent.run, outcome="done", before_bytes=intent.size_bytes)

    # --- back from it

    def plain_bytes(self, run: str) -> int:
        """Bytes of an archived run when it is unpacked; 0 if that cannot be read, of which `unpack` says why."""
        with suppress(StorageError), Flz.open(self._layout.archived(run), run) as archive:
            return archive.manifest.plain_bytes
        return 0

    def unpack(self, intent: Intent) -> None:
        """Writes the files of an archived run aside, and shows them. `settle_unpack` follows.

        Corrupt if the archive is damaged, Conflict if a run of this id is there, StorageError, OSError.
        """
        layout, run = self._layout, intent.run
        with folders.opened(layout.root, self._aside(intent.operation), make=True) as aside:
            with Flz.open(layout.archived(run), run) as archive:
                members = archive.manifest.files
                self._check_room(sum(member.size for member in members))
                for member in members:
                    self._write(aside, self._path(member.name, run).name, archive, member)
            with folders.opened(layout.root, layout.folder(run), make=True) as there:
                try:
                    for member in reversed(members):  # the journal is the first of them
                        name = self._path(member.name, run).name
                        folders.show(name, aside, there, name)
                except FileExistsError as error:
                    raise Conflict(f"a run {run} is there already", where=layout.folder(run)) from error

    def _check_room(self, needed: int) -> None:
        disk = os.statvfs(self._layout.root)
        if needed > disk.f_bavail * disk.f_frsize:
            advice = "free some space; it can be read where it is"
            raise Full(f"no room to unpack {needed:,} bytes", where=self._layout.root, advice=advice)

    def _write(self, aside: int, name: str, archive: Flz, member: Member) -> None:
        folders.remove(aside, name)
        digest = hashlib.sha256()
        fd = os.open(name, _NEW, 0o600, dir_fd=aside)
        try:
            for chunk in archive.chunks(member.name):
                digest.update(chunk)
                gone(len(chunk))
                left = memoryview(chunk)
                while left:
                    left = left[os.write(fd, left) :]
                gone(len(chunk))
            os.fsync(fd)
        finally:
            os.close(fd)
        if digest.hexdigest() != member.sha256:
            raise Corrupt(
                f"the {member.name} does not have the bytes that its digest names", where=archive.manifest.run
            )

    def settle_unpack(self, intent: Intent, *, trusted: bool = False) -> Done | None:
        """Removes the archive of a run whose files are shown; None if they are not, and then nothing of them is."""
        run, path = intent.run, self._layout.archived(intent.run)
        there = self._has_journal(run)
        if there and path.exists() and not (trusted or self._is_same(run)):
            log.warning("run %s and its archive differ: both stay, and the run counts", run)
            there = False
        elif there:
            self._sync(self._layout.folder(run))  # before its other place goes
            with suppress(FileNotFoundError), folders.opened(self._layout.root, path.parent) as month:
                folders.remove(month, path.name)
                os.fsync(month)
        elif path.exists():
            self._remove(run, _BESIDE)  # without a journal it is no run: what is beside it came from the archive
        self._clear(intent)
        if not there:
            return None
        journal = self._layout.journal(run)
        size = sum(_size(self._path(name, run)) for name in ("journal", *_BESIDE))
        where = str(journal.relative_to(self._layout.root))
        return Done(run=run, outcome="done", before_bytes=intent.size_bytes, after_bytes=size, where=where)

    def _clear(self, intent: Intent) -> None:
        """Takes away what was unpacked aside, if anything was."""
        with suppress(FileNotFoundError), folders.opened(self._layout.root, self._aside(intent.operation)) as aside:
            for path in map(self._path, ("journal", *_BESIDE), [intent.run] * 3):
                folders.remove(aside, path.name)

    def tidy(self, operation: str) -> None:
        """Removes the folder in which runs were unpacked. OSError."""
        if os.path.lexists(self._aside(operation)):
            folders.remove_empty(self._layout.root, self._aside(operation))

    # --- what is there

    def _has_journal(self, run: str) -> bool:
        return os.path.lexists(self._layout.journal(run))

    def _is_same(self, run: str) -> bool:
        """Whether an archive is sound and holds what the run's own files hold. Reads all of both. OSError."""
        try:
            with Flz.open(self._layout.archived(run), run) as archive:
                archive.verify()
                packed = {member.name: member.sha256 for member in archive.manifest.files}
        except (NotFound, Corrupt, NotSupported):
            return False
        live = {name: _digest(read()) for name, read in members_of(self._layout, run).items()}
        return packed == live

    def _path(self, member: str, run: str) -> Path:
        layout = self._layout
        return {"journal": layout.journal, "states": layout.states, "torn": layout.torn}[member](run)

    def _aside(self, operation: str) -> Path:
        """Where a run is unpacked: on the disk of the live ones, and hidden from what lists the trash."""
        return self._layout.trash / f".{operation}"


def _digest(chunks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _size(path: Path) -> int:
    try:
        return os.stat(path, follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
