"""The one place where values that JSON can say and SQL cannot keep are made storable.

Derived text alone: the recorded bytes are kept as they are.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

_SURROGATE = re.compile("[\ud800-\udfff]")
LARGEST = 2**63 - 1


def storable(value: Any) -> Any:
    """The value itself, but for a lone surrogate (shown as `\\udcff`) and an integer over 64 bits (the largest)."""
    if type(value) is str:
        if value.isascii():
            return value
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "backslashreplace").decode()
    elif type(value) is int and not -LARGEST <= value <= LARGEST:
        return LARGEST if value > 0 else -LARGEST
    return value


def plain_text(values: Sequence[Any]) -> str | None:
    """The texts of a column in one, if all are text (or None) that any engine keeps as it is; else None.

    Of a thousand values this is told at the cost of a few.
    """
    try:
        joined = "".join(filter(None, values))
    except TypeError:
        return None
    return joined if joined.isascii() else None


def all_storable(values: Sequence[Any]) -> Sequence[Any]:
    """The values of a column, each as `storable` says."""
    return values if plain_text(values) is not None or _are_small(values) else list(map(storable, values))


def _are_small(values: Sequence[Any]) -> bool:
    try:
        numbers = list(filter(None, values))
        return not numbers or (min(numbers) >= -LARGEST and max(numbers) <= LARGEST)
    except TypeError:
        return False


def json_text(value: Any) -> str:
    """The value as JSON text; lone surrogates in it become visible text as in `storable`."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return _SURROGATE.sub(
            lambda found: f"\\\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        )


def plain(value: Any) -> Any:
    """A JSON value as it reads when it has been stored."""
    return msgspec.json.decode(json_text(value))
