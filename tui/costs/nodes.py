"""What a run cost, by model, agent and step, with where each number comes from, and what another model would cost."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple

from ...core.costs import CostGroup, CostRecord, Money, Tokens
from .. import format
from ..facts import gap
from ..glyphs import Glyphs
from ..lines import Columns, Line, one_line
from ..trees.nodes import Node
from .whatif import WhatIf

Group = Literal["all", "step", "model", "agent"]
GROUPS: tuple[Group, ...] = ("all", "step", "model", "agent")
"""The tables that can be looked at: all of them, or one."""

SHARE = 10
"""Cells of the bar that shows a share of the money."""

NAME = 24
"""Cells of a model's, agent's or step's name."""

FROM = 20
"""Cells in which a price table's date can be read behind `computed`."""

CALLS = 200
"""Calls that are unfolded below a sum."""


class _Column(NamedTuple):
    head: str
    align: str
    ink: str
    drop: int = 0
    """Which is left out first where there is no room: the highest; 0 is never."""


_COLUMNS = (
    _Column("", "l", "text"),
    _Column("calls", "r", "muted", 7),
    _Column("in", "r", "text", 2),
    _Column("out", "r", "text", 1),
    _Column("cache read", "r", "muted", 5),
    _Column("cache write", "r", "muted", 6),
    _Column("reasoning", "r", "muted", 8),
    _Column("cost", "r", "strong"),
    _Column("", "l", "active", 9),
    _Column("from", "l", "muted"),
)
_SUPPOSED = (_Column("", "r", "accent"), _Column("change", "r", "text"))
"""What it would have cost, and the difference; they stand in the place of the bar."""
_BAR = 8
_TOKENS = {"in": 4, "out": 3}
"""Where the prices of another model stand beside those that were paid, these go before them."""


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
        self.tokens += record.tokens
        self.money += money_of(record)
        if record.provenance == "computed":
            self.prices.add(record.prices)

    def origin(self, named: bool = True) -> str:
        """Where the money comes from: `recorded`, `computed: 2026-10-01` (the table if `named`), `1 unknown`."""
        parts = ["recorded"] if self.money.recorded else []
        if self.money.computed:
            parts.append(f"computed: {self.tables}" if named and self.tables else "computed")
        if self.money.unknown:
            parts.append(f"{self.money.unknown:,} unknown")
        return "; ".join(parts)

    @property
    def tables(self) -> str:
        """The price tables of computed prices."""
        return ", ".join(sorted(one_line(date, 20) for date in self.prices if date)[:2])

    def supposed(self, other: WhatIf) -> Money:
        """What these calls would have cost."""
        found = [other.nanousd.get(record.seq) for record in self.records]
        known = [one for one in found if one is not None]
        return Money(computed_nanousd=sum(known), computed=len(known), unknown=len(found) - len(known))


def money_of(record: CostRecord) -> Money:
    """One call as a sum."""
    if record.nanousd is None:
        return Money(unknown=1)
    if record.provenance == "computed":
        return Money(computed_nanousd=record.nanousd, computed=1)
    return Money(recorded_nanousd=record.nanousd, recorded=1)


class Costs:
    """The calls of a run summed in all, by model, by agent, and by step; dearest first."""

    def __init__(
        self,
        records: Sequence[CostRecord],
        names: Mapping[str, str],
        family: CostGroup | None = None,
        other: WhatIf | None = None,
    ) -> None:
        """`family`: what it and all runs below it cost together, where there are any; `other`: with another model."""
        self.family = family if family is not None and family.runs != 1 else None
        self.total = Sum("total")
        for record in records:
            self.total.add(record)
        self.by_model = summed(records, lambda record: record.model)
        self.by_agent = summed(records, lambda record: record.agent)
        self.by_step = summed(records, lambda record: record.step or "")
        self.names = names
        self.other = other


def summed(records: Iterable[CostRecord], key: Callable[[CostRecord], str]) -> list[Sum]:
    """Calls by key, dearest first; those of unknown price after all others, by their tokens."""
    sums: dict[str, Sum] = {}
    for record in records:
        sums.setdefault(key(record), Sum(key(record))).add(record)
    return sorted(sums.values(), key=lambda one: (-(one.money.nanousd or 0), -one.tokens.total, one.key))


def cost_nodes(costs: Costs, glyphs: Glyphs, group: Group = "all") -> list[Node]:
    """The whole page: the tables over one set of columns, the total, and where its parts come from."""
    page = _Page(costs, glyphs)
    tables: dict[Group, list[tuple[Sum, str]]] = {
        "model": [(one, one_line(one.key, 48) or "no model") for one in costs.by_model],
        "agent": [(one, one_line(one.key, 48) or "no agent") for one in costs.by_agent],
        "step": [(one, one_line(costs.names.get(one.key, one.key), 48) or "outside of steps") for one in costs.by_step],
    }
    if group == "all" and not any(one.key for one in costs.by_agent):
        del tables["agent"]
    shown = tables if group == "all" else {group: tables[group]}
    page.fit([(one, name) for sums in shown.values() for one, name in sums])
    nodes: list[Node] = []
    for name, sums in shown.items():
        nodes += [*page.table(f"by {name}", sums), gap(name)]
    total = [page.total(), *_provenance(costs.total, glyphs), *_supposed(costs)]
    return [*nodes, *total, *family_nodes(costs, glyphs)]


def family_nodes(costs: Costs, glyphs: Glyphs) -> list[Node]:
    """What the run and all runs below it cost together, apart from what it cost itself."""
    family = costs.family
    if family is None:
        return []
    line: Line = [
        ("with children  ", "muted"),
        (format.cost(family.money, glyphs), "strong"),
        (f"  {format.count(family.tokens.total)} tokens, {format.plural(family.calls, 'call')}", "text"),
        (f" in {format.plural(family.runs or 0, 'run')}, each once", "muted"),
    ]
    return [gap("family"), Node("family", line)]


class _Page:
    """Lines over one set of columns."""

    def __init__(self, costs: Costs, glyphs: Glyphs) -> None:
        self._costs, self._glyphs = costs, glyphs
        self._whole = costs.total.money.known_nanousd or 1
        between: Sequence[_Column] = _COLUMNS[_BAR : _BAR + 1]
        if costs.other:
            name = one_line(costs.other.model.model.rpartition("/")[2], 18)
            between = (_SUPPOSED[0]._replace(head=f"with {name}"), _SUPPOSED[1])
        self._of = (*_COLUMNS[:_BAR], *between, *_COLUMNS[_BAR + 1 :])
        if costs.other:
            self._of = tuple(one._replace(drop=_TOKENS.get(one.head, one.drop)) for one in self._of)
        self._named = len(costs.total.prices) > 1  # of one table alone its name stands below the total, once
        self.fit([])

    def fit(self, sums: Sequence[tuple[Sum, str]]) -> None:
        """Makes the columns as wide as these and the total need."""
        rows = [self._cells(one, name) for one, name in (*sums, (self._costs.total, "total"))]
        # A column that says nothing of any line is not there.
        self._kept = [n for n, column in enumerate(self._of) if not column.drop or any(row[n].strip() for row in rows)]
        kept = [self._of[n] for n in self._kept]
        self._inks = [column.ink for column in kept]
        drop = sorted((n for n, column in enumerate(kept) if column.drop), key=lambda n: -kept[n].drop)
        heads, align = [column.head for column in kept], "".join(column.align for column in kept)
        least = FROM if self._named else Columns.LEAST
        self._columns = Columns(heads, map(self._shown, rows), align=align, wide=len(kept) - 1, drop=drop, least=least)
        self._columns.widths[0] = max(self._columns.widths[0], NAME)

    def _shown(self, cells: Sequence[str]) -> list[str]:
        """The cells of the columns that are there."""
        return [cells[n] for n in self._kept]

    def table(self, title: str, sums: Sequence[tuple[Sum, str]]) -> Iterator[Node]:
        """A head, and a line each sum."""
        heads = (title, *self._columns.heads[1:])
        inks = ["title"] + ["muted"] * (len(heads) - 1)
        yield Node(("head", title), partial(self._columns.draw, heads, inks), head=True)
        for one, name in sums:
            cells = self._shown(self._cells(one, name))
            calls = partial(self._calls, one, title == "by step")
            yield Node((title, one.key), partial(self._columns.draw, cells, self._inks), calls)

    def total(self) -> Node:
        """The line below the tables."""
        cells = self._shown(self._cells(self._costs.total, "total", share=False))
        inks = ["strong" if ink == "text" else ink for ink in self._inks]
        return Node("total", lambda width: self._columns.draw(cells, inks, width))

    def _cells(self, one: Sum, name: str, share: bool = True) -> tuple[str, ...]:
        part = one.money.known_nanousd / self._whole if share else 0
        tokens = one.tokens
        counts = (tokens.cache_read, tokens.cache_write, tokens.reasoning)
        between: tuple[str, ...] = (format.bar(part, SHARE, self._glyphs) if share else " " * SHARE,)
        if self._costs.other:
            between = _beside(one.money, one.supposed(self._costs.other), self._glyphs)
        return (
            name,
            f"{len(one.records):,}",
            f"{tokens.input:,}",
            f"{tokens.output:,}",
            *(f"{count:,}" if count else "" for count in counts),
            format.cost(one.money, self._glyphs),
            *between,
            one.origin(self._named),
        )

    def _calls(self, one: Sum, by_step: bool) -> list[Node]:
        """The single calls below a sum; their names are shorter by the indentation, so that numbers stay in line."""
        nodes, names = [], self._costs.names
        columns = self._columns.narrowed(2)
        for record in one.records[:CALLS]:
            call = Sum(str(record.seq))
            call.add(record)
            step = names.get(record.step, record.step) if record.step else ""
            what = record.model if by_step else step or record.agent
            name = f"{format.clock(record.t)}  {one_line(what, NAME - 8)}"
            cells = self._shown(self._cells(call, name, share=False))
            nodes.append(Node(record.seq, partial(columns.draw, cells, ["muted"] * len(cells)), target=record.step))
        if len(one.records) > CALLS:
            nodes.append(Node("more", [(f"and {len(one.records) - CALLS:,} more calls", "faint")]))
        return nodes


def _beside(actual: Money, supposed: Money, glyphs: Glyphs) -> tuple[str, ...]:
    """What it would have cost, and by how much more or less; no difference where one of them is not known in whole."""
    told = format.cost(supposed, glyphs)
    if actual.unknown or supposed.unknown or actual.nanousd is None or supposed.nanousd is None:
        return told, "?"
    more = supposed.nanousd - actual.nanousd
    if not more:
        return told, "="
    sign = "+" if more > 0 else "-"
    if not actual.nanousd:
        return told, f"{sign}{format.dollars(abs(more))}"
    share = abs(more) / actual.nanousd
    part = f"{share:.1%}" if 0.99 < share < 1 else f"{share:,.0%}"  # nothing is cheaper by all of it but what is free
    return told, f"{sign}{format.dollars(abs(more))} {sign}{part}"


def _provenance(total: Sum, glyphs: Glyphs) -> Iterator[Node]:
    """How much of the total was told, how much was computed and by which table, and what nobody knows."""
    money = total.money
    parts = (
        ("recorded", Money(recorded_nanousd=money.recorded_nanousd, recorded=money.recorded), "as the program told it"),
        (
            "computed",
            Money(computed_nanousd=money.computed_nanousd, computed=money.computed),
            f"priced by the table of {total.tables or 'no known date'}, for the program told no price",
        ),
        ("unknown", Money(unknown=money.unknown), "without a known price: the total is a lower bound"),
    )
    for name, part, words in parts:
        calls = part.recorded + part.computed + part.unknown
        if calls:
            about = f"{format.cost(part, glyphs):>8}  {format.plural(calls, 'call')} {words}"
            yield Node(name, [(f"{name:<10}", "muted"), (about, "warn" if name == "unknown" else "faint")])


def _supposed(costs: Costs) -> Iterator[Node]:
    if costs.other:
        model = costs.other.model
        table = one_line(costs.other.prices, 60) or "which has no price for tokens like these"
        name = f"{one_line(model.provider, 24)} {one_line(model.model, 60)}"
        yield Node("supposed", [(f"{'what if':<10}", "muted"), (f"{name} by {table}, for the same tokens", "faint")])
