"""Whatever an agent hands over, as JSON: never raising, and readable without loss where JSON can say it.

The encoder itself writes dates as ISO 8601, bytes as base64, decimals and UUIDs as text, sets and
tuples as lists, enumerations by value, dataclasses and attrs classes as objects. What it refuses,
or would write falsely, is made plain first:

- NaN and the infinities become the texts `NaN`, `Infinity`, `-Infinity`;
- half a surrogate pair becomes its escape as text, `\\ud800`;
- integers of more than 4,300 digits, which Python does not write out, become hexadecimal text;
- keys that are no text become text, and one whose text is taken gets its type added;
- models and arrays (`model_dump`, `tolist`, `item`) become what these return, exceptions their type and message;
- a container inside itself, or deeper than `DEEPEST`, becomes a note in its place;
- anything else becomes its `repr`.
"""

import contextlib
import math
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any
from zlib import crc32

import msgspec

from ..events import Event, Json

DEEPEST = 100
"""Containers within containers; every reader's stack must carry them. A text so short that it could
nest at most twice as deep is not looked at."""

_SHORT = 4 * DEEPEST
_LONGEST_REPR = 10_000
_SIMPLE = frozenset({str, int, bool, type(None)})
_SCALARS = _SIMPLE | {float}
_PLAIN = _SCALARS | {dict, list, tuple}
_CONTAINERS = (dict, list, tuple, set, frozenset, msgspec.Struct)
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
    return "" if value is None else _said(value, str)


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
        if kinds <= _SCALARS:
            return False
        level = list(chain.from_iterable(map(_inner, [item for item in level if type(item) not in _SCALARS])))
    return True


def _inner(item: Any) -> Iterable[Any]:
    """What lies directly in a container."""
    if isinstance(item, msgspec.Struct):
        return [getattr(item, name) for name in item.__struct_fields__]
    return item.values() if type(item) is dict else item


def _walk(value: Any, depth: int, above: set[int]) -> Json:
    if type(value) in _SCALARS:
        return _scalar(value)
    if depth > DEEPEST:
        return f"… nested deeper than {DEEPEST}"
    if id(value) in above:
        return "… contains itself"
    above.add(id(value))
    try:
        if isinstance(value, _CONTAINERS):
            return _walk_container(value, depth, above)
        return _walk(_leaf(value), depth + 1, above)
    finally:
        above.discard(id(value))


def _scalar(value: Any) -> Json:
    kind = type(value)
    if kind is str:
        return _sound(value)
    if kind is int and value.bit_length() > 64:
        return _integer(value)
    return _not_finite(value) if kind is float and not math.isfinite(value) else value


def _walk_container(value: Any, depth: int, above: set[int]) -> Json:
    if isinstance(value, dict | msgspec.Struct):
        # A copy first: another thread may be changing the original.
        pairs = list(value.items()) if isinstance(value, dict) else _members(value)
        result: dict[str, Json] = {}
        for key, item in pairs:
            result[_free_key(key, result)] = _walk(item, depth + 1, above)
        return result
    return [_walk(item, depth + 1, above) for item in list(value)]


def _members(value: msgspec.Struct) -> list[tuple[str, Any]]:
    """Tag and fields as the encoder writes them: without those that have their default, where the struct says so."""
    config = value.__struct_config__
    members: list[tuple[str, Any]] = [(config.tag_field, config.tag)] if config.tag_field else []
    for field in msgspec.structs.fields(value):
        member = getattr(value, field.name)
        default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        if not config.omit_defaults or type(member) is not type(default) or member != default:
            members.append((field.encode_name, member))
    return members


def _free_key(key: Any, taken: dict[str, Json]) -> str:
    name = _sound(key) if isinstance(key, str) else _said(key, str)
    while name in taken:
        name += f" ({type(key).__name__})"
    return name


def _leaf(value: Any) -> Any:
    """One step from an object towards JSON; the encoder's hook too. Never raises."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, BaseException):
        return {"type": type(value).__name__, "message": _said(value, str)}
    # From here on code of the agent's runs, which may fail in any way.
    for way in _WAYS:
        with contextlib.suppress(Exception):
            return way(value)
    return _said(value, repr)


def _number(value: Any) -> int | float:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    raise TypeError


def _collection(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, deque):
        return list(value)
    raise TypeError


def _fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass or attrs class, without looking into them."""
    kind = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in kind.__dataclass_fields__}
    return {field.name: getattr(value, field.name) for field in kind.__attrs_attrs__}


_WAYS: tuple[Callable[[Any], Any], ...] = (
    _number,
    _collection,
    lambda value: value.model_dump(mode="json"),
    lambda value: value.tolist(),
    lambda value: value.item(),
    _fields,
    msgspec.to_builtins,
)


def _said(value: object, how: Any) -> str:
    with contextlib.suppress(Exception):
        return _sound(how(value)[:_LONGEST_REPR])
    return f"<{type(value).__name__} that cannot be shown>"


def _sound(value: str) -> str:
    """Text that UTF-8 can carry."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace").decode()
    return value


def _integer(value: int) -> int | str:
    try:
        str(value)
    except ValueError:
        return hex(value)
    return value


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


_encode_strictly = msgspec.json.Encoder().encode
_encode = msgspec.json.Encoder(enc_hook=_leaf).encode
