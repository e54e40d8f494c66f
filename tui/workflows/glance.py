"""What a version changed in the definition, as it stands below the versions while the cursor goes through them."""

from collections.abc import Iterator
from typing import NamedTuple

from ...core.diff import DiffLine, text_diff
from ...core.errors import NotFound
from ...core.store import Store
from ..glyphs import Glyphs
from ..lines import Line
from ..yaml_lines import yaml_lines
from .diff_lines import Sides, diff_rows

CONTEXT = 1
"""Equal lines that are shown beside a difference."""

MOST = 60
"""Lines that are drawn: no pane is so high."""


class Place(NamedTuple):
    """A version, and the one it is looked at against."""

    workflow: str
    number: int
    against: int | None


class Glance(NamedTuple):
    """What differs, or the beginning of what there is where nothing came before."""

    place: Place
    diff: list[DiffLine]
    sides: Sides
    added: int
    removed: int


def glance_at(store: Store, place: Place) -> Glance:
    """Reads both definitions; of one that is gone nothing is known. To be called in a thread."""
    try:
        numbers = (place.against, place.number)
        old, new = ("" if n is None else store.workflows.get(place.workflow, n).definition for n in numbers)
    except NotFound:
        return Glance(place, [], Sides([], []), 0, 0)
    if place.against is None:
        lines = [DiffLine("same", text, None, n) for n, text in enumerate(new.split("\n"), 1)]
    else:
        lines = text_diff(old, new, context=CONTEXT)
    added, removed = (sum(line.kind == kind for line in lines) for kind in ("added", "removed"))
    return Glance(place, lines[:MOST], Sides(yaml_lines(old), yaml_lines(new)), added, removed)


def glance_lines(found: Glance, width: int, glyphs: Glyphs) -> Iterator[Line]:
    """The pane: which versions these are, and the lines that differ with a line around them."""
    place = found.place
    if place.against is None:
        yield [(f"@{place.number}", "title"), ("  a beginning", "muted")]
    else:
        yield [
            (f"@{place.against} {glyphs.arrow} @{place.number}", "title"),
            (f"  +{found.added:,}", "good" if found.added else "muted"),
            (f" -{found.removed:,}", "bad" if found.removed else "muted"),
            *([] if found.diff else [("  the definitions are the same, or one is gone", "muted")]),
        ]
    for row in diff_rows(found.diff, found.sides, width, glyphs, beside=False):
        yield row.line
