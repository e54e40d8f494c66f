"""What runs came to, in words: facts of an outcome, and its change against another's with its interval."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ...core.metrics import NEWEST, Change, Comparison
from ...core.numbers.intervals import NEWCOMBE, WELCH
from ...core.workflows import FEW, Outcome
from .. import format
from ..glyphs import UNICODE, Glyphs
from ..lines import one_line

MOST = 20
"""Custom metrics that are shown."""


def outcome_facts(outcome: Outcome, glyphs: Glyphs = UNICODE) -> Iterator[tuple[str, str]]:
    """Label and text of what is known of some finished runs."""
    runs = max(outcome.runs, 1)
    counts = {name: getattr(outcome, name) for name in ("completed", "failed", "cancelled", "lost")}
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    if not outcome.ended:
        yield "runs", "none has ended yet"
        return
    few = f"  too few runs (under {FEW})" if outcome.too_few else ""
    yield "runs", f"{outcome.ended:,} ended: {told}  {outcome.success or 0:.0%} success{few}"
    if not outcome.runs:
        return
    if outcome.timed:
        known = "" if outcome.timed == outcome.runs else f"  of {outcome.timed:,} whose time is known"
        times = ((outcome.p50_s, "p50"), (outcome.p95_s, "p95"), (outcome.mean_s, "mean"))
        yield "took", "  ".join(f"{format.duration(seconds)} {name}" for seconds, name in times) + known
    each = f"steps {outcome.steps / runs:.3g}  retries {outcome.retries / runs:.2g}"
    tokens = format.count(round(outcome.tokens.total / runs))
    yield "per run", f"{each}  tokens {tokens}  cost {format.cost(outcome.per_run, glyphs)}"
    if outcome.unpriced:
        yield "no price", f"calls of {format.plural(outcome.unpriced, 'run')} are not in the cost"


DAYS = 14
"""Days of which a trend is drawn."""


def trend(days: Sequence[Outcome], glyphs: Glyphs = UNICODE) -> str:
    """How runs fared on the days on which some ended, oldest first, a sign each; empty for fewer than two days."""
    if len(days) < 2:
        return ""
    # A sign of a rate is its height; of other numbers, its part of the greatest.
    drawn = (
        f"success {spark([one.success for one in days], 1.0, glyphs)}",
        f"p50 {spark([one.p50_s for one in days], max(one.p50_s or 0 for one in days), glyphs)}",
        f"runs {spark([one.runs for one in days], max(one.runs for one in days), glyphs)}",
    )
    return f"{'  '.join(drawn)}  {days[0].day or format.UNKNOWN} to {days[-1].day}"


def spark(values: Sequence[float | None], most: float, glyphs: Glyphs) -> str:
    """A sign for each number, as high as its part of `most`; a blank for one that is not known."""
    steps = len(glyphs.spark)

    def sign(value: float | None) -> str:
        return " " if value is None else glyphs.spark[min(int(value / most * steps) if most else 0, steps - 1)]

    return "".join(map(sign, values))


class Row(NamedTuple):
    """One number of a comparison: safe texts under `HEADS`, and the ink of what it means."""

    cells: tuple[str, ...]
    ink: str


HEADS = ("", "before", "after", "change", "95% interval", "")
ALIGN = "lrrrll"


class Kind(NamedTuple):
    """How a number and its differences are said, and whether more of it is better."""

    value: Callable[[float], str]
    difference: Callable[[float], str]
    unit: str
    good: int
    """Whether more is better (1) or worse (-1), or nobody knows (0)."""
    fine: Callable[[float], str]
    """With more digits, for two numbers that would look the same."""

    def apart(self, before: float | None, after: float | None, glyphs: Glyphs) -> tuple[str, str]:
        """Two numbers that are compared: they look the same only where they are."""
        if before is not None and after is not None and before != after and self.value(before) == self.value(after):
            return self.fine(before), self.fine(after)
        return self.said(before, glyphs), self.said(after, glyphs)

    def said(self, value: float | None, glyphs: Glyphs) -> str:
        """A number that may be unknown."""
        return glyphs.dash if value is None else self.value(value)


def _signed(say: Callable[[float], str]) -> Callable[[float], str]:
    return lambda value: f"{'-' if value < 0 else '+'}{say(abs(value))}"


def _dollars(nanousd: float) -> str:
    return format.dollars(round(nanousd))


def _fine_dollars(nanousd: float) -> str:
    return format.fine_dollars(round(nanousd))


def _count(value: float) -> str:
    return format.count(round(value))


RATE = Kind(lambda share: f"{share:.0%}", lambda share: f"{100 * share:+.0f}", " points", 1, "{:.2%}".format)
FAILURES = RATE._replace(good=-1)
TIME = Kind(format.duration, _signed(format.duration), "", -1, format.fine_duration)
COST = Kind(_dollars, _signed(_dollars), "", -1, _fine_dollars)
COUNT = Kind(_count, _signed(_count), "", 0, "{:,.1f}".format)
METRIC = Kind(lambda value: f"{value:.4g}", lambda value: f"{value:+.3g}", "", 0, "{:.8g}".format)


def change_rows(found: Comparison, glyphs: Glyphs = UNICODE) -> list[Row]:
    """What differs between two versions, a number a row; those that neither has are left out."""
    known = [("success", found.success, RATE), ("mean time", found.duration, TIME), ("cost/run", found.cost, COST)]
    known += [(one_line(name, 24), change, METRIC) for name, change in list(found.metrics.items())[:MOST]]
    rows = [change_row(name, change, kind, glyphs) for name, change, kind in known]
    return [row for row, (_, change, _) in zip(rows, known, strict=True) if change.runs_before or change.runs_after]


def change_row(name: str, change: Change, kind: Kind, glyphs: Glyphs = UNICODE) -> Row:
    """One number: before, after, its change with the interval, and what that means."""
    verdict, ink = _verdict(change, kind.good)
    interval = f"{change.runs_before:,} and {change.runs_after:,} runs" if change.too_few else glyphs.dash
    if change.low is not None and change.high is not None:
        interval = f"{kind.difference(change.low)} to {kind.difference(change.high)}{kind.unit}"
    moved = glyphs.dash if change.difference is None else kind.difference(change.difference) + kind.unit
    return Row((name, *kind.apart(change.before, change.after, glyphs), moved, interval, verdict), ink)


def _verdict(change: Change, good: int) -> tuple[str, str]:
    if change.too_few:
        return "too few runs", "muted"
    if change.difference == 0:
        return "the same", "muted"
    if not change.clear:
        return "may be chance", "muted"
    way = (change.difference or 0) * good
    return ("better", "good") if way > 0 else ("worse", "bad") if way < 0 else ("differs", "strong")


def methods(found: Comparison) -> str:
    """How the intervals were made; empty if there is none."""
    said = []
    if found.success.low is not None:
        said.append(f"{NEWCOMBE} for success")
    if any(change.low is not None for change in (found.duration, found.cost, *found.metrics.values())):
        said.append(f"{WELCH} for means (of the newest {NEWEST:,} runs)")
    return "; ".join(said)


def reported(found: Comparison) -> str:
    """What the runs of a version reported, on average; empty if nothing."""
    values = [(one_line(name, 24), change.after) for name, change in found.metrics.items() if change.after is not None]
    return "  ".join(f"{name} {value:.4g}" for name, value in values[:MOST])
