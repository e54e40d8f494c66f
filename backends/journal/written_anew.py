"""A file is written anew: beside it, and into its place when all of it is on the disk."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import disk


@contextmanager
def written_anew(path: Path, beside: Path, before: Callable[[], object] = lambda: None) -> Iterator[int]:
    """Gives the descriptor of a new file, which takes the place of `path` when the block ends and is gone if it fails.

    `before` is called when all is on the disk, and may still stop it. OSError, StorageError.
    """
    beside.unlink(missing_ok=True)  # left by one who was killed
    fd = disk.open_new(beside)
    try:
        yield fd
        disk.sync(fd)
        before()
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)
    os.rename(beside, path)
    disk.sync_folder(path.parent)
