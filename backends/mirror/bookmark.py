"""How far a mirror has followed its store: kept in the mirror itself, in the file whose lock its one feeder holds."""

import os
import weakref
from pathlib import Path

import msgspec

from ..journal import disk, lock
from ..journal.layout import Layout
from ..replay.truth import Notes


class Bookmark(msgspec.Struct, kw_only=True):
    """A place in the first store's feed. What it says is in the mirror is on its disk."""

    format: int = 1
    first: str = ""
    """Identity of the first store's query tables: of others the cursor says nothing."""
    of: str = ""
    """What a person calls the first store: its path, or its URL without credentials."""
    cursor: int = 0
    notes: Notes = Notes()
    noted: int = 0
    """Bytes of the mirror's annotations that hold those up to `notes`."""


def told_of_mirror(root: Path) -> str:
    """What a folder is that is a mirror, as a clause, and how it becomes a store; empty if it is none."""
    path = Layout(root).bookmark
    try:
        of = _read(path.read_bytes()).of
    except OSError:
        return ""
    return f"this is the mirror of {of or 'another store'}, and read-only; to make it a store of its own delete {path}"


def _read(data: bytes) -> Bookmark:
    try:
        found = msgspec.json.decode(data, type=Bookmark)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Bookmark()
    return found if found.format == 1 else Bookmark()


class BookmarkFile:
    """The bookmark of one mirror, held by its one feeder among all processes; freed by the feeder's death."""

    def __init__(self, root: Path) -> None:
        self._fd = disk.open_shared(Layout(root).bookmark)
        _open.add(self)

    def take(self) -> bool:
        """Whether this process feeds the mirror from now on."""
        return lock.take(self._fd)

    def read(self) -> Bookmark:
        """What was saved last; the beginning if that cannot be read, which only costs looking at everything again."""
        return _read(os.pread(self._fd, 10_000, 0))

    def save(self, bookmark: Bookmark) -> None:
        """Writes it in place; a machine that dies meanwhile leaves what reads as the beginning. OSError."""
        text = msgspec.json.encode(bookmark) + b"\n"
        os.ftruncate(self._fd, 0)
        os.write(self._fd, text)  # the file was opened for appending

    def close(self) -> None:
        """Lets go of it. May be called twice."""
        if self._fd >= 0:
            lock.release(self._fd)
            self.close_copy()

    def close_copy(self) -> None:
        """Closes it in a forked child, which shares the lock and would hold it for as long as it lives."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


_open: "weakref.WeakSet[BookmarkFile]" = weakref.WeakSet()


def _close_in_child() -> None:
    for bookmark in _open:
        bookmark.close_copy()


os.register_at_fork(after_in_child=_close_in_child)
