"""The final states of several runs by key; what differs in small values down to where it does."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from msgspec import UNSET

from ...core.checkpoints import Checkpoint, StateKey
from ...core.comparing.values import Place, places
from ...core.errors import Corrupt, NotFound
from ...core.progress import counted, go_on
from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..lines import Line, one_line
from ..trees.json_nodes import opaque_line
from .rows import Context, Kept, Row, gap, kind_of, remark, toned
from .value_rows import value_rows

SMALL = 16_000
"""Bytes up to which a value that differs is read to say where."""

LOOKED_INTO = 40
"""Keys whose values are read for that."""


class Final(NamedTuple):
    """The newest checkpoint of a run, and the keys of its state."""

    checkpoint: Checkpoint | None = None
    keys: dict[str, StateKey] = {}


class States(NamedTuple):
    """The final states of all runs, and where their keys differ."""

    finals: tuple[Final, ...]
    inside: dict[str, list[Place]]
    """Of the small ones that differ: the places within."""


class StateTarget(NamedTuple):
    """What `enter` reads: one key of the state at each run's checkpoint, where it has it."""

    name: str
    checkpoints: tuple[str | None, ...]


def read_final(store: Store, run: Run) -> Final:
    """The newest checkpoint: looked for from the run's end, so that it costs no look at all of them."""
    if not run.checkpoints:
        return Final()
    reach = 64
    while True:
        go_on()
        after = max(run.last_seq - reach, 0)
        if found := store.checkpoints.list(run.id, after=after):
            newest = found[-1]
            return Final(newest, {key.key: key for key in store.checkpoints.keys(newest.id)})
        if not after:
            return Final()
        reach *= 16


def compare_states(store: Store, finals: Sequence[Final], kept: Kept) -> States:
    """Reads the small values that differ."""
    first = list(islice((name for name in _names(finals) if _is_looked_into(finals, name)), LOOKED_INTO))
    inside = {
        name: list(places([_value(store, final, name, kept) for final in finals]))
        for name in counted(first, len(first), "comparing values")
    }
    return States(tuple(finals), inside)


def _is_looked_into(finals: Sequence[Final], name: str) -> bool:
    """Whether a key differs between states that have it, and its values are small."""
    keys = [final.keys.get(name) for final in finals]
    there = [key for key in keys if key is not None]
    small = all(key.opaque is None and key.size_bytes <= SMALL for key in there)
    return len(there) > 1 and small and not _alike(keys)


def _value(store: Store, final: Final, name: str, kept: Kept) -> Any:
    if final.checkpoint is None or name not in final.keys:
        return UNSET
    place = (final.checkpoint.id, name)
    if place not in kept:
        kept[place] = value_or_why(store, *place)
    return kept[place]


def value_or_why(store: Store, checkpoint: str, key: str) -> Any:
    """The value of a key, or the sentence why it cannot be read."""
    try:
        return store.checkpoints.value(checkpoint, key)
    except (Corrupt, NotFound) as error:
        return str(error)


def _names(finals: Sequence[Final]) -> list[str]:
    return sorted({name for final in finals for name in final.keys})


def _alike(keys: Sequence[StateKey | None]) -> bool:
    """Whether all have the same value, as far as digests tell."""
    return len({(key.digest or id(key), key.size_bytes) if key else None for key in keys}) == 1


def state_rows(context: Context, found: States) -> list[Row]:
    """What is known of the checkpoints, then key by key."""
    finals, dash = found.finals, context.glyphs.dash
    if not any(final.checkpoint for final in finals):
        return [remark("none", "None of these runs took a checkpoint (run.checkpoint)")]

    def about(n: int) -> Line:
        one = finals[n].checkpoint
        if one is None:
            return [(dash, "faint")]
        name = one_line(one.label, 40) or format.short_id(one_line(one.id, 40), context.glyphs)
        return [(name, "strong"), (f"  {format.clock(one.t)}", "muted")]

    def size(n: int) -> Line:
        one = finals[n].checkpoint
        if one is None:
            return [(dash, "faint")]
        return [(f"{format.plural(len(finals[n].keys), 'key')}, {format.size(one.size_bytes)}", "muted")]

    ids = [final.checkpoint.id if final.checkpoint else UNSET for final in finals]
    rows = [
        Row("final", [("final checkpoint", "text")], None, about, raw=ids.__getitem__),
        Row("whole", [("holds", "text")], None, size),
    ]
    return [*rows, gap("keys"), *_key_rows(context, found)]


def _key_rows(context: Context, found: States) -> Iterator[Row]:
    checkpoints = tuple(final.checkpoint.id if final.checkpoint else None for final in found.finals)
    for name in _names(found.finals):
        keys = [final.keys.get(name) for final in found.finals]
        told = [(key.digest or id(key), key.size_bytes) if key else None for key in keys]
        inner = found.inside.get(name, [])
        kind = kind_of(told, context.base)
        if inner and all(place.same for place in inner):
            kind = "same"
        target = StateTarget(name, tuple(id if key else None for id, key in zip(checkpoints, keys, strict=True)))
        yield Row(
            f"key:{name}",
            [(one_line(name, 60), "accent")],
            kind,
            lambda n, keys=keys, told=told: _key_cell(context, keys, told, n),  # type: ignore[misc]
            0,
            target,
            raw=lambda n, keys=keys: _raw(keys[n]),  # type: ignore[misc]
        )
        if kind != "same":
            deep = [place for place in inner if place.path and not place.same]
            yield from value_rows(context, deep, prefix=f"in:{name}:", depth=1)


def _raw(key: StateKey | None) -> Any:
    return UNSET if key is None else {"size_bytes": key.size_bytes, "digest": key.digest or None}


def _key_cell(context: Context, keys: Sequence[StateKey | None], told: Sequence[object], n: int) -> Line:
    key = keys[n]
    if key is None:
        return [(context.glyphs.dash, "faint")]
    alike = n != context.base and told[n] == told[context.base]
    if key.opaque is not None:
        opaque = {"opaque": key.opaque.note, "size": key.opaque.size, "sha256": key.opaque.digest}
        return toned(opaque_line(opaque), alike)
    against = keys[context.base]
    line: Line = [(f"{format.size(key.size_bytes):<7}", "text")]
    if n != context.base and against is not None and not alike:
        grown = key.size_bytes - against.size_bytes
        line.append((f" {'+' if grown > 0 else '-'}{format.size(abs(grown))}" if grown else " other", "warn"))
    return toned(line, alike)
