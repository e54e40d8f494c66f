"""A state as a JSON file or on the clipboard, in the bytes that were recorded."""

from collections.abc import Hashable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ...core.checkpoints import StoredState
from ...core.errors import Conflict, StorageError
from ...core.events import Json
from ...core.progress import go_on, gone, one_part
from .. import format
from ..files import new_file, refused
from ..trees.json_nodes import opened_once

MOST_COPIED = 1_000_000
"""Bytes: more than that no terminal takes to its clipboard."""
_PORTION = 1 << 20
"""Bytes that are written between two looks at whether anybody still wants them."""


class Exported(NamedTuple):
    """A file that was written."""

    path: Path
    size_bytes: int


def named(checkpoint: str) -> str:
    """The name of a state's file, where the person gives none."""
    return f"state-{checkpoint}.json"


def as_json(state: StoredState) -> bytes:
    """One JSON object, key by key as recorded; opaque bytes as what is known of them."""
    return b"".join(_pieces(state))


def _pieces(state: StoredState) -> Iterator[bytes]:
    before = b"{"
    for key in sorted({*state.values, *state.opaque}):
        go_on()
        yield before + msgspec.json.encode(key) + b": "
        yield _about(state, key) if key in state.opaque else state.values[key]
        before = b",\n "
    yield b"}\n" if before != b"{" else b"{}\n"


def _about(state: StoredState, key: str) -> bytes:
    """What is known of opaque bytes."""
    value = state.opaque[key]
    facts = {"opaque": state.notes.get(key, ""), "size": len(value), "sha256": sha256(value).hexdigest()}
    return msgspec.json.encode(facts)


def free_place(checkpoint: str, given: str) -> Path:
    """Where a state is written: the file that is named, or one of our name in the folder that is, or where we are.

    Conflict if there is one already; StorageError if it can be no path.
    """
    path = Path(given)
    try:
        path = path.expanduser()
        path = (path / named(checkpoint) if path.is_dir() else path).absolute()
        if path.exists():
            raise _taken(path)
    except (OSError, ValueError, RuntimeError) as error:
        raise _unwritable(path, error) from error
    return path


def export(state: StoredState, checkpoint: str, given: str) -> Exported:
    """Writes a new file at the `free_place`; of one that is stopped half-way nothing is left.

    Conflict if there is one already, which stays; StorageError if it cannot be written; Stopped.
    """
    path = free_place(checkpoint, given)
    try:
        with new_file(path) as file, one_part(sum(map(len, state.values.values())), 1):
            return Exported(path, sum(map(file.write, _portions(state))))
    except FileExistsError as error:
        raise _taken(path) from error
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error


def _portions(state: StoredState) -> Iterator[memoryview]:
    for piece in _pieces(state):
        for start in range(0, len(piece), _PORTION):
            go_on()
            yield (portion := memoryview(piece)[start : start + _PORTION])
            gone(len(portion))


def _taken(path: Path) -> Conflict:
    return Conflict("there is such a file already, and it stays as it is", where=path)


def _unwritable(path: Path, error: Exception) -> StorageError:
    return refused("the state is not written", error, path, otherwise="name another place")


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
    return too_much(len(body), what) or (body.decode(), f"copied {what}, {format.size(len(body))}")


def too_much(size_bytes: int, what: str) -> tuple[str, str] | None:
    """What is said in place of a copy that no clipboard takes; None where one does."""
    if size_bytes <= MOST_COPIED:
        return None
    return "", f"{what} has {format.size(size_bytes)}, too much for a clipboard: export the state instead"
