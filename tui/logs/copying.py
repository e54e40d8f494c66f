"""An entry of a log to be copied: as the text that is on the screen, or as the JSON that the command line gives."""

import json
from collections.abc import Mapping

import msgspec

from ...core.logs import CutEntry, LogEntry
from ...core.repositories import LogRepository
from ...core.text import safe_text
from .. import format
from .window import ALL

COPIED = 100_000
"""Characters that are copied: what terminals take."""


def as_text(entry: LogEntry, names: Mapping[str, str]) -> tuple[str, str]:
    """An entry as text to be copied, drawn as it is on the screen, so that no pasted character acts; and what is told
    of it.
    """
    step = f"[{names.get(entry.step, entry.step)}] " if entry.step else ""
    details = " " + msgspec.json.encode(entry.details).decode() if entry.details else ""
    text = safe_text(f"{entry.t} {entry.level} {step}{entry.message}{details}", lines=True, limit=None)
    if isinstance(entry, CutEntry):
        return text, f"Copied the beginning of the entry, which has {format.size(entry.size)}"
    if len(text) > COPIED:
        return text[:COPIED], f"Copied the first {COPIED:,} of {len(text):,} characters"
    return text, "Copied the entry"


def whole(logs: LogRepository, entry: LogEntry) -> LogEntry:
    """All of an entry of which the beginning is held, unless it is longer than what can be copied. Reads the log."""
    if not isinstance(entry, CutEntry) or entry.size > COPIED:
        return entry
    found = logs.query(entry.run, ALL, after=entry.seq - 1, limit=1)
    return found[0] if found and found[0].seq == entry.seq else entry


def as_json(entry: LogEntry) -> tuple[str, str]:
    """An entry as `flightlog logs --json` gives it, ASCII-escaped, and what is told of it.

    Of one that is not whole, or longer than what terminals take, nothing is copied: half an object is none.
    """
    text = "" if isinstance(entry, CutEntry) else json.dumps(msgspec.to_builtins(entry), allow_nan=False)
    if not text or len(text) > COPIED:
        size = entry.size if isinstance(entry, CutEntry) else len(text)
        return (
            "",
            f"The entry has {format.size(size)}, more than terminals take: `flightlog logs --json` gives all of it",
        )
    return text, "Copied the entry as JSON"
