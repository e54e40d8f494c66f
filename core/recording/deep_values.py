"""The JSON of a value however deep it is nested, by a stack of our own instead of Python's."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from ..events import Json
from .leaves import CONTAINERS, SCALARS, free_key, leaf, members, scalar

CIRCLE = "… contains itself"
ENDLESS = "… goes on without end"
_MOST_STEPS = 10_000
"""Objects on one way down: one that makes new objects whenever it is asked would be followed for ever."""


class _Frame(NamedTuple):
    """A container, or an object, that is being written."""

    value: Any
    inner: Iterator[tuple[bytes, Any]]
    """What lies in it, and what is written before each."""
    end: bytes


def deep_json(value: Any, above: set[int], step: Callable[[Any], Any] = leaf) -> bytes:
    """Compact JSON. `above` are the ids of what the value lies in; `step` brings an object nearer to JSON.

    Runs code of the agent's, as `plain` does; never raises.
    """
    written: list[bytes] = []
    seen = set(above)
    stack = [_Frame(None, iter([(b"", value)]), b"")]
    objects = 0
    while stack:
        frame = stack[-1]
        before, item = next(frame.inner, (frame.end, frame))
        written.append(before)
        if item is frame:
            stack.pop()
            seen.discard(id(frame.value))
            objects -= not frame.end
        elif type(item) in SCALARS:
            written.append(_encode(scalar(item)))
        elif id(item) in seen or objects > _MOST_STEPS:
            written.append(_encode(CIRCLE if id(item) in seen else ENDLESS))
        else:
            seen.add(id(item))
            stack.append(_frame(item, step))
            objects += not stack[-1].end
    return b"".join(written)


def _frame(value: Any, step: Callable[[Any], Any]) -> _Frame:
    if not isinstance(value, CONTAINERS):
        return _Frame(value, iter([(b"", step(value))]), b"")
    # A copy first: another thread may be changing the original.
    if not isinstance(value, dict | msgspec.Struct):
        items = list(value)
        return _Frame(value, _items(items), b"]" if items else b"[]")
    pairs = list(value.items()) if isinstance(value, dict) else members(value)
    return _Frame(value, _pairs(pairs), b"}" if pairs else b"{}")


def _items(items: list[Any]) -> Iterator[tuple[bytes, Any]]:
    for number, item in enumerate(items):
        yield b"," if number else b"[", item


def _pairs(pairs: list[tuple[Any, Any]]) -> Iterator[tuple[bytes, Any]]:
    taken: dict[str, Json] = {}
    for key, item in pairs:
        name = free_key(key, taken)
        before = b"," if taken else b"{"
        taken[name] = None
        yield before + _encode(name) + b":", item


_encode = msgspec.json.Encoder().encode
