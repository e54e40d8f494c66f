"""The page about one log entry: JSON in it as a tree, a long message a piece at a time."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from ...core.events import Json, Logged
from ...core.logs import CutEntry, LogEntry
from ...core.store import Store
from ...core.text import safe_text
from .. import format
from ..facts import fact, gap, label
from ..lines import Line, level_ink, one_line
from ..trees.json_nodes import section_of
from ..trees.nodes import Node
from .lines import CUT, message_ink

CHUNK = 100_000
"""Characters of a message that are on the page at once."""

MOST_JSON = 1_000_000
"""Characters of JSON in a message that are shown as a tree."""


class Whole(NamedTuple):
    """A piece of a message that is too long to be held."""

    seq: int
    start: int
    text: str
    total: int
    """Characters of the whole message."""
    details: dict[str, Json]

    @classmethod
    def of(cls, event: Logged, start: int) -> "Whole":
        """The piece that begins there."""
        return cls(event.seq, start, event.message[start : start + CHUNK], len(event.message), event.details)


def whole_of(store: Store, run: str, seq: int, start: int) -> Whole | None:
    """The piece of an entry's message that begins there; None if it is no entry. StorageErrors."""
    event = store.runs.event(run, seq)
    return Whole.of(event, start) if isinstance(event, Logged) else None


def is_whole(entry: LogEntry) -> bool:
    """Whether an entry has all of its message."""
    return not isinstance(entry, CutEntry)


def entry_nodes(
    entry: LogEntry, names: Mapping[str, str], whole: Whole | None = None, *, pretty: bool = True
) -> Iterator[Node]:
    """The page about one entry; `whole` is what was read of one that is not held whole."""
    line: Line = [(f"{entry.level}  ", level_ink(entry.level)), (format.instant(entry.t), "text")]
    yield Node("title", [*line, (f"  entry {entry.seq:,}", "muted")])
    if entry.step:
        name = one_line(names.get(entry.step, entry.step), 80)
        hint = ("  enter goes there", "faint")
        yield Node("step", [label("step"), (name, "accent"), hint], target=("step", entry.step))
    if entry.kind:
        yield fact("kind", entry.kind)
    if entry.request_id:
        yield fact("request", entry.request_id)
    if isinstance(entry, CutEntry):
        yield from _long(entry, whole)
    else:
        yield from _message(entry, pretty)
    details = whole.details if whole else entry.details
    if details:
        yield gap("details")
        yield section_of("details", details)


def _message(entry: LogEntry, pretty: bool) -> Iterator[Node]:
    before, value = json_in(entry.message) if pretty else (entry.message, None)
    if value is None:
        if len(entry.message) > CUT or "\n" in entry.message:
            yield _text(entry, f"{len(entry.message):,} characters", entry.message)
        else:
            yield fact("message", entry.message, message_ink(entry))
        return
    if before.strip():
        yield fact("message", before.strip(), message_ink(entry))
    yield section_of("JSON", value)


def _text(entry: LogEntry, about: str, text: str) -> Node:
    shown = safe_text(text, lines=True, limit=None)
    line: Line = [label("message"), (about, "faint")]
    return Node("message", line, text=shown, ink=message_ink(entry), open=True)


def _long(entry: CutEntry, whole: Whole | None) -> Iterator[Node]:
    if whole is None:
        yield _text(entry, f"the beginning of {format.size(entry.size)}; reading it", entry.message)
        return
    end = whole.start + len(whole.text)
    if whole.start:
        start = max(whole.start - CHUNK, 0)
        yield Node("before", [label(""), ("enter reads what comes before", "accent")], target=start)
    place = f"{whole.start + 1:,} to {end:,} of " if whole.total > len(whole.text) else ""
    yield _text(entry, f"{place}{whole.total:,} characters", whole.text)
    if end < whole.total:
        yield Node("after", [label(""), ("enter reads what comes next", "accent")], target=end)


def json_in(message: str) -> tuple[str, Json]:
    """A message's text before the JSON object or list that it ends with, and that; None if it ends with none."""
    starts = [place for place in (message.find("{"), message.find("[")) if place >= 0]
    for start in sorted(starts) if len(message) <= MOST_JSON else []:
        try:
            value = msgspec.json.decode(message[start:])
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            continue
        if value:
            return message[:start], value
    return message, None
