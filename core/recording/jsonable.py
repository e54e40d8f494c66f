"""Whatever an agent hands over, as JSON: never raising, and readable without loss where JSON can say it.

The encoder itself writes dates as ISO 8601, bytes as base64, decimals and UUIDs as text, sets and
tuples as lists, enumerations by value, dataclasses and attrs classes as objects. What it refuses,
or would write falsely, is made plain first:

- NaN and the infinities become the texts `NaN`, `Infinity`, `-Infinity`;
- half a surrogate pair becomes its escape as text, `\\ud800`;
- integers of more than 4,300 digits, which Python does not write out, become hexadecimal text;
- keys that are no text become text, and one whose text is taken gets its type added;
- models and arrays (`model_dump`, `tolist`, `item`) become what these return, paths their text, exceptions their type
  and message;
- a container inside itself becomes a note in its place;
- what lies deeper than `DEEPEST` levels is kept as the text of its JSON (see deep_json.py);
- anything else becomes its `repr`.
"""

import math
import re
from collections.abc import Iterable
from itertools import chain
from typing import Any
from zlib import crc32

import msgspec

from ..deep_json import DEEPEST, nested
from ..events import Event, Json
from .deep_values import CIRCLE, deep_json
from .leaves import CONTAINERS, SCALARS, free_key, leaf, members, said, scalar

_SHORT = 4 * DEEPEST
"""A text so short that it could nest at most twice as deep as it may is not looked at."""
_PLAIN = SCALARS | {dict, list, tuple}
_REFUSALS = (TypeError, ValueError, OverflowError, RecursionError, AttributeError, KeyError, RuntimeError)
_has_null = re.compile(b"null").search


class NotPlain(Exception):
    """The event has values that must be made plain before they can be encoded (see `make_plain`)."""


def line_of(event: Event) -> bytes:
    """The line of an event with its checksum and newline. Runs no code of the agent's; NotPlain."""
    try:
        body = _encode_strictly(event)
    except _REFUSALS as error:
        raise NotPlain from error
    if (_has_null(body) or len(body) > _SHORT) and _is_false(event, body):
        raise NotPlain
    head = body[:-1]
    return head + b',"crc":"%08x"}\n' % crc32(head)


def make_plain(fact: msgspec.Struct) -> None:
    """Replaces an event's (or an annotation's) values by what JSON can say of them.

    Runs code of the agent's (`repr`, `model_dump`).
    """
    for name in fact.__struct_fields__:
        setattr(fact, name, plain(getattr(fact, name)))


def encode(value: Any) -> bytes:
    """Compact JSON of a value. Never raises."""
    try:
        body = _encode(value)
    except _REFUSALS:
        return _encode(plain(value))
    return _encode(plain(value)) if _is_false(value, body) else body


def _is_false(value: Any, body: bytes) -> bool:
    """Whether the encoder wrote NaN as null, or nested deeper than readers can follow."""
    doubtful = _has_null(body) or (len(body) > _SHORT and body.count(b"[") + body.count(b"{") > DEEPEST)
    return bool(doubtful) and _needs_care(value)


def plain(value: Any) -> Json:
    """The value as None, bool, int, float, str, list and dict with text keys: a copy, at the cost of a walk."""
    return _walk(value, 0, set())


def text(value: object) -> str:
    """A value where an event wants text: itself if it is text, else what it says of itself."""
    if type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    return "" if value is None else said(value, str)


def _needs_care(value: Any) -> bool:
    """Whether the encoder's own output may be false or too deep; goes level by level."""
    level = [value]
    # A little more than `plain` leaves of a field, so that what was made plain never needs care again.
    for _ in range(DEEPEST + 4):
        kinds = set(map(type, level))
        if any(not issubclass(kind, msgspec.Struct) for kind in kinds - _PLAIN):
            return True
        # Of a list of a hundred thousand numbers none is looked at by a line of Python of its own.
        if float in kinds and not all(map(math.isfinite, [item for item in level if type(item) is float])):
            return True
        if kinds <= SCALARS:
            return False
        level = list(chain.from_iterable(map(_inner, [item for item in level if type(item) not in SCALARS])))
    return True


def _inner(item: Any) -> Iterable[Any]:
    """What lies directly in a container."""
    if isinstance(item, msgspec.Struct):
        return [getattr(item, name) for name in item.__struct_fields__]
    return item.values() if type(item) is dict else item


def _walk(value: Any, depth: int, above: set[int]) -> Json:
    if type(value) in SCALARS:
        return scalar(value)
    if depth > DEEPEST:
        return nested(deep_json(value, above))
    if id(value) in above:
        return CIRCLE
    above.add(id(value))
    try:
        if isinstance(value, CONTAINERS):
            return _walk_container(value, depth, above)
        return _walk(leaf(value), depth + 1, above)
    finally:
        above.discard(id(value))


def _walk_container(value: Any, depth: int, above: set[int]) -> Json:
    if isinstance(value, dict | msgspec.Struct):
        # A copy first: another thread may be changing the original.
        pairs = list(value.items()) if isinstance(value, dict) else members(value)
        result: dict[str, Json] = {}
        for key, item in pairs:
            result[free_key(key, result)] = _walk(item, depth + 1, above)
        return result
    return [_walk(item, depth + 1, above) for item in list(value)]


_encode_strictly = msgspec.json.Encoder().encode
_encode = msgspec.json.Encoder(enc_hook=leaf).encode
