"""What a run would have cost with another model: its tokens as they are, at that model's prices on that day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...core.costs import CostRecord, PriceBook, PricedModel
from .. import format
from ..lines import Columns, one_line
from ..trees.nodes import Node

MOST = 500
"""Models that are listed; who looks for one of more types some of its name."""


@dataclass(frozen=True)
class WhatIf:
    """A model, and what each call would have cost with it."""

    model: PricedModel
    nanousd: dict[int, int | None]
    """By the `seq` of the call; None where the table says nothing for tokens like these."""
    prices: str
    """The price table."""


def what_if(records: Iterable[CostRecord], model: PricedModel, book: PriceBook) -> WhatIf:
    """Costs some microseconds a call, and the first time the loading of the price table: not for the event loop."""
    found = {record.seq: book.price(model.model, model.provider, record.tokens, record.t) for record in records}
    tables = sorted({price.prices for price in found.values() if price})
    return WhatIf(model, {seq: price.nanousd if price else None for seq, price in found.items()}, ", ".join(tables))


def matching(models: Sequence[PricedModel], typed: str) -> list[PricedModel]:
    """The models whose provider and name have all the words that were typed; names that begin so come first."""
    words = typed.casefold().split()
    named = ((f"{one.provider} {one.model}".casefold(), one) for one in models)
    found = [one for name, one in named if all(word in name for word in words)]
    return sorted(found, key=lambda one: not words or not one.model.casefold().startswith(words[0]))


def model_nodes(models: Sequence[PricedModel]) -> list[Node]:
    """A line each, with its prices."""
    cells = [
        (
            one_line(one.provider, 24),
            one_line(one.model, 60),
            f"in {format.dollars(one.input_nanousd)}",
            f"out {format.dollars(one.output_nanousd)} a million",
        )
        for one in models[:MOST]
    ]
    columns = Columns([""] * 4, cells, align="llrr", wide=1)
    inks = ["muted", "text", "text", "text"]
    nodes = [
        Node((one.provider, one.model), lambda width, row=row: columns.draw(row, inks, width - 1), target=one)  # type: ignore[misc]
        for one, row in zip(models, cells, strict=False)
    ]
    if len(models) > MOST:
        nodes.append(Node("more", [(f"and {len(models) - MOST:,} more: type some of its name", "faint")]))
    return nodes or [Node("none", [("no model of the price table has all these words", "warn")])]
