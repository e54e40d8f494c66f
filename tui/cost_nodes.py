"""What a run cost, by model and by step, with where each number comes from."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ..core.costs import CostGroup, CostRecord, Money, Tokens
from . import format
from .facts import gap
from .glyphs import Glyphs
from .lines import Columns, Line, one_line
from .nodes import Node

HEADS = ("", "calls", "in", "out", "cached", "reasoning", "cost", "", "from")
ALIGN = "lrrrrrrll"
SHARE = 10
"""Cells of the bar that shows a share of the money."""

NAME = 24
"""Cells of a model's or step's name."""

CALLS = 200
"""Calls that are unfolded below a sum."""


@dataclass
class Sum:
    """The calls that share a key, and what they come to."""

    key: str
    records: list[CostRecord] = field(default_factory=list)
    tokens: Tokens = Tokens()  # noqa: RUF009 - a frozen value
    money: Money = Money()  # noqa: RUF009
    prices: set[str] = field(default_factory=set)

    def add(self, record: CostRecord) -> None:
        """Counts one more call."""
        self.records.append(record)
        a, b = self.tokens, record.tokens
        self.tokens = Tokens(
            input=a.input + b.input,
            output=a.output + b.output,
            cache_read=a.cache_read + b.cache_read,
            cache_write=a.cache_write + b.cache_write,
            reasoning=a.reasoning + b.reasoning,
        )
        self.money += money_of(record)
        if record.provenance == "computed":
            self.prices.add(record.prices)

    @property
    def origin(self) -> str:
        """Where the money comes from: `recorded`, `computed: 2026-10-01`, `1 unknown`."""
        parts = ["recorded"] if self.money.recorded else []
        if self.money.computed:
            dates = ", ".join(sorted(one_line(date, 20) for date in self.prices if date)[:2])
            parts.append(f"computed: {dates}" if dates else "computed")
        if self.money.unknown:
            parts.append(f"{self.money.unknown:,} unknown")
        return "; ".join(parts)


def money_of(record: CostRecord) -> Money:
    """One call as a sum."""
    if record.nanousd is None:
        return Money(unknown=1)
    if record.provenance == "computed":
        return Money(computed_nanousd=record.nanousd, computed=1)
    return Money(recorded_nanousd=record.nanousd, recorded=1)


class Costs:
    """The calls of a run summed in all, by model, and by step; dearest first."""

    def __init__(
        self, records: Sequence[CostRecord], names: Mapping[str, str], family: CostGroup | None = None
    ) -> None:
        """`family`: what it and all runs below it cost together, where there are any."""
        self.family = family if family is not None and family.runs > 1 else None
        self.total = Sum("total")
        for record in records:
            self.total.add(record)
        self.by_model = summed(records, lambda record: record.model)
        self.by_step = summed(records, lambda record: record.step or "")
        self.names = names


def summed(records: Iterable[CostRecord], key: Callable[[CostRecord], str]) -> list[Sum]:
    """Calls by key, dearest first; those of unknown price after all others, by their tokens."""
    sums: dict[str, Sum] = {}
    for record in records:
        sums.setdefault(key(record), Sum(key(record))).add(record)
    return sorted(sums.values(), key=lambda one: (-(one.money.nanousd or 0), -one.tokens.total, one.key))


def cost_nodes(costs: Costs, glyphs: Glyphs) -> list[Node]:
    """The whole page: both tables over one set of columns, and the total."""
    whole = costs.total.money.known_nanousd or 1
    models = [(one, one_line(one.key, 48) or "no model", False) for one in costs.by_model]
    steps = [
        (one, one_line(costs.names.get(one.key, one.key), 48) or "outside of steps", True) for one in costs.by_step
    ]
    rows = [_cells(one, name, whole, glyphs) for one, name, _ in (*models, *steps)]
    last = _cells(costs.total, "total", 0, glyphs)
    columns = Columns(HEADS, [*rows, last], align=ALIGN, wide=8, drop=(7, 5, 4, 1))
    columns.widths[0] = max(columns.widths[0], NAME)
    return [
        *_table("by model", models, columns, whole, costs, glyphs),
        gap("steps"),
        *_table("by step", steps, columns, whole, costs, glyphs),
        gap("total"),
        Node("total", lambda width: columns.draw(last, ["strong"] * 7 + ["faint", "muted"], width)),
        *_unknown(costs.total),
        *family_nodes(costs, glyphs),
    ]


def family_nodes(costs: Costs, glyphs: Glyphs) -> list[Node]:
    """What the run and all runs below it cost together, apart from what it cost itself."""
    family = costs.family
    if family is None:
        return []
    line: Line = [
        ("with children  ", "muted"),
        (format.cost(family.money, glyphs), "strong"),
        (f"  {format.count(family.tokens.total)} tokens, {format.plural(family.calls, 'call')}", "text"),
        (f" in {format.plural(family.runs, 'run')}: this one, and each that lies below it, once", "muted"),
    ]
    return [gap("family"), Node("family", line)]


def _table(
    title: str, sums: Sequence[tuple[Sum, str, bool]], columns: Columns, whole: int, costs: Costs, glyphs: Glyphs
) -> Iterator[Node]:
    heads = (title, *HEADS[1:])
    inks = ["title"] + ["muted"] * (len(HEADS) - 1)
    yield Node(("head", title), partial(columns.draw, heads, inks))
    for one, name, by_step in sums:
        cells = _cells(one, name, whole, glyphs)
        yield Node(
            (title, one.key),
            partial(columns.draw, cells, _INKS),
            partial(_calls, one, by_step, columns, costs, glyphs),
        )


_INKS = ["text", "muted", "text", "text", "muted", "muted", "strong", "active", "muted"]


def _cells(one: Sum, name: str, whole: int, glyphs: Glyphs) -> tuple[str, ...]:
    share = format.bar(one.money.known_nanousd / whole, SHARE, glyphs) if whole else " " * SHARE
    cached = one.tokens.cache_read + one.tokens.cache_write
    return (
        name,
        f"{len(one.records):,}",
        f"{one.tokens.input:,}",
        f"{one.tokens.output:,}",
        f"{cached:,}" if cached else "",
        f"{one.tokens.reasoning:,}" if one.tokens.reasoning else "",
        format.cost(one.money, glyphs),
        share,
        one.origin,
    )


def _calls(one: Sum, by_step: bool, columns: Columns, costs: Costs, glyphs: Glyphs) -> list[Node]:
    """The single calls below a sum; their names are shorter by the indentation, so that numbers stay in line."""
    nodes = []
    columns = columns.narrowed(2)
    for record in one.records[:CALLS]:
        call = Sum(str(record.seq))
        call.add(record)
        step = costs.names.get(record.step, record.step) if record.step else ""
        what = record.model if by_step else step or record.agent
        name = f"{format.clock(record.t)}  {one_line(what, NAME - 8)}"
        cells = _cells(call, name, 0, glyphs)
        nodes.append(Node(record.seq, partial(columns.draw, cells, ["muted"] * len(HEADS)), target=record.step))
    if len(one.records) > CALLS:
        nodes.append(Node("more", [(f"and {len(one.records) - CALLS:,} more calls", "faint")]))
    return nodes


def _unknown(total: Sum) -> Iterator[Node]:
    if total.money.unknown:
        calls = format.plural(total.money.unknown, "call")
        text = f"{calls} without a known price: the total is a lower bound"
        yield Node("unknown", [(text, "warn")])
    if total.money.computed:
        yield Node("computed", [("~ computed from a price table, not told by the provider", "faint")])
