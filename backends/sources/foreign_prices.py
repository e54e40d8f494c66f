"""What the model calls of a source cost by the price table: looked up when somebody looks, never while listing.

An index keeps each price that it tells of, so that a call's price stays the same under a later table.
"""

from typing import NamedTuple

from sqlalchemy import Connection

from ...core.costs import CostRecord, PriceBook
from ...core.events import CostPriced
from ..sql import cost_queries
from ..sql.projector import Projector, Recorded


class Calls(NamedTuple):
    """The calls of one run that have no price, as they were when its newest event was `seq`."""

    run: str
    source_id: str
    seq: int
    t: str
    """Time of what is newest in the run: that of the events that tell the prices."""
    records: list[CostRecord]


def without_price(connection: Connection, run: str) -> list[CostRecord]:
    """The calls of a run that have no price."""
    return [record for record in cost_queries.records(connection, run) if record.nanousd is None]


def price_events(calls: Calls, book: PriceBook) -> list[CostPriced]:
    """The events of the prices that the book knows, as of the calls' own times, numbered after the run's newest."""
    found: list[CostPriced] = []
    for record in calls.records:
        price = book.price(record.model, record.provider, record.tokens, record.t)
        if price is not None:
            seq = calls.seq + 1 + len(found)
            found.append(CostPriced(seq=seq, t=calls.t, cost=record.seq, nanousd=price.nanousd, prices=price.prices))
    return found


def tell_prices(
    connection: Connection, projector: Projector, calls: Calls, new: list[CostPriced], *, source: str
) -> None:
    """Takes the prices of a run into the query tables."""
    # No bytes: a price lies nowhere in the original.
    recorded = [Recorded(event, 0) for event in new]
    if recorded:
        projector.project(connection, calls.run, recorded, source=source, source_id=calls.source_id)
