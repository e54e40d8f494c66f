"""A comparison as rows: what is compared, and how every run stands there. Cells are made when they are seen."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ...core.runs import Run
from ..glyphs import UNICODE, Glyphs
from ..lines import Line, width_of
from ..states.signs import Kind

Kept = dict[Hashable, Any]
"""What was read once and never changes: a value of a checkpoint, a step's output."""

BEST, WORST = " best", " worst"
"""Verdicts on a number, as they stand behind it."""


class Context(NamedTuple):
    """What cells need to know besides what was read."""

    runs: tuple[Run, ...]
    base: int
    """The place of the run that the others are compared with."""
    now: float
    """Unix seconds."""
    glyphs: Glyphs = UNICODE


class Row(NamedTuple):
    """One thing that is compared."""

    key: str
    """The same whenever the row is made again."""
    name: Line
    kind: Kind | None
    """How the others differ from the baseline: some do (`changed`), it alone lacks it (`added`), or one of them does
    (`removed`). None where nothing is compared: a heading, a remark."""
    cell: Callable[[int], Line] = lambda place: []
    """What the run in this place has."""
    depth: int = 0
    target: Any = None
    """What there is to be looked into."""
    raw: Callable[[int], Any] = lambda place: None
    """What the run in this place has, as JSON; `UNSET` if it has none."""
    about: Mapping[str, Any] = MappingProxyType({})
    """What else is to be said of the row, as JSON."""


def kind_of(values: Sequence[Any], base: int, lacking: Any = None) -> Kind:
    """How values differ from the one of the baseline; `lacking` is that of a run that has none."""
    if all(value == values[base] for value in values):
        return "same"
    return kind_of_present([value != lacking for value in values], base) or "changed"


def kind_of_present(there: Sequence[bool], base: int) -> Kind | None:
    """`added` or `removed` where one of the runs has nothing; None where all have something."""
    if all(there):
        return None
    return "removed" if there[base] else "added"


def remark(key: str, text: str, ink: str = "muted") -> Row:
    """A line that says something of the others."""
    return Row(key, [(text, ink)], None)


def heading(text: str) -> Row:
    """The title of the rows that follow."""
    return Row(f"heading:{text}", [(text, "title")], None)


def gap(key: str) -> Row:
    """An empty line."""
    return Row(f"gap:{key}", [], None)


def toned(line: Line, alike: bool) -> Line:
    """A cell that says the same as the baseline's stands back."""
    return [(text, "faint") for text, _ in line] if alike else line


def differing(rows: Sequence[Row]) -> list[Row]:
    """Only what differs, below what it lies in; headings and remarks stay."""
    kept: list[Row] = []
    depth = 0
    for row in reversed(rows):
        # What a kept row lies in is the next one above that is less deep.
        if row.kind is None or row.kind != "same" or row.depth < depth:
            kept.append(row)
            depth = row.depth
    return kept[::-1]


def differences(rows: Sequence[Row]) -> int:
    """How many rows differ."""
    return sum(row.kind not in (None, "same") for row in rows)


def narrowed(cell: Line, width: int, glyphs: Glyphs) -> Line:
    """A cell in so many cells: of a verdict only its sign, and the change before it where there is room for both."""
    if len(cell) < 2 or cell[-1][0] not in (BEST, WORST) or width_of(cell) <= width:
        return cell
    word, ink = cell[-1]
    sign = (f" {glyphs.best if word == BEST else glyphs.worst}", ink)
    short = [*cell[:-1], sign]
    return short if width_of(short) <= width else [cell[0], sign]
