"""Who may look into a data directory, and who could change it: owners and modes of files and folders."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ...core.upkeep import Finding
from ..file_sizes import files_below
from .check import Check, finding


def all_may_be_read(closed: Callable[[], str], where: Path) -> Check:
    """Whether every folder may be looked into, after a look; `closed` says which may not."""

    def check() -> Iterator[Finding]:
        if what := closed():
            advice = "check its owner and mode"
            yield Finding(severity="error", kind="unreadable", what=what, where=str(where), advice=advice)

    return check


def private(root: Path, parts: Mapping[str, Sequence[Path]]) -> Check:
    """Whether others on this machine could read or change what is recorded in these files and folders."""

    def check() -> Iterator[Finding]:
        for path in (root, *root.parents):
            mode = os.stat(path).st_mode
            if mode & 0o022 and not mode & stat.S_ISVTX:
                what = "others may write in this folder"
                yield finding("permissions", what, path, advice=f"chmod go-w {path}")
        loose = [file for paths in parts.values() for path in paths for file in exposed(path)]
        if loose:
            what = f"{len(loose)} files are open to others, the first: {loose[0]}"
            yield finding("permissions", what, root, advice=f"chmod go= {loose[0]} (and the others)")

    return check


def exposed(path: Path) -> Iterator[str]:
    try:
        found = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode):
        if _is_open(found.st_mode):
            yield str(path)
        return
    for file, found in files_below(path):
        if _is_open(found.st_mode):
            yield file


def _is_open(mode: int) -> bool:
    """The mode of a symlink says nothing, and cannot be changed."""
    return bool(mode & 0o077) and not stat.S_ISLNK(mode)
