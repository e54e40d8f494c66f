"""MessagePack that is nested deeper than a decoder can follow, read by a stack of our own."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

Extension = Callable[[int, memoryview], Any]

# Bytes of what stands alone, by its first byte; of texts, bytes and extensions: those of the length, and those before
# the body without it.
_ALONE = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4}
_ALONE |= {0xD3: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17}
_LONG = {0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1)}
_LONG |= {0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0)}
_CONTAINER = {0xDC: (2, False), 0xDD: (4, False), 0xDE: (2, True), 0xDF: (4, True)}


class _Open(NamedTuple):
    """A list or map that is being read."""

    is_map: bool
    parts: list[Any]
    """Of a map its keys and values in turn."""
    whole: int
    """Parts that it has once it is read."""


def unpack(raw: bytes | memoryview, extension: Extension) -> Any:
    """One value, as msgspec decodes it; IndexError, ValueError or msgspec.DecodeError where there is none."""
    stack: list[_Open] = []
    at = 0
    while True:
        container = _container(raw, at)
        if container is not None:
            opened, at = container
            stack.append(opened)
        else:
            end = _end(raw, at)
            value = msgspec.msgpack.decode(raw[at:end], ext_hook=extension)
            at = end
            if not stack:
                return _last(value, raw, at)
            stack[-1].parts.append(value)
        while len(stack[-1].parts) == stack[-1].whole:
            done = stack.pop()
            value = dict(zip(done.parts[::2], done.parts[1::2], strict=True)) if done.is_map else done.parts
            if not stack:
                return _last(value, raw, at)
            stack[-1].parts.append(value)


def _last(value: Any, raw: bytes | memoryview, at: int) -> Any:
    if at != len(raw):
        raise ValueError(f"{len(raw) - at} bytes follow the value")
    return value


def _container(raw: bytes | memoryview, at: int) -> tuple[_Open, int] | None:
    """A list or map that begins here, and where its first part does."""
    first = raw[at]
    if 0x80 <= first <= 0x9F:
        is_map, count, at = first < 0x90, first & 0x0F, at + 1
    elif first in _CONTAINER:
        width, is_map = _CONTAINER[first]
        count, at = _number(raw, at + 1, width), at + 1 + width
    else:
        return None
    return _Open(is_map, [], 2 * count if is_map else count), at


def _end(raw: bytes | memoryview, at: int) -> int:
    """Where what is no list or map ends."""
    first = raw[at]
    if first <= 0x7F or first >= 0xE0:
        return at + 1
    if 0xA0 <= first <= 0xBF:
        return at + 1 + (first & 0x1F)
    if first in _LONG:
        width, more = _LONG[first]
        return at + 1 + width + more + _number(raw, at + 1, width)
    return at + 1 + _ALONE.get(first, 0)


def _number(raw: bytes | memoryview, at: int, width: int) -> int:
    if at + width > len(raw):
        raise ValueError("the value is cut off")
    return int.from_bytes(raw[at : at + width], "big")
