"""The first line: where the data lies, what goes on in it, what it costs, and how fresh all of that is."""

from typing import Literal, NamedTuple

from ...core.budgets import Standing
from ...core.numbers.rates import Rate
from ...core.runs import Totals
from .. import format
from ..costs.budget_lines import INKS
from ..glyphs import Glyphs
from ..lines import Line, between, one_line, width_of

LONGEST = 59 * 60.0
"""Seconds whose words are as long as those of any age: what is told does not come and go while one waits."""

BAR = 8
"""Cells of the bar of today's budget."""


Subject = Literal["", "runs", "live", "costs", "space", "doctor", "failed", "lost"]
"""What a part of the header is about: a place, what is wrong, or runs of a status. Empty where it leads nowhere."""


class Part(NamedTuple):
    """A piece of the header."""

    line: Line
    about: Subject = ""


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
    day: Standing | None = None
    """How the budget of a day stands, if there is one of all runs."""
    rate: Rate | None = None
    """How fast money goes now."""


_LOUD: tuple[tuple[str, str, Subject], ...] = (
    ("running", "active", "live"),
    ("waiting", "warn", "live"),
    ("lost", "bad", "lost"),
    ("failed", "bad", "failed"),
)
"""Statuses that are counted in the header, with their ink, and where they are to be seen."""


class _Shape(NamedTuple):
    """What is told, and in how many words."""

    name: int = 60
    short: bool = False
    bar: bool = True
    amounts: bool = True
    rate: bool = True
    of: bool = True
    title: bool = True
    today: bool = True
    fresh: bool = True
    budget: bool = True


_SHAPES = (
    _Shape(),
    _Shape(short=True),
    _Shape(short=True, bar=False),
    _Shape(20, short=True, bar=False),
    _Shape(20, short=True, bar=False, amounts=False),
    _Shape(20, short=True, bar=False, amounts=False, of=False),
    _Shape(20, short=True, bar=False, amounts=False, of=False, title=False),
    _Shape(20, short=True, bar=False, amounts=False, of=False, title=False, rate=False),
    _Shape(20, short=True, bar=False, amounts=False, of=False, title=False, rate=False, fresh=False),
    _Shape(12, short=True, bar=False, amounts=False, of=False, title=False, rate=False, fresh=False),
    _Shape(20, short=True, bar=False, amounts=False, of=False, rate=False, today=False),
    *(
        _Shape(name, short=True, bar=False, amounts=False, title=False, rate=False, today=False, fresh=fresh)
        for name, fresh in ((20, True), (20, False), (12, False), (0, False))
    ),
    _Shape(0, True, bar=False, amounts=False, title=False, rate=False, today=False, fresh=False, budget=False),
)
"""From all to little: words give way to signs, then what matters least is left out. What runs, waits and is lost stays,
and a budget that is near its end goes only where there is no room for it at all."""


def header_line(facts: Facts, width: int, glyphs: Glyphs) -> Line:
    """The header in `width` cells, as much of it as there is room for."""
    left, right = _drawn(facts, width, glyphs)
    return between(_joined(left), right, width)


def subject_at(facts: Facts, width: int, glyphs: Glyphs, cell: int) -> Subject:
    """What that header is about in one of its cells."""
    left, right = _drawn(facts, width, glyphs)
    if cell >= width - width_of(right):
        return "doctor" if facts.problem else ""
    end = 0
    for part in left:
        end += width_of(part.line)
        if cell < end:
            return part.about
    return ""


def _drawn(facts: Facts, width: int, glyphs: Glyphs) -> tuple[list[Part], Line]:
    """Its pieces from the left, and what stands at the right."""
    shape = next((shape for shape in _SHAPES if _width(facts, shape, glyphs) <= width), _SHAPES[-1])
    left = [Part([(" ", "text")])]
    if name := _name(facts, glyphs, shape):
        left += [Part(name), Part([("   ", "faint")])]
    for place, group in enumerate(_groups(facts, shape, glyphs)):
        left += [Part([(f" {glyphs.line} ", "faint")]), *group] if place else group
    return left, [*_right(facts, shape), (" ", "text")]


def _joined(parts: list[Part]) -> Line:
    return [span for part in parts for span in part.line]


def _groups(facts: Facts, shape: _Shape, glyphs: Glyphs) -> list[list[Part]]:
    """What it tells of the runs, what belongs together in one group."""
    groups = [
        _statuses(facts, glyphs, shape.short),
        _amounts(facts, glyphs) if shape.amounts else [],
        [Part(_today(facts, glyphs, shape) if shape.today else [], "costs")],
        [Part(_rate(facts.rate, glyphs) if shape.rate else [], "costs")],
        [Part(facts.budget if shape.budget else [], "costs")],
    ]
    return [group for group in groups if _joined(group)]


def _width(facts: Facts, shape: _Shape, glyphs: Glyphs) -> int:
    """Cells it takes, with a gap behind each part and a blank at either end."""
    lines = [_name(facts, glyphs, shape), *map(_joined, _groups(facts, shape, glyphs))]
    aged = facts if facts.quiet is None else facts._replace(quiet=LONGEST)
    right = max(width_of(_right(facts, shape)), width_of(_right(aged, shape)))
    return sum(width_of(line) + 3 for line in lines if line) + right + 2


def _name(facts: Facts, glyphs: Glyphs, shape: _Shape) -> Line:
    """A long name by its end, which tells folders apart."""
    most, line = shape.name, list[tuple[str, str]]()
    if shape.title:
        line.append(("flightlog", "title"))
    if most:
        name = facts.name if len(facts.name) <= most else glyphs.ellipsis + facts.name[1 - most :]
        line.append((one_line(name, most), "text"))
    if facts.read_only:
        line.append(("read-only", "warn"))
    return [span for place, one in enumerate(line) for span in ([("  ", "text"), one] if place else [one])]


def _statuses(facts: Facts, glyphs: Glyphs, short: bool) -> list[Part]:
    if facts.totals is None:
        return []
    parts: list[Part] = []
    for status, ink, about in _LOUD:
        number = facts.totals.by_status.get(status, 0)
        if number or status == "running":
            text = f"{glyphs.status(status)} {number:,}" + ("" if short else f" {status}")
            parts += [Part([("  ", "text")])] if parts else []
            parts.append(Part([(text, ink if number else "muted")], about))
    return parts


def _amounts(facts: Facts, glyphs: Glyphs) -> list[Part]:
    totals = facts.totals
    if totals is None:
        return []
    parts = [
        Part([(format.plural(totals.runs, "run"), "text")], "runs"),
        Part([(f"  {format.size(totals.size_bytes)}", "muted")], "space"),
    ]
    if totals.damaged:
        parts.append(Part([(f"  {glyphs.damaged} {totals.damaged:,} damaged", "warn")], "doctor"))
    return parts


def _today(facts: Facts, glyphs: Glyphs, shape: _Shape) -> Line:
    day = facts.day
    if facts.totals is None or (facts.totals.today.provenance == "none" and day is None):
        return []
    line: Line = [("today ", "muted"), (format.cost(facts.totals.today, glyphs), "text")]
    if day is not None and shape.of:
        line.append((f" of {format.round_dollars(day.budget.max_nanousd)}", "muted"))
        if shape.bar:
            filled = min(-(-day.spent_nanousd * BAR // day.budget.max_nanousd), BAR)
            line += [(" " + glyphs.bar * filled, INKS[day.state]), (glyphs.bar_rest * (BAR - filled), "faint")]
    return line


def _rate(rate: Rate | None, glyphs: Glyphs) -> Line:
    """What an hour costs if it goes on; nothing while nothing is spent, so that no old number stands there."""
    if rate is None or rate.idle:
        return []
    hourly = rate.nanousd_per_hour
    told = format.UNKNOWN if hourly is None else format.dollars(hourly)
    sign = glyphs.at_least if rate.unknown and hourly is not None else glyphs.approximately
    return [(f"{sign} ", "muted"), (told, "text"), ("/h", "muted")]


def _right(facts: Facts, shape: _Shape) -> Line:
    if facts.problem:
        return [(one_line(facts.problem, 60), "bad")]
    if facts.busy:
        return facts.busy
    if not facts.mode:
        return []
    ink = "muted" if facts.mode == "watching" else "warn"
    since = "" if facts.quiet is None else f"{format.age(facts.quiet)} ago"
    mode = facts.mode if shape.fresh or facts.mode != "watching" or not since else ""
    return [(" ".join(part for part in (mode, since) if part), ink)]
