"""Recognising the transcripts that coding agents leave on a disk, by a look at a few lines."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .fields import decoded
from .packed import opened, plain

DEEPEST = 4
"""Folders below the one that is looked at: `sessions/2026/11/20` of `~/.codex`."""
NAMES = 2000
"""Names that are looked at at most."""
FIRST = ("projects", "sessions")
"""Folders that are looked into before others: there agents keep them."""
FILES = 8
"""Files whose beginning is read at most."""
LINES, BEGINNING = 20, 1 << 16
"""Lines of it, and bytes."""


def whose(place: Path) -> str | None:
    """Whose transcripts a folder holds, or a file is: the name of a format; None if that is not to be seen.

    Reads the beginnings of a few files, whatever there is. What cannot be read tells nothing.
    """
    files = [place] if place.is_file() else _journals(place)
    return next((found for file in files if (found := _of_file(file))), None)


def _journals(folder: Path) -> list[Path]:
    names, found = 0, list[Path]()
    depth = len(folder.parts)
    for here, folders, files in os.walk(folder):
        found += [
            path
            for name in sorted(files)
            if name.endswith((".jsonl", ".jsonl.zst")) and _says_something(path := Path(here, name))
        ]
        names += len(files) + len(folders)
        if len(found) >= FILES or names > NAMES:
            break
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=lambda name: name not in FIRST)
        if len(Path(here).parts) - depth >= DEEPEST:
            folders.clear()
    return found[:FILES]


def _says_something(path: Path) -> bool:
    """Whether it is a file with anything in it: to open a pipe would wait for who writes into it."""
    try:
        found = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > 0


def _of_file(file: Path) -> str | None:
    return next((found for line in _lines(file) if (found := _said_by(line))), None)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with opened(str(plain(file))) as found:
            lines = found.read(BEGINNING).splitlines()[:LINES]
    except OSError:
        return
    for data in lines:
        if (line := decoded(data)) is not None:
            yield line


def _said_by(line: dict[str, Any]) -> str | None:
    kind = line.get("type")
    if kind == "session_meta" and isinstance(line.get("payload"), dict):
        return "codex"
    is_claude = isinstance(line.get("sessionId"), str) or isinstance(line.get("leafUuid"), str)
    return "claude-code" if isinstance(kind, str) and is_claude else None
