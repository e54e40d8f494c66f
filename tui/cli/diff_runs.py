"""`diff` of runs: the rows of the comparison screen as tables, or as JSON."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from ...core import clock
from ...core.errors import ConfigError
from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..compare.pages import PAGES, Page, Reader
from ..compare.rows import Context, Row, differing
from ..glyphs import ASCII, UNICODE
from ..lines import Line
from ..states.signs import SIGN
from .bar import working
from .options import Settings
from .output import say, say_json, table

LEAST, MOST = 2, 5
"""Runs that are compared at once."""


def print_runs(store: Store, runs: Sequence[Run], settings: Settings, parts: Sequence[str], everything: bool) -> None:
    """Prints what differs between runs, or all of it; the first run is the baseline."""
    context = Context(tuple(runs), 0, clock.now_s(), ASCII if settings.ascii else UNICODE)
    reader = Reader(store)
    for page in _pages(parts):
        rows = _rows(page, context, reader, settings)
        shown = rows if everything else differing(rows)
        say(f"{page.name}: {_count(rows)}")
        if shown:
            heads = ["", *(format.short_id(run.id, context.glyphs) for run in runs)]
            table(heads, [_cells(row, len(runs)) for row in shown])
        say()


def print_json(store: Store, runs: Sequence[Run], settings: Settings, parts: Sequence[str], everything: bool) -> None:
    """The same as JSON: one object for each row, which says how the runs differ there."""
    context = Context(tuple(runs), 0, clock.now_s())
    reader = Reader(store)
    for page in _pages(parts):
        rows = _rows(page, context, reader, settings)
        for row in rows if everything else differing(rows):
            say_json(_object(page, row, runs))


def _rows(page: Page, context: Context, reader: Reader, settings: Settings) -> list[Row]:
    """What is compared on a page; how far the reading is, a bar tells."""
    with working(settings.ascii):
        read = reader.page(page.name, context.runs)
    return [row for row in page.rows(context, read) if row.kind is not None]


def _object(page: Page, row: Row, runs: Sequence[Run]) -> dict[str, Any]:
    values = [row.raw(n) for n in range(len(runs))]
    return {
        "part": page.name,
        "name": _text(row.name),
        "depth": row.depth,
        "kind": row.kind,
        "runs": [run.id for run in runs],
        "values": [None if value is UNSET else value for value in values],
        "has": [value is not UNSET for value in values],
        **row.about,
    }


def found(store: Store, names: Sequence[str]) -> list[Run]:
    """The runs that these words mean, as many as can be compared; ConfigError, NotFound, Conflict."""
    if not LEAST <= len(names) <= MOST:
        advice = f"name {LEAST} to {MOST} runs, two checkpoints, or a WORKFLOW@N"
        raise ConfigError(f"{len(names)} cannot be compared", advice=advice)
    ids = [store.runs.resolve(name) for name in names]
    if len(set(ids)) < len(ids):
        raise ConfigError("a run is named twice", advice="name each run once")
    return [store.runs.get(id) for id in ids]


def _pages(parts: Sequence[str]) -> list[Page]:
    return [page for page in PAGES if page.name in parts or not parts]


def _count(rows: Sequence[Row]) -> str:
    differ = sum(row.kind != "same" for row in rows)
    return f"{differ:,} of {format.plural(len(rows), 'line')} differ"


def _cells(row: Row, runs: int) -> list[str]:
    name = f"{SIGN[row.kind or 'same']} {'  ' * row.depth}{_text(row.name)}"
    return [name, *(_text(row.cell(n)).strip() for n in range(runs))]


def _text(line: Line) -> str:
    return "".join(text for text, _ in line).rstrip()
