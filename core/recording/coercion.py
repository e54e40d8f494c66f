"""What agents pass where events want a level, a number or a map: taken as it is meant, and said where it cannot be."""

import math
import os
from collections.abc import Mapping
from typing import Any

from .. import costs
from ..events import LEVELS, MOST, Level
from .jsonable import plain, text
from .leaves import said

_LARGEST = 2**63 - 1
_ALIASES: dict[str, Level] = {
    "TRACE": "DEBUG",
    "NOTSET": "DEBUG",
    "WARN": "WARNING",
    "FATAL": "ERROR",
    "CRITICAL": "ERROR",
}


def level_of(given: Any, details: dict[str, Any]) -> Level:
    """The level of that name; of a name that is none INFO, and the name is kept in the details."""
    name = text(given).upper()
    if name in LEVELS:
        return name
    if name not in _ALIASES:
        details.setdefault("level", given)
    return _ALIASES.get(name, "INFO")


def count(given: Any, name: str, doubts: dict[str, Any]) -> int:
    """A number of tokens; what is none that a call may have gives 0 and an entry in `doubts`."""
    if type(given) is int and 0 <= given <= MOST:
        return given
    if given is None:
        return 0
    try:
        number = int(given)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if 0 <= number <= MOST:
        return number
    doubts[name] = given
    return 0


def money(dollars: Any, nanousd: Any, doubts: dict[str, Any]) -> int | None:
    """Nano-dollars; None where there is no amount, with an entry in `doubts` for what is none of one call."""
    if dollars is None and nanousd is None:
        return None
    try:
        amount = costs.from_dollars(text(dollars)) if nanousd is None else int(nanousd)
    except (TypeError, ValueError, OverflowError):
        amount = -1
    if 0 <= amount <= MOST:
        return amount
    doubts["dollars" if nanousd is None else "nanousd"] = dollars if nanousd is None else nanousd
    return None


def state_of(state: Any) -> dict[str, Any]:
    """A state (or meta) as a map with text keys; what is no map becomes the value of the key `value`."""
    if isinstance(state, dict) and all(type(key) is str for key in state):
        return state
    made = plain(state)
    return made if isinstance(made, dict) else {"value": made}


def opaque_of(given: Any) -> dict[str, bytes]:
    """Bytes by name; else ValueError, for that is a mistake in the program."""
    if not isinstance(given, Mapping):
        raise ValueError(f"opaque is no map of names to bytes: {said(given, str)[:60]!r}")
    return {text(name): _bytes_of(data, name) for name, data in given.items()}


def _bytes_of(data: Any, name: Any) -> bytes:
    try:
        return memoryview(data).tobytes()  # `bytes` of a number would be so many of them
    except TypeError:
        raise ValueError(f"opaque {text(name)[:60]!r} is no bytes: {said(data, str)[:60]!r}") from None


def names_of(given: Any) -> list[str]:
    """Names given as a list, as one text alone, or not at all."""
    if given is None:
        return []
    return [text(name) for name in ([given] if isinstance(given, str) else given)]


def path_of(given: Any) -> str:
    """The absolute path of a file; else ValueError, for that is a mistake in the program."""
    try:
        return os.path.abspath(os.fsdecode(given))
    except TypeError:
        raise ValueError(f"path is no path of a file: {said(given, str)[:60]!r}") from None


def whole(given: Any, name: str) -> int:
    """A whole number that every store can keep; else ValueError, for that is a mistake in the program."""
    try:
        number = int(given)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if not 0 <= number <= _LARGEST:
        raise ValueError(f"{name} is no whole number: {text(given)[:60]!r}")
    return number


def seconds(given: Any, name: str) -> float | None:
    """A number of seconds, of which less than none is none; None, which is for ever, also for infinity. ValueError."""
    try:
        number = math.inf if given is None else float(given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isnan(number):
        raise ValueError(f"{name} is no number of seconds: {text(given)[:60]!r}")
    return None if number == math.inf else max(0.0, number)


def one_of(given: Any, allowed: tuple[str, ...]) -> Any:
    """The given value if it is allowed; else ValueError, for that is a mistake in the program."""
    if given not in allowed:
        raise ValueError(f"{text(given)[:60]!r} is none of {', '.join(allowed)}")
    return given
