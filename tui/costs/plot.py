"""What was spent when, as bars of cells: stacked by what it was spent for, with what nobody knows the price of apart.

Plain values and whole numbers; what time the bars stand for is in `spans.py`, what draws axes round the cells in
`widgets/plot.py`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from ...core.costs import NANO, Money, Spent
from .. import format
from ..glyphs import Glyphs
from ..lines import Line, one_line, width_of
from .spans import Span, bucket_of, in_words

StackBy = Literal["workflow", "model"]

PARTS = 5
"""Workflows or models that have a sign of their own; the others share one."""
INKS = ("active", "accent", "good", "title", "text", "muted")
"""Of the parts, as `Glyphs.stack` are their signs: neither stands alone."""
_STEPS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
"""What the highest tick may be, in tenths of a power of ten: of no plot is more than a quarter empty."""


class Part(NamedTuple):
    """One workflow or model, or all others together."""

    key: str | None
    """The workflow or model; None for all others."""
    name: str
    """Safe to show."""
    money: Money
    bars: tuple[int, ...]
    """Nano-dollars of each bucket."""


class Stack(NamedTuple):
    """What is plotted."""

    span: Span
    parts: tuple[Part, ...]
    """The greatest first."""
    unknown: tuple[int, ...]
    """Calls without a price in each bucket."""
    by: StackBy

    @property
    def totals(self) -> tuple[int, ...]:
        """Nano-dollars of each bucket."""
        return tuple(map(sum, zip(*(part.bars for part in self.parts), strict=True))) or (0,) * len(self.span.buckets)

    @property
    def top(self) -> int:
        """Nano-dollars of the highest tick: a round number, at least what the highest bar has."""
        most, unit = max(self.totals), NANO // 100_000
        while True:
            for step in _STEPS:
                if step * unit >= most:
                    return step * unit
            unit *= 10


def stacked(spent: Iterable[Spent], span: Span, by: StackBy) -> Stack:
    """Sums by bucket and key as parts; what lies outside of the span is left out."""
    places = {bucket: n for n, bucket in enumerate(span.buckets)}
    bars: dict[str, list[int]] = defaultdict(lambda: [0] * len(places))
    money: dict[str, Money] = defaultdict(Money)
    unknown = [0] * len(places)
    for one in spent:
        place = places.get(bucket_of(one.t, span.unit))
        if place is not None:
            bars[one.key][place] += one.money.known_nanousd
            money[one.key] += one.money
            unknown[place] += one.money.unknown
    order = sorted(bars, key=lambda key: (-money[key].known_nanousd, key))
    kept = order if len(order) <= PARTS + 1 else order[:PARTS]
    parts = [Part(key, one_line(key, 24) or f"no {by}", money[key], tuple(bars[key])) for key in kept]
    if rest := order[len(kept) :]:
        sums = tuple(map(sum, zip(*(bars[key] for key in rest), strict=True)))
        parts.append(Part(None, f"{len(rest):,} others", sum((money[key] for key in rest), Money()), sums))
    return Stack(span, tuple(parts), tuple(unknown), by)


class Dot(NamedTuple):
    """One cell of the plot, counted from its lower left corner."""

    x: int
    y: int
    part: int
    """Place of the part; -1 for calls without a price."""


class Raster(NamedTuple):
    """Where bars lie in so many cells."""

    bars: int
    """How many there are."""
    columns: int
    rows: int

    @property
    def bar(self) -> int:
        """Cells of a bar: all are as wide, with a cell between them where there is room."""
        step = self.columns // max(self.bars, 1)
        return max(step - 1, 1)

    @property
    def room(self) -> int:
        """The row of the highest tick, an even one, so that half of it is one too; over it is room for signs."""
        room = max(self.rows - 1, 1)
        return room - room % 2 if room > 2 else room

    def start(self, bar: int) -> int:
        """The first column of a bar."""
        return bar * self.columns // max(self.bars, 1)

    def bar_at(self, column: int) -> int:
        """The bar that a column belongs to, with the cell between it and the next one."""
        return ((min(column, self.columns - 1) + 1) * self.bars - 1) // max(self.columns, 1)

    def middle(self, bar: int) -> int:
        """The column in the middle of a bar."""
        return self.start(bar) + self.bar // 2


def dots(stack: Stack, raster: Raster) -> list[Dot]:
    """The cells of all bars; one that is more than nothing has a cell. Over what has calls without a price a `?`."""
    top, room, found = stack.top, raster.room, []
    for n, total in enumerate(stack.totals):
        height = min(-(-total * room // top), room)
        for y in range(height):
            part = _part_at(stack, n, total * (2 * y + 1), 2 * height)
            found += [Dot(raster.start(n) + x, y, part) for x in range(raster.bar)]
        if stack.unknown[n]:
            found.append(Dot(raster.middle(n), min(height, raster.rows - 1), -1))
    return [dot for dot in found if dot.x < raster.columns]


def _part_at(stack: Stack, bar: int, amount: int, scale: int) -> int:
    """The part in which `amount / scale` of a bar lies, from below."""
    below = 0
    for place, part in enumerate(stack.parts):
        below += part.bars[bar]
        if amount < below * scale:
            return place
    return len(stack.parts) - 1


def money_ticks(stack: Stack, raster: Raster) -> list[tuple[int, str]]:
    """Rows of the axis with what they stand for."""
    room, top = raster.room, stack.top
    places = [0, room // 2, room] if room >= 4 else [0, room]
    return [(place, _amount(top * place // room) if place else "$0") for place in places]


def _amount(nanousd: int) -> str:
    """`$20`, `$1.25`, `$0.0125`: to the last digit, for half of a round number may have one more than a sum."""
    if nanousd >= NANO:
        return format.round_dollars(nanousd)
    return "$0." + f"{nanousd:09}".rstrip("0").ljust(2, "0")


def time_ticks(stack: Stack, raster: Raster) -> list[tuple[int, str]]:
    """Columns of the axis with the time of their bar: as many as stand apart."""
    hourly, names = stack.span.unit == "hour", stack.span.names
    width = max(map(len, names))
    least = -(-(width + 2) * raster.bars // max(raster.columns, 1)) or 1
    every = next((n for n in (1, 2, 3, 4, 6, 12, 24) if n >= least), least) if hourly else least
    shown = range((len(names) - 1) % every, len(names), every)  # the newest one has its name
    kept = [(raster.middle(n), names[n]) for n in shown]
    return [(place, name) for place, name in kept if place + width - width // 2 <= raster.columns] or kept[:1]


def legend(stack: Stack, width: int, glyphs: Glyphs) -> Line:
    """The sign of each part with its name and its sum, as many as fit; then what has no price."""
    unknown = sum(stack.unknown)
    last: Line = [(f"  {format.UNKNOWN} {format.plural(unknown, 'call')} without a price", "warn")] if unknown else []
    shown = _named(stack, width - width_of(last), glyphs)
    line = [span for part in shown for span in part]
    more: Line = [(glyphs.ellipsis, "muted")] if len(shown) < len(stack.parts) else []
    line = [*line, *more, *last]
    return line or [(f"nothing was spent by any {stack.by} in this time", "muted")]


def part_at(stack: Stack, width: int, glyphs: Glyphs, cell: int) -> Part | None:
    """The part that this legend names in one of its cells."""
    end, unknown = 0, legend(stack, width, glyphs)[-1:] if sum(stack.unknown) else []
    for part, line in zip(stack.parts, _named(stack, width - width_of(unknown), glyphs), strict=False):
        end += width_of(line)
        if cell < end:
            return part
    return None


def _named(stack: Stack, width: int, glyphs: Glyphs) -> list[Line]:
    """The beginning of the parts, as far as there is room for it."""
    found: list[Line] = []
    for place, part in enumerate(stack.parts):
        span: Line = [
            (f"{glyphs.stack[place]} ", INKS[place]),
            (part.name, "text"),
            (f" {format.cost(part.money, glyphs)}  ", "muted"),
        ]
        width -= width_of(span)
        if width < 0:
            break
        found.append(span)
    return found


def told(stack: Stack, bucket: str) -> str:
    """What a bar stands for, in words."""
    place = stack.span.buckets.index(bucket)
    spent, unknown = stack.totals[place], stack.unknown[place]
    amount = format.dollars(spent) if spent or not unknown else format.UNKNOWN
    more = f", {format.plural(unknown, 'call')} without a price" if unknown else ""
    return f"{in_words(bucket, stack.span.unit)}: {amount}{more}"


def ranges(parts: Sequence[Dot]) -> dict[int, tuple[list[int], list[int]]]:
    """Columns and rows of the cells of each part."""
    found: dict[int, tuple[list[int], list[int]]] = {}
    for dot in parts:
        columns, rows = found.setdefault(dot.part, ([], []))
        columns.append(dot.x)
        rows.append(dot.y)
    return found
