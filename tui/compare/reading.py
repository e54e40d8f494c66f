"""What a comparison on screen reads: the runs that changed, and of them what the tab in sight shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core import clock
from ...core.clock import to_seconds
from ...core.errors import Corrupt, NotFound
from ...core.feed import news_of
from .. import format
from . import LEAST
from .pages import page
from .rows import Context, Row

if TYPE_CHECKING:
    from ...core.runs import Run
    from ...core.store import Store
    from ..glyphs import Glyphs
    from .pages import Reader


class Asked(NamedTuple):
    """What is to be read, and what is known already."""

    ids: tuple[str, ...]
    name: str
    """Of the tab."""
    since: int | None
    """Cursor of the feed; None where nothing was read yet."""
    wanted: bool
    """Whether the tab lacks something, news or not."""
    base: str
    glyphs: Glyphs
    runs: tuple[Run, ...]
    gone: tuple[str, ...]


class Found(NamedTuple):
    """What one reading brought."""

    cursor: int
    runs: tuple[Run, ...]
    name: str
    """Of the tab."""
    joined: Any
    """What the tab's page made of the runs; or the error that keeps it from being read."""
    context: Context
    rows: Sequence[Row] = ()
    """What there is to be shown, made for that context."""
    gone: tuple[str, ...] = ()


def look(reader: Reader, asked: Asked) -> Found | None:
    """What there is of the runs; None if nothing is new. To be called in a thread."""
    store = reader.store
    cursor, moved = news_of(store.feed, asked.since, asked.ids)
    if not moved and not asked.wanted:
        return None
    runs, gone = _read(store, asked.ids) if moved else (asked.runs, asked.gone)
    context = context_of(runs, asked.base, asked.glyphs)
    if len(runs) < LEAST:
        return Found(cursor, runs, asked.name, None, context, gone=gone)
    try:
        joined = reader.page(asked.name, runs)
    except (Corrupt, NotFound) as error:
        # It stands in the tab, and the other tabs can be read.
        return Found(cursor, runs, asked.name, error, context, gone=gone)
    return Found(cursor, runs, asked.name, joined, context, page(asked.name).rows(context, joined), gone)


def context_of(runs: tuple[Run, ...], base: str, glyphs: Glyphs) -> Context:
    """What cells are made with now; the first run is the baseline where none has that id."""
    place = next((n for n, run in enumerate(runs) if run.id == base), 0)
    return Context(runs, place, clock.now_s(), glyphs)


def missing(gone: Sequence[str], left: int) -> str:
    """Which runs are no longer there, in words; empty where all are."""
    if not gone:
        return ""
    told = f"{format.plural(len(gone), 'run')} gone"
    return told if left >= LEAST else f"{told}: there is nothing to compare any more"


def _read(store: Store, ids: Sequence[str]) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """The runs that are there in the order they began, and the ids of those that are not."""
    runs, gone = [], []
    with store.moment():
        for id in ids:
            try:
                runs.append(store.runs.get(id))
            except NotFound:
                gone.append(id)
    return tuple(sorted(runs, key=_began)), tuple(gone)


def _began(run: Run) -> tuple[float, str]:
    try:
        return (to_seconds(run.started) if run.started else float("inf")), run.id
    except ValueError:
        return float("inf"), run.id
