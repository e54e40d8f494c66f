"""Files of a data directory, each counted as the part that it belongs to."""

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from ...core.space import Kind, Node

OTHER: Literal["other"] = "other"


class Sum(NamedTuple):
    """So many files of so many bytes."""

    files: int = 0
    size_bytes: int = 0


class FileParts:
    """What the files of a data directory take, by part; every file of it belongs to exactly one."""

    def __init__(self, root: Path, parts: Mapping[Kind, Sequence[Path]], known: Collection[Path]) -> None:
        """`parts` may lie anywhere; `known` is counted by somebody else, and not looked at."""
        self._root, self._parts = root, parts
        self._theirs = frozenset(map(os.fspath, (*known, *(path for paths in parts.values() for path in paths))))

    def sizes(self) -> dict[Kind, Sum]:
        """Costs a look at each file."""
        found: dict[Kind, Sum] = {}
        for name, paths in self._parts.items():
            found[name] = _added(_below(os.fspath(path), frozenset()) for path in paths)
        found[OTHER] = _below(os.fspath(self._root), self._theirs)
        return found

    def inside(self, part: Kind, steps: Sequence[str]) -> list[Node] | None:
        """What lies in a part, or in a folder of it, file by file; None if that is not there."""
        theirs = self._theirs if part == OTHER else frozenset()
        paths = [self._root] if part == OTHER else self._parts[part]
        if len(paths) == 1 and paths[0].is_dir():
            found = _entries(os.fspath(paths[0]), theirs)
        else:
            found = [os.fspath(path) for path in paths if path.exists()]
        for step in steps:
            folder = next((path for path in found if _shown(path) == step and _is_folder(path)), None)
            if folder is None:
                return None
            found = _entries(folder, theirs)
        return [_node(path, theirs) for path in found]


def _node(path: str, theirs: frozenset[str]) -> Node:
    folder, found = _is_folder(path), _below(path, theirs)
    count = found.files if folder else None
    return Node(
        kind="folder" if folder else "file",
        name=_shown(path),
        size_bytes=found.size_bytes,
        count=count,
        opens=bool(count),
    )


def _shown(path: str) -> str:
    """The name of a file, which may be any bytes; what is no UTF-8 is written as `\\xff`."""
    return os.fsencode(os.path.basename(path)).decode("utf-8", "backslashreplace")


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _entries(folder: str, theirs: frozenset[str]) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.path not in theirs]
    except OSError:
        return []


def _below(path: str, theirs: frozenset[str]) -> Sum:
    """A file, or all below a folder. Others go on meanwhile: what they remove is not there."""
    return _added(Sum(1, size) for size in _file_sizes(path, theirs))


def _file_sizes(path: str, theirs: frozenset[str]) -> Iterator[int]:
    try:
        found = os.stat(path, follow_symlinks=False)
    except OSError:
        return
    if not stat.S_ISDIR(found.st_mode):
        yield found.st_size
        return
    for entry in _entries(path, theirs):
        yield from _file_sizes(entry, theirs)


def _added(sums: Iterator[Sum]) -> Sum:
    files = size_bytes = 0
    for one in sums:
        files, size_bytes = files + one.files, size_bytes + one.size_bytes
    return Sum(files, size_bytes)
