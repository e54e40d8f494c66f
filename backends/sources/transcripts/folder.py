"""Which transcripts lie in a folder (or are the one file that was named), and which of them have changed."""

import os
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from .formats import Format
from .packed import plain
from .packed import seen as seen_at

_DEEPEST = 8
"""Folders within each other: `sessions/2026/11/20`, or `projects/<folder>/<session>/subagents/workflows/<id>`."""
_LIVELY_S = 900.0
"""So long after it was written to a transcript is looked at each time; others by a walk through all."""
_WALK_S, _SHARE = 2.0, 50
"""Seconds between two walks, and how many times longer than a walk itself these are at least."""


class Seen(NamedTuple):
    """What tells one content of a file from the next."""

    inode: int
    size: int
    mtime_ns: int
    packed: bool = False
    """Whether it lies there packed: the content of its file is not its own."""


class Folder:
    """A folder of transcripts, as it was seen last. For one thread at a time."""

    def __init__(self, root: Path, formats: Sequence[Format]) -> None:
        self.root, self.formats = root, formats
        self.seen: dict[str, Seen] = {}
        """The transcripts by their paths."""
        self._folders: dict[str, int] = {}
        self._walked = self._took = 0.0

    def look(self) -> None:
        """Sees what is there now. Between two walks this costs a `stat` for each folder, and for what was written
        to of late.
        """
        if self._walked and time.monotonic() - self._walked < max(_WALK_S, _SHARE * self._took) and self._is_same():
            for path in self.lively():
                if seen := _seen(path):
                    self.seen[path] = seen
        else:
            self._walk()

    def is_there(self) -> bool:
        """Whether there is still something at the place that was named."""
        return self.root.is_dir() or _seen(str(plain(self.root))) is not None

    def lively(self) -> list[str]:
        """Transcripts that may be written to just now."""
        since = (time.time() - _LIVELY_S) * 1e9
        return [path for path, seen in self.seen.items() if seen.mtime_ns >= since]

    def folders(self) -> list[Path]:
        """Where a change is to be noticed at once: the root, and where something was written of late."""
        root = self.root if self.root.is_dir() else self.root.parent
        return [root, *sorted({Path(path).parent for path in self.lively()} - {root})]

    def format_of(self, path: str) -> Format:
        """Of whose making a transcript is; of a single one that was named the only format that there is."""
        return next((one for one in self.formats if one.is_transcript(Path(path))), self.formats[0])

    def _is_same(self) -> bool:
        """Whether no file came into a folder, or went."""
        return all(_changed(folder) == mtime for folder, mtime in self._folders.items())

    def _walk(self) -> None:
        began = time.monotonic()
        self._folders = {}
        if self.root.is_dir():
            self.seen = dict(self._below(str(self.root), _DEEPEST))
        else:
            self.seen = {path: seen for path in (str(plain(self.root)),) if (seen := _seen(path))}
        self._walked = time.monotonic()
        self._took = self._walked - began

    def _below(self, folder: str, deeper: int) -> Iterator[tuple[str, Seen]]:
        self._folders[folder] = _changed(folder)
        try:
            entries = list(os.scandir(folder))
        except OSError:
            return  # it went away, or is nobody's to look into
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if deeper and not entry.name.startswith("."):
                    yield from self._below(entry.path, deeper - 1)
                continue
            path = plain(Path(entry.path))
            if any(one.is_transcript(path) for one in self.formats) and (seen := _seen(str(path))):
                yield str(path), seen


def _seen(path: str) -> Seen | None:
    """None for what is gone, and for what is no file: to open a pipe would wait for who writes into it."""
    try:
        found, packed = seen_at(path)
    except OSError:
        return None
    return Seen(found.st_ino, found.st_size, found.st_mtime_ns, packed) if stat.S_ISREG(found.st_mode) else None


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0
