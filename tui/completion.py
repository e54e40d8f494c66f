"""What tab completes in the filter: keys of the query language, and values that really occur."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..core.query.query_keys import KEYS, SIGNS, WITH_NAME
from ..core.text import safe_text

if TYPE_CHECKING:
    from ..core.repositories import RunRepository

RECORDED = frozenset({"workflow", "model", "session", "project", "tag", "agent"})
"""Keys whose values the store is asked for."""

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


def unfinished(text: str, cursor: int) -> Unfinished:
    """The piece before the cursor: of a term the last of its values, else the word."""
    start = max((text.rfind(sign, 0, cursor) for sign in _BEFORE), default=-1) + 1
    if text[start:cursor].startswith("-"):
        start += 1
    word = text[start:cursor]
    at = min((place for sign in ":=<>" if (place := word.find(sign)) > 0), default=-1)
    if at < 0 or word[:at] not in KEYS:
        return Unfinished(start, "", word)
    value = max(word.rfind(sign) for sign in ":=<>|") + 1
    return Unfinished(start + value, word[:at], word[value:])


def candidates(piece: Unfinished, runs: RunRepository | None) -> list[str]:
    """What the piece may become, in full; reads from the store, so call it in a thread."""
    prefix = piece.prefix
    if not piece.key:
        return [_opened(name) for name in KEYS if name.startswith(prefix.lower())] if prefix else []
    if piece.key in RECORDED:
        found = runs.values(piece.key, prefix) if runs is not None else []
        # What cannot be shown as it is cannot be typed either.
        return [_quoted(value) for value in found if safe_text(value) == value and '"' not in value]
    return [value for value in KEYS[piece.key].values if value.startswith(prefix.lower())]


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
