"""Fields of a line that somebody else wrote: of the type that is expected, or as if they were not there."""

import re
from pathlib import PurePath
from typing import Any

import msgspec

from ....core import clock
from ....core.events import MOST, Json

_SHORT = 60  # characters of a step's name that is taken from a text
_LONG = 200  # and of an objective
_MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def decoded(line: bytes) -> dict[str, Json] | None:
    """The object on a line; None if there is none."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def text(fields: Json, *names: str) -> str:
    """The first of these fields that is a text and not empty; else empty."""
    if isinstance(fields, dict):
        for name in names:
            found = fields.get(name)
            if isinstance(found, str) and found:
                return found
    return ""


def table(fields: Json, name: str) -> dict[str, Json]:
    """The field if it is an object; else an empty one."""
    found = fields.get(name) if isinstance(fields, dict) else None
    return found if isinstance(found, dict) else {}


def tables(value: Json) -> list[dict[str, Json]]:
    """The objects in a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def count(fields: dict[str, Json], name: str) -> int:
    """A number of tokens; what can be none counts as nothing."""
    found: Any = fields.get(name)
    return found if type(found) is int and 0 <= found <= MOST else 0


def moment(value: Json) -> str:
    """A time as our text; empty if it is none."""
    if not isinstance(value, str):
        return ""
    if _MILLISECONDS.fullmatch(value):  # as all of them are: to read it and say it again costs twenty times as much
        return f"{value[:-1]}000Z"
    try:
        return clock.from_seconds(clock.to_seconds(value))
    except (ValueError, OverflowError):
        return ""


def moment_ms(fields: dict[str, Json], name: str) -> str:
    """A time in milliseconds since 1970 as our text; empty if it is none."""
    found = count(fields, name)
    return clock.from_ns(found * 1_000_000) if found else ""


def one_line(value: str, most: int = _LONG) -> str:
    """A text as one line, cut where it is longer."""
    line = " ".join(value[: 8 * most].split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def title(value: str) -> str:
    """A text as the name of a step."""
    return one_line(value, _SHORT)


def workflow_of(folder: str, otherwise: str) -> str:
    """The workflow that runs in a folder are shown under: its name, as far as a workflow may be called so."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", PurePath(folder).name).strip("-._")
    return name[:128].rstrip(".") or otherwise
