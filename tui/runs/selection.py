"""What the marked runs come to together, on two lines: sums, and in brackets how far apart the runs are."""

from collections.abc import Callable
from typing import NamedTuple

from ...core.numbers.figures import Figures, Spread
from .. import format
from ..glyphs import Glyphs
from ..lines import Line, width_of

LINES = 2


class _Figure(NamedTuple):
    """One measure: its sum, what is said of it at once, and the brackets."""

    name: str
    total: str
    unknown: str
    spread: str

    def line(self, *, whole: bool) -> Line:
        line: Line = [("   ", "text"), (f"{self.name} ", "muted"), (self.total, "strong"), (self.unknown, "warn")]
        return [*line, (f" {self.spread}" if whole and self.spread else "", "text")]


def selection_lines(found: Figures, width: int, glyphs: Glyphs) -> list[Line]:
    """The lines; what is not known of a run is counted apart, and is not nothing."""
    took = _figure("took", found.took, format.duration, glyphs)
    cost = _figure("cost", found.nanousd, lambda value: format.dollars(int(value)), glyphs)
    if found.computed:
        cost = cost._replace(total="~" + cost.total)
    if found.unpriced:
        known = glyphs.at_least + format.dollars(int(found.nanousd.total)) if found.nanousd.known else format.UNKNOWN
        cost = cost._replace(total=known, unknown=f", unknown in {found.unpriced:,}")
    tokens = _figure("tokens", found.tokens, lambda value: format.count(int(value)), glyphs)
    size = _figure("size", found.size_bytes, lambda value: format.size(int(value)), glyphs)
    upper, lower = _fitting(took, cost, width), _fitting(tokens, size, width)
    return [[(f" {glyphs.mark} ", "accent"), *upper[1:]], lower]


def _figure(name: str, spread: Spread, told: Callable[[float], str], glyphs: Glyphs) -> _Figure:
    if spread.least is None or spread.median is None or spread.most is None:
        return _Figure(name, format.UNKNOWN, "", "")
    least, median, most = (told(value) for value in (spread.least, spread.median, spread.most))
    apart = f"each {median}" if least == most else f"{least}{glyphs.dash}{most}, p50 {median}"
    return _Figure(name, told(spread.total), "", f"({apart})")


def _fitting(one: _Figure, other: _Figure, width: int) -> Line:
    """Both beside each other; where there is too little room without the first one's brackets, or without both."""
    ways = ((True, True), (False, True), (False, False))
    lines = [[*one.line(whole=first), *other.line(whole=second)] for first, second in ways]
    return next((line for line in lines if width_of(line) <= width), lines[-1])
