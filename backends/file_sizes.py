"""What files take, each by its length as `ls` says it; what a folder itself takes on a disk is not counted."""

import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from ..core.progress import heard
from .journal.disk import StrPath


class Found(NamedTuple):
    """A file, or what else is no folder, by its path."""

    path: str
    stat: os.stat_result


def files_below(folder: StrPath) -> Iterator[Found]:
    """Every file below a folder, links themselves included. Others go on meanwhile: what they remove is not there.

    Stopped between two, if somebody asked for that.
    """
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    for entry in heard(found):
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(entry.path)
            continue
        try:
            yield Found(entry.path, entry.stat(follow_symlinks=False))
        except FileNotFoundError:
            continue  # somebody removed it just now


def bytes_below(path: StrPath) -> int:
    """Bytes of a file, or of all files below a folder; 0 if it is not there."""
    try:
        found = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return 0
    if not stat.S_ISDIR(found.st_mode):
        return found.st_size
    return sum(file.stat.st_size for file in files_below(path))
