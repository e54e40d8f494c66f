"""The first line: where the data lies, what goes on in it, what it costs, and how fresh all of that is."""

from typing import NamedTuple

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


_LOUD = (("running", "active"), ("waiting", "warn"), ("lost", "bad"), ("failed", "bad"))
"""Statuses that are counted in the header, with their ink."""


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
    shape = next((shape for shape in _SHAPES if _width(facts, shape, glyphs) <= width), _SHAPES[-1])
    line: Line = [(" ", "text")]
    if name := _name(facts, glyphs, shape):
        line += [*name, ("   ", "faint")]
    for place, part in enumerate(_parts(facts, shape, glyphs)):
        line += [(f" {glyphs.line} ", "faint"), *part] if place else part
    return between(line, [*_right(facts, shape), (" ", "text")], width)


def _parts(facts: Facts, shape: _Shape, glyphs: Glyphs) -> list[Line]:
    parts = [
        _statuses(facts, glyphs, shape.short),
        _amounts(facts, glyphs) if shape.amounts else [],
        _today(facts, glyphs, shape) if shape.today else [],
        _rate(facts.rate, glyphs) if shape.rate else [],
        facts.budget if shape.budget else [],
    ]
    return [part for part in parts if part]


def _width(facts: Facts, shape: _Shape, glyphs: Glyphs) -> int:
    """Cells it takes, with a gap behind each part and a blank at either end."""
    parts = [_name(facts, glyphs, shape), *_parts(facts, shape, glyphs)]
    aged = facts if facts.quiet is None else facts._replace(quiet=LONGEST)
    right = max(width_of(_right(facts, shape)), width_of(_right(aged, shape)))
    return sum(width_of(part) + 3 for part in parts if part) + right + 2


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
