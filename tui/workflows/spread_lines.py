"""Two versions over all their runs as lines: how many ended how, and a small histogram for every number."""

from collections.abc import Iterator, Sequence

from ...core.comparing.spreads import Histogram, Spread, TwoVersions
from ...core.metrics import NEWEST, success_change
from ...core.workflows import Outcome
from ..glyphs import Glyphs
from ..lines import Line, one_line, right, status_ink
from .outcome_facts import COST, COUNT, METRIC, RATE, TIME, Kind, change_row

LABEL, SIDE, NUMBER = 14, 6, 9
"""Cells of a name, of a version, of a number."""

KINDS: dict[str, Kind] = {"seconds": TIME, "nanousd": COST, "count": COUNT, "bytes": COUNT, "number": METRIC}
STATUSES = ("completed", "failed", "cancelled", "lost")


def spread_lines(found: TwoVersions, width: int, glyphs: Glyphs) -> Iterator[Line]:
    """The whole page for so many cells."""
    names = (f"@{found.before.version}", f"@{found.after.version}")
    yield from _counts(found, names, glyphs)
    for spread in found.spreads:
        yield []
        yield from _spread(spread, names, width, glyphs)
    yield []
    about = f"histograms, p50 and p95 of the newest {NEWEST:,} finished runs of each version; changes are of the mean"
    yield [(piece, "faint") for piece in (about,)]


def _counts(found: TwoVersions, names: tuple[str, str], glyphs: Glyphs) -> Iterator[Line]:
    yield [(f"{'':<{LABEL}}", "text"), *((right(name, SIDE + NUMBER), "title") for name in names)]
    sides = (found.before, found.after)
    yield _numbers("ended", [f"{side.ended:,}" for side in sides], "strong")
    for status in STATUSES:
        numbers = [getattr(side, status) for side in sides]
        if any(numbers):
            texts = [_of(number, side) for number, side in zip(numbers, sides, strict=True)]
            line = _numbers(status, texts, "text")
            yield [(f"{glyphs.status(status)} {status:<{LABEL - 2}}", status_ink(status)), *line[1:]]
    success = change_row("success", success_change(found.before, found.after), RATE, glyphs)
    yield _change(success.cells, success.ink, "success")


def _of(number: int, side: Outcome) -> str:
    return f"{number:,}  {number / (side.ended or 1):>4.0%}"


def _numbers(name: str, texts: Sequence[str], ink: str) -> Line:
    return [(f"{name:<{LABEL}}", "text"), *((right(text, SIDE + NUMBER), ink) for text in texts)]


def _change(cells: Sequence[str], ink: str, name: str = "") -> Line:
    """What became of a number: its difference, the interval of that, and what it means."""
    _, before, after, difference, interval, verdict = cells
    line: Line = [(f"{name:<{LABEL}}", "muted"), (f"{before} to {after}", "text"), (f"  {difference}", "strong")]
    return [*line, (f"  {interval}", "muted"), (f"  {verdict}", ink)]


def _spread(spread: Spread, names: tuple[str, str], width: int, glyphs: Glyphs) -> Iterator[Line]:
    kind = KINDS[spread.unit]
    good = {"less": -1, "more": 1, "": 0}[spread.better]
    row = change_row(one_line(spread.name, 40), spread.change, kind._replace(good=good), glyphs)
    bins = max(12, min(60, width - SIDE - 3 * NUMBER - 8))
    histogram = spread.histogram(bins)
    sign = {"less": f" {glyphs.descending}", "more": f" {glyphs.ascending}", "": ""}[spread.better]
    heads = "".join(right(head, NUMBER) for head in ("p50", "p95", "runs"))
    name: Line = [(one_line(spread.name, bins), "title"), (sign, "faint")]
    yield [*name, (right(heads, SIDE + bins + 3 * NUMBER - sum(len(text) for text, _ in name)), "muted")]
    most = max((*histogram.before, *histogram.after), default=0) if histogram else 0
    shares = _shares(histogram, len(spread.before), len(spread.after))
    for label, side, drawn in zip(names, (spread.before, spread.after), shares, strict=True):
        numbers = [kind.said(spread.percentile(side, share), glyphs) for share in (0.5, 0.95)]
        tail = "".join(right(text, NUMBER) for text in (*numbers, f"{len(side):,}"))
        yield [(f"{label:<{SIDE}}", "muted"), (_bars(drawn, shares, bins, glyphs), "active"), (tail, "text")]
    if histogram and most:
        yield _scale(histogram, kind, bins, glyphs)
    yield _change(row.cells, row.ink, "mean")


def _shares(histogram: Histogram | None, before: int, after: int) -> tuple[list[float], list[float]]:
    """The part of each side's runs that lies in each bin: versions with few and with many runs can be compared."""
    if histogram is None:
        return [], []
    sides = ((histogram.before, before), (histogram.after, after))
    one, other = ([count / (runs or 1) for count in counts] for counts, runs in sides)
    return one, other


def _bars(drawn: Sequence[float], both: tuple[list[float], list[float]], bins: int, glyphs: Glyphs) -> str:
    most = max((*both[0], *both[1]), default=0.0) or 1.0
    steps = len(glyphs.spark)
    signs = (" " if not share else glyphs.spark[min(int(share / most * steps), steps - 1)] for share in drawn)
    return "".join(signs).ljust(bins)


def _scale(histogram: Histogram, kind: Kind, bins: int, glyphs: Glyphs) -> Line:
    """Where the scale begins and ends."""
    low, high = kind.value(histogram.low), kind.value(histogram.high)
    middle = " log scale " if histogram.ratios else " "
    dots = max(bins - len(low) - len(high) - len(middle), 0) // 2 * glyphs.bar_rest
    return [(f"{'':<{SIDE}}{low}{dots}{middle}{dots}{high}", "faint")]
