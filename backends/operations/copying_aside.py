"""A copy of another program's run on its way into the archive: its files, aside until they are packed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.copies import Original
from ...core.runs import Run
from ..journal import disk
from ..journal.layout import Layout
from .record import Intent


@contextmanager
def copied_aside(layout: Layout, intent: Intent, original: Original) -> Iterator[tuple[Run, Layout]]:
    """What the copy is, and where its files lie meanwhile; they are gone afterwards. StorageError, OSError."""
    remove_aside(layout, intent)
    aside = Layout(_aside(layout, intent), spooled=True)
    try:
        if layout.archive_at is None:
            disk.refuse_symlink(layout.archive)
        disk.make_folder(aside.runs)
        yield original.write(aside.runs), aside
    finally:
        remove_aside(layout, intent)


def remove_aside(layout: Layout, intent: Intent) -> None:
    """Removes what one who was killed left. OSError."""
    try:
        shutil.rmtree(_aside(layout, intent))
    except FileNotFoundError:
        return


def _aside(layout: Layout, intent: Intent) -> Path:
    return layout.archive / f".{intent.operation}-{intent.run}.copy"
