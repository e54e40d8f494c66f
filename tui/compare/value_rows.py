"""JSON of several runs by path: their inputs, or what lies in a key of their states."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import UNSET

from ...core.comparing.values import AT_MOST, Place, Rest, places
from ...core.diff import same
from ...core.runs import Run
from ...core.store import Store
from ..lines import Line, one_line
from ..states.signs import Kind
from ..trees.json_nodes import SHORT, scalar, summary
from .parting import parting
from .rows import Context, Kept, Row, kind_of_present, remark, toned

INPUTS = ("input", "plan", "output", "result")
"""Snapshots in the order they are shown; others follow by name."""


class Values(NamedTuple):
    """What `enter` shows of a place: the whole value of each run."""

    name: str
    values: tuple[Any, ...]


def read_inputs(store: Store, run: Run) -> dict[str, Any]:
    """What a run was given, planned and brought, and its meta."""
    snapshots = store.runs.snapshots(run.id)
    names = [*(name for name in INPUTS if name in snapshots), *sorted(snapshots.keys() - set(INPUTS))]
    return {name: snapshots[name] for name in names} | ({"meta": run.meta} if run.meta else {})


def input_places(store: Store, read: Sequence[dict[str, Any]], kept: Kept) -> list[Place]:
    """The places of what was read."""
    return list(places(read))


def input_rows(context: Context, found: list[Place]) -> list[Row]:
    """Inputs by path, what they share as a whole."""
    if len(found) == 1 and not found[0].path and not any(found[0].values):
        return [remark("none", "None of these runs recorded an input, a plan or a result (run.snapshot)")]
    return [*value_rows(context, found), *more(found)]


def more(found: Sequence[Place]) -> Iterator[Row]:
    """A remark where there are more places than anybody reads."""
    if len(found) >= AT_MOST:
        yield remark("more", f"only the first {AT_MOST:,} places are shown")


def value_rows(context: Context, found: Iterable[Place], *, prefix: str = "", depth: int = 0) -> Iterator[Row]:
    """A row for each place."""
    for place in found:
        path = place.path or ("all",)
        name: Line = [(one_line(piece, 60), "accent") for piece in (path_text(path),)]
        yield Row(
            prefix + path_text(path),
            name,
            _kind(place, context.base),
            lambda n, place=place: _cell(context, place, n),  # type: ignore[misc]
            depth,
            Values(path_text(path), place.values),
            raw=place.values.__getitem__,
        )


def path_text(path: Sequence[str | int]) -> str:
    """`input.mails[2]`: a path as a person writes it; of an agent's own words."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int | Rest) else f".{part}" if text else str(part)
    return text


def _kind(place: Place, base: int) -> Kind:
    if place.same:
        return "same"
    return kind_of_present([value is not UNSET for value in place.values], base) or "changed"


def _cell(context: Context, place: Place, n: int) -> Line:
    value, against = place.values[n], place.values[context.base]
    if value is UNSET:
        return [(context.glyphs.dash, "faint")]
    line = value_line(value)
    if isinstance(value, str) and (start := parting(place.values, context.base, n)):
        line = [("…", "faint"), (f'{one_line(value[start:], SHORT)}"', "good")]
    return toned(line, n != context.base and against is not UNSET and same(value, against))


def value_line(value: Any) -> Line:
    """A value in one line."""
    return summary(value) if isinstance(value, dict | list) and value else [scalar(value)]
