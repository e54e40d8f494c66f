"""One step from an object of an agent's towards JSON: its fields, its text, a number that JSON can say."""

import contextlib
import math
import os
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ..events import Json

SCALARS = frozenset({str, int, bool, type(None), float})
CONTAINERS = (dict, list, tuple, set, frozenset, msgspec.Struct)
_LONGEST_REPR = 10_000


def scalar(value: Any) -> Json:
    """A text or number as JSON can carry it."""
    kind = type(value)
    if kind is str:
        return sound(value)
    if kind is int and value.bit_length() > 64:
        return _integer(value)
    return _not_finite(value) if kind is float and not math.isfinite(value) else value


def members(value: msgspec.Struct) -> list[tuple[str, Any]]:
    """Tag and fields as the encoder writes them: without those that have their default, where the struct says so."""
    config = value.__struct_config__
    found: list[tuple[str, Any]] = [(config.tag_field, config.tag)] if config.tag_field else []
    for field in msgspec.structs.fields(value):
        member = getattr(value, field.name)
        default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        if not config.omit_defaults or type(member) is not type(default) or member != default:
            found.append((field.encode_name, member))
    return found


def free_key(key: Any, taken: dict[str, Json]) -> str:
    """A key as text; one whose text is taken gets its type added."""
    name = sound(key) if isinstance(key, str) else said(key, str)
    while name in taken:
        name += f" ({type(key).__name__})"
    return name


def leaf(value: Any) -> Any:
    """One step from an object towards JSON; the encoder's hook too. Never raises."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, BaseException):
        return {"type": type(value).__name__, "message": said(value, str)}
    # From here on code of the agent's runs, which may fail in any way.
    for way in _WAYS:
        with contextlib.suppress(Exception):
            return way(value)
    return said(value, repr)


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


def _path(value: Any) -> str:
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
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
    _path,
    lambda value: value.model_dump(mode="json"),
    lambda value: value.tolist(),
    lambda value: value.item(),
    _fields,
    msgspec.to_builtins,
)


def said(value: object, how: Any) -> str:
    """What an object says of itself, by `repr` or `str`, as far as it can."""
    with contextlib.suppress(Exception):
        return sound(how(value)[:_LONGEST_REPR])
    return f"<{type(value).__name__} that cannot be shown>"


def sound(value: str) -> str:
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
