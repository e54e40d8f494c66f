"""A person's own keys: read as people write keys, and told where they cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple
from unicodedata import name as name_of

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from ..keys import PLACES, beside
from ..keys.key import Key, Place
from ..keys.names import WRITTEN, written

ALWAYS = "escape"
"""What always steps out, whatever a person's own keys are."""
_MODIFIERS = ("ctrl", "shift", "alt")
_NAMED = {shown: name for name, shown in WRITTEN.items()} | {"enter": "enter", "return": "enter", "del": "delete"}
_KNOWN = frozenset(key.value for key in Keys) | frozenset(KEY_NAME_REPLACEMENTS.values())
_ROWS = {key.id: (place, key) for place in PLACES for key in place.keys}


class Mistake(NamedTuple):
    """What is wrong with one row."""

    id: str
    what: str
    advice: str


def checked(wanted: Mapping[str, Any]) -> tuple[dict[str, str], list[Mistake]]:
    """Keys by id as Textual calls them, without those that cannot be, and why these cannot be.

    What is left out keeps the keys that it has by itself.
    """
    good: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for id, value in wanted.items():
        found = _row(id, value)
        if isinstance(found, Mistake):
            mistakes.append(found)
        else:
            good[id] = found
    while clash := next(_clashes(good), None):
        del good[clash.id]
        mistakes.append(clash)
    return good, mistakes


def _row(id: str, value: Any) -> str | Mistake:
    if id not in _ROWS:
        near = get_close_matches(id, _ROWS, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return Mistake(id, "is no key of the program", f"{hint}`flightlog config --keys` lists them")
    if ALWAYS in _ROWS[id][1].keys.split(","):
        return Mistake(id, "cannot be changed", "esc always steps out")
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        return Mistake(id, f"a key is wanted, found {str(value)[:40]!r}", 'for example "P", "ctrl+o", "f5"')
    names = [key_name(text) for text in _apart(str(value))]
    for text, name in zip(_apart(str(value)), names, strict=True):
        if name is None:
            return Mistake(id, f"{text[:40]!r} is no key", 'write it as "P", "?", "ctrl+o", "shift+down", "f5"')
        if name == ALWAYS:
            return Mistake(id, "esc cannot be taken", "it always steps out")
    return ",".join(name for name in names if name)


def _apart(text: str) -> list[str]:
    return [","] if text.strip() == "," else [part.strip() for part in text.split(",") if part.strip()]


def key_name(text: str) -> str | None:
    """What Textual calls a key that is written in one of the usual ways; None if there is no such key."""
    text = f"ctrl+{text[1:]}" if len(text) > 1 and text[0] == "^" else text.replace("shift-", "shift+")
    *modifiers, last = text.split("+") if text not in ("+",) and not text.endswith("++") else [text]
    if any(modifier not in _MODIFIERS for modifier in modifiers):
        return None
    if len(last) == 1:
        last = last if last.isalnum() else _of_sign(last)
    last = _NAMED.get(last, last)
    known = last in _KNOWN or "" < (key_to_character(last) or "") < "\u0250"  # beyond are pictures, not keys
    if modifiers == ["shift"] and len(last) == 1:
        return last.upper()
    return "+".join((*modifiers, last)) if known and last.isprintable() else None


def _of_sign(sign: str) -> str:
    found = name_of(sign, "").lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(found, found)


def _clashes(own: Mapping[str, str]) -> Iterator[Mistake]:
    """Rows of a person's own whose key means something else where it is pressed."""
    for id, keys in own.items():
        place, _ = _ROWS[id]
        for name in keys.split(","):
            for other in _pressed(place, name, own):
                if other.id != id:
                    taken = f"{written(name)!r} is already {other.id} ({other.help.lower()})"
                    yield Mistake(id, taken, f"take another, or give {other.id} another")


def _pressed(place: Place, name: str, own: Mapping[str, str]) -> Iterator[Key]:
    """What a key does where the keys of a place work."""
    for around in (place, *beside(place)):
        yield from (key for key in around.keys if name in own.get(key.id, key.keys).split(","))
