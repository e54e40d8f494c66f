"""The names that people, or the program, gave to threads of Codex: no rollout holds them, but a file beside them all.

`~/.codex/session_index.jsonl` has a line for each name that was given; the last one of a thread counts.
"""

import os
from pathlib import Path

from .codex_threads import ROLLOUT
from .fields import decoded, one_line, text

HOMES = ("sessions", "archived_sessions")
"""Folders of rollouts within Codex's own."""
_FILE = "session_index.jsonl"


def home_of(path: Path) -> Path:
    """Codex's own folder, of anything in it."""
    return next((one.parent for one in (path, *path.parents) if one.name in HOMES), path)


class ThreadNames:
    """The names below a folder, read again where the file changed. For one thread at a time."""

    def __init__(self, root: Path) -> None:
        self._file = home_of(root) / _FILE
        self._seen: tuple[int, int, int] | None = None
        self._names: dict[str, str] = {}

    def look(self) -> bool:
        """Whether there may be others now. Costs a `stat` where there are none."""
        try:
            found = os.stat(self._file)
            seen = found.st_ino, found.st_size, found.st_mtime_ns
        except OSError:
            seen = None
        if seen == self._seen:
            return False
        self._seen, self._names = seen, self._read() if seen else {}
        return True

    def of(self, path: str) -> str:
        """The name of a rollout; empty if it has none."""
        found = ROLLOUT.fullmatch(Path(path).stem) if self._names else None
        return self._names.get(found["thread"], "") if found else ""

    def _read(self) -> dict[str, str]:
        names: dict[str, str] = {}
        try:
            with open(self._file, "rb") as file:
                for data in file:
                    line = decoded(data)
                    if name := one_line(text(line, "thread_name")):
                        names[text(line, "id")] = name
        except OSError:
            return {}
        return names
