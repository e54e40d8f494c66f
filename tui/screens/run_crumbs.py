"""The top line of a run's screen: the way that led there, the run itself, and short facts about it."""

from textual.dom import DOMNode

from ...core import clock
from ...core.clock import between
from ...core.progress import Standing
from ...core.query.query import of_version
from ...core.runs import Run
from ...core.text import cells, fit
from .. import format
from ..facts import until
from ..glyphs import Glyphs, glyphs_of
from ..lines import Line, all_leading, leading, one_line, status_ink, width_of
from ..live.watching import watching_of
from ..loading import SLOW
from ..messages import ShowRuns
from ..places import version_name, way_to

WIDE = 100
"""Columns from which on the place is told before the workflow."""

FACTS = 42
"""Cells of facts that a long name leaves: enough for its time, its tokens and what it cost."""


def run_crumbs(
    node: DOMNode, id: str, run: Run | None, width: int, reading: Standing | None = None
) -> tuple[Line, Line]:
    """The parts at the left and the facts at the right, in so many cells; the id alone while the run is being read.

    `reading`: how far what was recorded is read, which the facts are about.
    """
    glyphs = glyphs_of(node)
    short = format.short_id(one_line(id, 40), glyphs)
    if run is None:
        return [(f" {short} ", "muted"), ("reading ", "faint")], []
    watched = (watching := watching_of(node)) is not None and run.id in watching.ids
    here: Line = [(f" {glyphs.status(run.status)} ", status_ink(run.status))]
    here += [(f"{glyphs.watched} " if watched else "", "accent"), (f"{short} ", "muted")]
    way, name = _way(node, run, width >= WIDE), one_line(run.name or run.objective, 120)
    left = width - 8 - width_of(way) - width_of(here)
    facts = _facts(run, reading, glyphs, min(width - 36, max(left - cells(name) - 2, FACTS)))
    room = left - width_of(facts)
    if name and room > 8:
        here.append((f" {fit(name, min(room - 2, cells(name)))} ", "text"))
    return [*way, *here], [(" ", "text"), *facts, (" ", "text")] if facts else []


def _way(node: DOMNode, run: Run, wide: bool) -> Line:
    """The place that the person came from, and the workflow: each leads back there."""
    where = getattr(node.app, "whereabouts", None)
    place = where.place if where is not None else "runs"
    name = version_name(run.workflow, run.version)
    runs = ShowRuns(of_version(run.workflow, run.version).text, name, place=place)
    way = all_leading(way_to(place, glyphs_of(node)), f"place.{place}") if wide else []
    return [*way, *all_leading([(f" {name} ", "strong"), (glyphs_of(node).into, "faint")], runs)]


def _facts(run: Run, reading: Standing | None, glyphs: Glyphs, width: int) -> Line:
    """Short facts, as many as fit; the last ones weigh most."""
    took = format.duration(between(run.started, until(run, clock.now_s())))
    parts = [
        (one_line(format.session(run.session or "", glyphs), 24), "muted"),
        (f"attempt {run.attempt}" if run.attempt > 1 else "", "muted"),
        (run.status if run.status != "completed" else "", status_ink(run.status)),
        (took, "text"),
        (leading(f"{format.count(run.tokens.total)} tokens" if run.tokens.total else "", "run.costs"), "muted"),
        (leading(format.cost(run.money, glyphs) if run.money.provenance != "none" else "", "run.costs"), "text"),
        (_read_so_far(reading), "active"),
    ]
    line: Line = []
    for text, ink in reversed(parts):
        if text and width_of(line) + len(text) + 2 <= width:
            line = [(text, ink), ("  ", "text"), *line]
    return line[:-1]


def _read_so_far(at: Standing | None) -> str:
    """`34% read`; nothing where it takes only a moment."""
    return f"{min(100 * at.done // at.total, 99)}% read" if at and at.total and at.seconds >= SLOW else ""
