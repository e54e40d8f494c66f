"""The first line: where the data lies, what goes on in it, what it costs, and how fresh all of that is."""

from typing import NamedTuple

from ...core.runs import Totals
from .. import format
from ..glyphs import Glyphs
from ..lines import Line, between, one_line, width_of


class Facts(NamedTuple):
    """What the header tells."""

    name: str
    """Of the store."""
    totals: Totals | None = None
    mode: str = ""
    """`watching` or `polling`; empty before the watch has begun."""
    quiet: float | None = None
    """Seconds since the newest change."""
    problem: str = ""
    busy: Line = []
    """What is being done with runs."""
    read_only: bool = False
    budget: Line = []
    """A warning, if a budget is near its end or spent."""


_LOUD = (("running", "active"), ("waiting", "warn"), ("lost", "bad"), ("failed", "bad"))
"""Statuses that are counted in the header, with their ink."""


def header_line(facts: Facts, width: int, glyphs: Glyphs) -> Line:
    """The header in `width` cells: words give way to signs, then what matters least is left out."""
    right = _right(facts)
    room = width - width_of(right) - 2
    for name, short in ((60, False), (60, True), (20, True)):
        parts = [_name(facts, glyphs, name), _statuses(facts, glyphs, short)]
        parts = [part for part in (*parts, _amounts(facts, glyphs), _today(facts, glyphs), facts.budget) if part]
        if _width(parts) <= room:
            break
    while len(parts) > 1 and _width(parts) > room:
        parts.pop(2 if len(parts) > 3 else -1)
    line: Line = [(" ", "text")]
    for place, part in enumerate(parts):
        line += [*([("   " if place == 1 else f" {glyphs.line} ", "faint")] if place else []), *part]
    return between(line, [*right, (" ", "text")], width)


def _width(parts: list[Line]) -> int:
    return sum(width_of(part) + 3 for part in parts)


def _name(facts: Facts, glyphs: Glyphs, most: int) -> Line:
    """A long name by its end, which tells folders apart."""
    name = facts.name if len(facts.name) <= most else glyphs.ellipsis + facts.name[1 - most :]
    line: Line = [("flightlog", "title"), ("  ", "text"), (one_line(name, most), "text")]
    return [*line, ("  read-only", "warn")] if facts.read_only else line


def _statuses(facts: Facts, glyphs: Glyphs, short: bool) -> Line:
    if facts.totals is None:
        return []
    line: Line = []
    for status, ink in _LOUD:
        number = facts.totals.by_status.get(status, 0)
        if number or status == "running":
            text = f"{glyphs.status(status)} {number:,}" + ("" if short else f" {status}")
            line += [("  " if line else "", "text"), (text, ink if number else "muted")]
    return line


def _amounts(facts: Facts, glyphs: Glyphs) -> Line:
    if facts.totals is None:
        return []
    line: Line = [
        (format.plural(facts.totals.runs, "run"), "text"),
        (f"  {format.size(facts.totals.size_bytes)}", "muted"),
    ]
    if facts.totals.damaged:
        line.append((f"  {glyphs.damaged} {facts.totals.damaged:,} damaged", "warn"))
    return line


def _today(facts: Facts, glyphs: Glyphs) -> Line:
    if facts.totals is None or facts.totals.today.provenance == "none":
        return []
    return [("today ", "muted"), (format.cost(facts.totals.today, glyphs), "text")]


def _right(facts: Facts) -> Line:
    if facts.problem:
        return [(one_line(facts.problem, 60), "bad")]
    if facts.busy:
        return facts.busy
    if not facts.mode:
        return []
    ink = "muted" if facts.mode == "watching" else "warn"
    since = "" if facts.quiet is None else f" {format.age(facts.quiet)} ago"
    return [(facts.mode + since, ink)]
