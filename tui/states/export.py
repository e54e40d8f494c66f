"""A state as a JSON file or on the clipboard, in the bytes that were recorded."""

from collections.abc import Hashable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ...core.checkpoints import StoredState
from ...core.errors import Conflict, StorageError
from ...core.events import Json
from .. import format
from ..json_nodes import opened_once

MOST_COPIED = 1_000_000
"""Bytes: more than that no terminal takes to its clipboard."""


class Exported(NamedTuple):
    """A file that was written."""

    path: Path
    size_bytes: int


def named(checkpoint: str) -> str:
    """The name of a state's file, where the person gives none."""
    return f"state-{checkpoint}.json"


def as_json(state: StoredState) -> bytes:
    """One JSON object, key by key as recorded; opaque bytes as what is known of them."""
    lines = dict(state.values)
    for key, value in state.opaque.items():
        facts = {"opaque": state.notes.get(key, ""), "size": len(value), "sha256": sha256(value).hexdigest()}
        lines[key] = msgspec.json.encode(facts)
    parts = (msgspec.json.encode(key) + b": " + lines[key] for key in sorted(lines))
    return b"{" + b",\n ".join(parts) + b"}\n"


def export(state: StoredState, checkpoint: str, given: str) -> Exported:
    """Writes a new file: the one that is named, or of our name in the folder that is named, or in the working folder.

    Conflict if there is one already, which stays; StorageError if it cannot be written.
    """
    body = as_json(state)
    path = Path(given)
    try:
        path = path.expanduser()
        path = (path / named(checkpoint) if path.is_dir() else path).absolute()
        with path.open("xb") as file:
            file.write(body)
    except FileExistsError as error:
        raise Conflict("there is such a file already, and it stays as it is", where=path) from error
    except (OSError, ValueError, RuntimeError) as error:  # the latter two of what can be no path
        raise StorageError(f"cannot be written: {getattr(error, 'strerror', None) or error}", where=path) from error
    return Exported(path, len(body))


def member(value: Json, steps: Sequence[Hashable]) -> Json:
    """What a path of the tree leads to inside a value; the nearest thing above it that is a value."""
    for step in steps:
        if isinstance(step, tuple) and step[0] == "range":
            continue
        value = opened_once(value)
        place: Any = step[1] if isinstance(step, tuple) and step[0] == "after" else step
        if not isinstance(value, dict) and not (isinstance(value, list) and isinstance(place, int)):
            break
        try:
            value = value[place]
        except LookupError:
            break
    return value


def part_as_json(value: Json) -> bytes:
    """A value that was read; StorageError if it is nested deeper than it can be written."""
    try:
        return msgspec.json.encode(value)
    except RecursionError as error:
        raise StorageError("it is nested too deep to be written by itself", advice="copy the whole state") from error


def copied(body: bytes, what: str) -> tuple[str, str]:
    """The text for the clipboard, and what to say of it; no text where it is too much."""
    if len(body) > MOST_COPIED:
        return "", f"{what} has {format.size(len(body))}, too much for a clipboard: export the state instead"
    return body.decode(), f"copied {what}, {format.size(len(body))}"
