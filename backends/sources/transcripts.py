"""Recognising the transcripts that coding agents leave on a disk: a folder of them is no empty store."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ...core.errors import ConfigError

DEEPEST = 4
"""Folders below the one that is looked at: `sessions/2026/11/20` of `~/.codex`."""
NAMES = 2000
"""Names that are looked at at most."""
FIRST = ("projects", "sessions")
"""Folders that are looked into before others: there agents keep them."""
FILES = 3
"""Files whose beginning is read at most."""
LINES, BEGINNING = 20, 1 << 16
"""Lines of it, and bytes."""


def refuse_transcripts(place: Path) -> None:
    """ConfigError where a place that is to be read holds transcripts: no reader of them is built in."""
    if whose := transcripts_in(place):
        advice = "name a data directory, a flightlog.db or a LangGraph database"
        raise ConfigError(
            f"these are transcripts of {whose}, which Flightlog does not read yet", where=place, advice=advice
        )


def transcripts_in(place: Path) -> str | None:
    """Whose transcripts a folder holds, or a file is: `Claude Code` or `Codex`; None if that is not to be seen.

    Reads the beginnings of a few files, whatever there is. What cannot be read tells nothing.
    """
    files = [place] if place.is_file() else _journals(place)
    return next((whose for file in files if (whose := _whose(file))), None)


def _journals(folder: Path) -> list[Path]:
    names, found = 0, list[Path]()
    depth = len(folder.parts)
    for here, folders, files in os.walk(folder):
        found += [Path(here, name) for name in sorted(files) if name.endswith(".jsonl")]
        names += len(files) + len(folders)
        if len(found) >= FILES or names > NAMES:
            break
        folders.sort(key=lambda name: name not in FIRST)
        if len(Path(here).parts) - depth >= DEEPEST:
            folders.clear()
    return found[:FILES]


def _whose(file: Path) -> str | None:
    return next((whose for line in _lines(file) if (whose := _said_by(line))), None)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with file.open("rb") as opened:
            lines = opened.read(BEGINNING).splitlines()[:LINES]
    except OSError:
        return
    for line in lines:
        try:
            found = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def _said_by(line: dict[str, Any]) -> str | None:
    kind = line.get("type")
    if kind == "session_meta" and isinstance(line.get("payload"), dict):
        return "Codex"
    is_claude = isinstance(line.get("sessionId"), str) or isinstance(line.get("leafUuid"), str)
    return "Claude Code" if isinstance(kind, str) and is_claude else None
