"""The page about one version: who saved it, when and why, what its runs came to, and its definition."""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...core.metrics import Comparison
from ...core.store import Store
from ...core.text import safe_text
from ...core.workflows import Outcome, Version
from .. import format
from ..facts import LABEL, label
from ..glyphs import Glyphs
from ..lines import Columns, Line, one_line, wrapped
from ..yaml_lines import wrapped_spans
from .outcome_facts import ALIGN, DAYS, HEADS, Row, change_rows, methods, outcome_facts, reported, trend


class CameTo(NamedTuple):
    """What the runs of a version came to: against its parent, and by day."""

    comparison: Comparison
    days: Sequence[Outcome]


def look_at(store: Store, workflow: str, number: int, parent: int | None) -> CameTo:
    """Asks the store for it; `parent` is the version to compare with, if there is one."""
    comparison = store.metrics.against_parent(workflow, number, parent)
    return CameTo(comparison, store.metrics.trends(workflow, number, days=DAYS))


def fact_lines(version: Version, came_to: CameTo | None, width: int, glyphs: Glyphs) -> Iterator[Line]:
    """What is known of a version, above its definition."""
    if version.damaged:
        yield from _said("damaged", f"{glyphs.damaged} {version.damaged}", "warn", width)
    yield from _said("note", version.note, "text", width)
    by = f"{one_line(version.author, 60)}  " if version.author else ""
    yield [label("saved"), (by, "text"), (format.moment(version.created) if version.created else "?", "muted")]
    parents = ", ".join(map(str, version.parents))
    yield [label("parents"), (parents or "none: a beginning", "text" if parents else "muted")]
    for key, value in version.meta.items():
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield from _said(one_line(key, 30), said, "text", width)
    yield [label("digest"), (one_line(version.digest, 80), "muted")]
    yield []
    if came_to is not None:
        yield from _outcome_lines(came_to, width, glyphs)


def _outcome_lines(came_to: CameTo, width: int, glyphs: Glyphs) -> Iterator[Line]:
    """What the runs of a version came to, and its change against the parent with its intervals."""
    found = came_to.comparison
    ink = "muted" if found.outcome.too_few else "text"
    for name, text in outcome_facts(found.outcome, glyphs):
        yield from _said(name, text, ink, width)
    yield from _said("by day", trend(came_to.days, glyphs), "muted", width)
    if found.against is None:
        yield from _said("reported", reported(found), ink, width)
    elif rows := change_rows(found, glyphs):
        yield []
        yield from outcome_table(f"against @{found.against}", rows, width)
        if method := methods(found):
            yield from _said("intervals", f"95%: {method}", "muted", width)
    yield []


def outcome_table(title: str, rows: Sequence[Row], width: int) -> Iterator[Line]:
    """Changes of outcomes with their intervals, a row each, under a line of heads."""
    heads = [title, *HEADS[1:]]
    widest = max(LABEL - 2, *(len(row.cells[0]) for row in rows))
    cells = [[f"{row.cells[0]:<{widest}}", *row.cells[1:]] for row in rows]
    columns = Columns(heads, cells, align=ALIGN, wide=len(heads) - 1, drop=(1,))
    yield columns.head(width)
    for row in rows:
        inks = ("muted", "text", "text", row.ink, "muted", row.ink)
        yield columns.draw(row.cells, inks, width)


def _said(name: str, text: str, ink: str, width: int) -> Iterator[Line]:
    pieces = wrapped(safe_text(text.strip("\n"), lines=True), width - LABEL - 1) if text else []
    for number, piece in enumerate(pieces):
        yield [label("" if number else name), (" " if len(name) >= LABEL and not number else "", "text"), (piece, ink)]


def code_lines(code: Sequence[Line], width: int) -> Iterator[Line]:
    """A definition with its line numbers; long lines go on below."""
    digits = len(str(len(code)))
    for number, line in enumerate(code, 1):
        for part, piece in enumerate(wrapped_spans(line, width - digits - 2)):
            yield [(f"{'' if part else number:>{digits}}  ", "faint"), *piece]
