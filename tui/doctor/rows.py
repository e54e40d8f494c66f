"""What doctor's screen lists: a finding a line, and all that is known of the one under the cursor."""

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from ...core.text import safe_text
from ...core.upkeep import Finding
from .. import format
from ..facts import aged
from ..glyphs import Glyphs
from ..lines import Line, one_line, wrapped
from .mending import Mended
from .words import INKS, SEVERITIES, mark, one_place

LABEL = 8
"""Cells before a fact of a finding."""
WHERE = 24
"""Cells of a place in the list, where what is wrong comes first; below it stands whole."""
WHOLE = 2000
"""Characters of a text that is shown whole."""


class Row(NamedTuple):
    """A finding, or what became of one."""

    finding: Finding
    done: str = ""
    """What was done: it is put right."""
    failed: str = ""
    """Why that could not be done."""

    @property
    def key(self) -> Hashable:
        """What tells it from the others."""
        one = self.finding
        return one.kind, one.where, one.what, bool(self.done)

    @property
    def curable(self) -> bool:
        """Whether it is still to be put right, and a program can."""
        return bool(self.finding.repair) and not self.done


def rows_of(found: Iterable[Finding], results: Sequence[Mended]) -> list[Row]:
    """The worst first, then in the order in which they were found; last what was put right."""
    failed = {(one.finding.kind, one.finding.where): one.failed for one in results if one.failed}
    rows = [Row(one, failed=failed.get((one.kind, one.where), "")) for one in found]
    rows.sort(key=lambda row: SEVERITIES.index(row.finding.severity))
    return [*rows, *(Row(one.finding, done=one.done) for one in results if one.done)]


def cells_of(row: Row, root: str, now: float, glyphs: Glyphs) -> list[str]:
    """The cells of its line: severity, kind, what, whether it can be put right, where."""
    one = row.finding
    severity = f"{glyphs.completed} done" if row.done else f"{mark(one.severity, glyphs)} {one.severity}"
    return [
        severity,
        one_line(one.kind, 40),
        aged(one_line(row.done or one.what, 300), now),
        glyphs.failed if row.failed else glyphs.mark if row.curable else "",
        format.short_id(one.where, glyphs) if one.where == one.run else one_place(one.where, root, WHERE),
    ]


def inks_of(row: Row) -> list[str]:
    """Their inks."""
    return [
        "good" if row.done else INKS[row.finding.severity],
        "muted" if row.done else "strong",
        "muted" if row.done else "text",
        "bad" if row.failed else "accent",
        "muted",
    ]


def detail_lines(row: Row, width: int) -> list[Line]:
    """Everything about it, safe to show: what, where, what to do, what `--fix` does, what came of that."""
    one = row.finding
    facts = (
        ("what", one.what, "strong"),
        ("done", row.done, "good"),
        ("failed", row.failed, "bad"),
        ("where", one.where, "text"),
        ("next", "" if row.done else one.advice, "text"),
        ("--fix", one.repair if row.curable else "", "accent"),
        ("run", one.run if one.run and one.run != one.where else "", "muted"),
    )
    lines: list[Line] = []
    for label, text, ink in facts:
        for number, piece in enumerate(wrapped(safe_text(text, limit=WHOLE), width - LABEL) if text else ()):
            lines.append([(f"{'' if number else label:<{LABEL}}", "muted"), (piece, ink)])
    return lines
