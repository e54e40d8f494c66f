"""What tab completes in the filter: keys of the query language, and values that really occur."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ...core.query.query_keys import CALL_FACTS, KEYS, SIGNS, WITH_NAME
from ...core.text import safe_text

if TYPE_CHECKING:
    from ...core.repositories import RunRepository

RECORDED = frozenset({"workflow", "model", "session", "project", "tag", "agent", "name", "step"})
"""Keys whose values the store is asked for."""
TIMES = ("1h", "24h", "7d", "30d", "today", "yesterday")
"""What is mostly asked of a time."""

VIEW = "@"
"""Stands before the name of a saved view, as a key does before its value."""

_BEFORE = ' \t("'
"""Characters that a term begins after."""


class Unfinished(NamedTuple):
    """The piece of a query that the cursor stands at the end of."""

    start: int
    """Where the piece begins in the text."""
    key: str
    """The key whose value it is; empty while it is itself a key, or a word."""
    prefix: str
    """What was typed of it."""
    quoted: bool = False
    """Whether it stands behind a quotation mark, which `start` is the place of."""


def unfinished(text: str, cursor: int) -> Unfinished:
    """The piece before the cursor: of a term the last of its values, or its name after a dot, else the word."""
    before = text[:cursor]
    if before.count('"') % 2:
        quote = before.rfind('"')
        outside = unfinished(text[:quote], quote)
        if outside.key and not outside.prefix:
            return Unfinished(quote, outside.key, before[quote + 1 :], quoted=True)
    start = max((before.rfind(sign) for sign in _BEFORE), default=-1) + 1
    if before[start:].startswith("-"):
        start += 1
    word = before[start:]
    others, bar, last = word.rpartition("|")
    if last.startswith(VIEW) and not any(sign in others for sign in ":=<>"):
        return Unfinished(start + len(others + bar) + 1, VIEW, last[1:])
    at = min((place for sign in ":=<>" if (place := word.find(sign)) > 0), default=-1)
    key, dot, name = (word if at < 0 else word[:at]).partition(".")
    if dot and key in WITH_NAME:
        if at < 0:
            return Unfinished(start + len(key) + 1, f"{key}.", name)
        key = name if key == "call" and name in ("model", "agent") else key
    elif at < 0 or dot or key not in KEYS:
        return Unfinished(start, "", word)
    value = max(word.rfind(sign) for sign in ":=<>|") + 1
    return Unfinished(start + value, key, word[value:])


def is_begun(piece: Unfinished, found: Collection[str]) -> bool:
    """Whether it is the beginning of a value that is found, and none that runs are found by as it stands."""
    known = KEYS.get(piece.key)
    by_part = known is not None and known.kind in ("text", "log", "id")
    return bool(piece.key) and bool(found) and not by_part and piece.prefix not in found


def keys_begun(text: str, cursor: int) -> list[str]:
    """The keys that the word before the cursor may go on to; none of a flag, which is whole as it stands."""
    piece = unfinished(text, cursor)
    word = piece.prefix.lower()
    if piece.key or not word or text[:cursor].count('"') % 2 or (word in KEYS and KEYS[word].kind == "flag"):
        return []
    return [_opened(name) for name in KEYS if name.startswith(word)]


def without(text: str, cursor: int) -> str:
    """The query without the term before the cursor."""
    begun = text[: unfinished(text, cursor).start]
    start = max(begun.rfind(sign) for sign in " \t(") + 1
    return text[:start] + text[cursor:]


def candidates(piece: Unfinished, runs: RunRepository | None, views: Collection[str] = ()) -> list[str]:
    """What the piece may become, in full; reads from the store, so call it in a thread.

    `views` are the names of the person's saved views.
    """
    prefix, key = piece.prefix, piece.key
    if key == VIEW:
        return [_quoted(name) for name in sorted(views) if name.startswith(prefix) and '"' not in name]
    if not key:
        return [_opened(name) for name in KEYS if name.startswith(prefix.lower())]
    if key == "call.":
        return [f"{fact}:" for fact in CALL_FACTS if fact.startswith(prefix)]
    if key in RECORDED or key == "metric.":
        found = runs.values(key.rstrip("."), prefix) if runs is not None else []
        # What cannot be shown as it is cannot be typed either.
        shown = [value for value in found if safe_text(value) == value and '"' not in value]
        return [f"{_quoted(value)}>" for value in shown] if key == "metric." else [_quoted(value) for value in shown]
    known = KEYS.get(key)
    if known is None:
        return []
    values = TIMES if known.kind == "time" else known.values
    return [value for value in values if value.startswith(prefix.lower())]


def _opened(name: str) -> str:
    """A key with the sign that most likely follows; a flag stands alone."""
    key = KEYS[name]
    if key.kind == "flag":
        return name
    example = key.example[len(name) :].lstrip(".")
    if name in WITH_NAME:
        return f"{name}."
    return name + next((sign for sign in sorted(SIGNS, key=len, reverse=True) if example.startswith(sign)), ":")


def _quoted(value: str) -> str:
    return f'"{value}"' if any(sign in value for sign in " \t()|") else value


def common(found: list[str]) -> str:
    """The beginning that all candidates share."""
    if not found:
        return ""
    low, high = min(found), max(found)
    return low[: next((n for n, letter in enumerate(low) if n >= len(high) or letter != high[n]), len(low))]


@dataclass
class Choosing:
    """Completions that tab goes through, in place of one piece of the text."""

    piece: Unfinished
    before: str
    behind: str
    found: list[str]
    at: int = -1

    def step(self, by: int) -> tuple[str, int]:
        """The text with the next one, and where the cursor stands then."""
        self.at = (self.at + by) % len(self.found) if self.at >= 0 else (0 if by > 0 else len(self.found) - 1)
        begun = self.before + self.found[self.at]
        return begun + self.behind, len(begun)
