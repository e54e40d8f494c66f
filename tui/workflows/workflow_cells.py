"""What is said of a workflow in the list of them, and the orders that the list can have."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ...core.text import cells
from ...core.workflows import Workflow
from .. import format
from ..glyphs import Glyphs
from ..lines import Columns, Line, one_line

HEADS = ("", "Workflow", "Versions", "Runs", "Running", "Waiting", "Lost", "Success", "Last run")
ALIGN = "llrrrrrrl"
WIDE = 1
DROP = (5, 6, 2, 4, 8, 7)
"""Columns that are left out first where there is no room."""
NAMES = 24
"""Cells that names have where there is room, however short they are."""


class Order(NamedTuple):
    """One way to sort."""

    name: str
    key: Callable[[Workflow], Any]
    descending: bool


ORDERS = (
    Order("last run", lambda one: one.last_run or "", True),
    Order("name", lambda one: one.id, False),
    Order("runs", lambda one: one.runs, True),
    Order("success", lambda one: 2.0 if one.success is None else one.success, False),
)


def in_order(workflows: Sequence[Workflow], order: Order) -> list[Workflow]:
    """The workflows sorted; equals by id."""
    return sorted(sorted(workflows, key=lambda one: one.id), key=order.key, reverse=order.descending)


def cells_of(workflow: Workflow, glyphs: Glyphs) -> list[tuple[str, str]]:
    """Texts and inks of a line."""
    sign, sign_ink = _sign(workflow, glyphs)
    versions = f"{workflow.versions}" if workflow.versions else glyphs.dash
    success = glyphs.dash if workflow.success is None else f"{workflow.success:.0%}"
    last = format.clock(workflow.last_run) if workflow.last_run else glyphs.dash
    return [
        (sign, sign_ink),
        (one_line(workflow.id, 130), "strong"),
        (versions, "text" if workflow.versions else "faint"),
        (f"{workflow.runs:,}", "text" if workflow.runs else "faint"),
        _count(workflow.running, "active"),
        _count(workflow.waiting, "warn"),
        _count(workflow.lost, "bad"),
        (success, "faint" if workflow.success is None else "text"),
        (last, "muted"),
    ]


def _count(number: int, ink: str) -> tuple[str, str]:
    return (f"{number:,}", ink) if number else ("", "faint")


def _sign(workflow: Workflow, glyphs: Glyphs) -> tuple[str, str]:
    """The sign of what needs a person's eye most."""
    if workflow.waiting:
        return glyphs.waiting, "warn"
    return (glyphs.running, "active") if workflow.running else (" ", "text")


def columns_for(workflows: Sequence[Workflow], glyphs: Glyphs) -> Columns:
    """Columns wide enough for all of them."""
    rows = [[text for text, _ in cells_of(one, glyphs)] for one in workflows]
    most = max((cells(row[WIDE]) for row in rows), default=0)
    return Columns(HEADS, rows, align=ALIGN, wide=WIDE, drop=DROP, most=max(most, NAMES))


def line_of(workflow: Workflow, columns: Columns, width: int, glyphs: Glyphs) -> Line:
    """One workflow."""
    found = cells_of(workflow, glyphs)
    return columns.draw([text for text, _ in found], [ink for _, ink in found], width)
