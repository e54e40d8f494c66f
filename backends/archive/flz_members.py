"""What goes into the archive of a run: its files byte for byte, and its lines of the annotations."""

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from ..journal.disk import open_read, storage_error
from ..journal.layout import Layout
from .flz_writer import Read

_BLOCK = 1 << 20


def members_of(layout: Layout, run: str, annotations: Iterable[bytes] = ()) -> dict[str, Read]:
    """The members of a run's archive that are there: its files, and these lines (without newline) about it.

    StorageError for what is no run id; a file that cannot be read raises when it is read.
    """
    files = {"journal": layout.journal(run), "states": layout.states(run), "torn": layout.torn(run)}
    found: dict[str, Read] = {name: partial(_read, path) for name, path in files.items() if os.path.lexists(path)}
    lines = [line + b"\n" for line in annotations]
    if lines:
        found["annotations"] = partial(iter, lines)
    return found


def _read(path: Path) -> Iterator[bytes]:
    """A file's bytes, in blocks. StorageError."""
    try:
        fd = open_read(path)
        try:
            while block := os.read(fd, _BLOCK):
                yield block
        finally:
            os.close(fd)
    except OSError as error:
        raise storage_error(error, path, "reading it for its archive") from error
