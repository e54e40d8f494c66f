"""What the model calls of a source cost by the price table: looked up when somebody looks, never while listing.

A price is kept with its event's address, so that it stays the same under a later table.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select

from ....core.costs import CostRecord, PriceBook
from ....core.events import CostPriced
from ...sql import cost_queries
from ...sql.projector import Projector, Recorded
from .facts import Fact, Note
from .tables import SOURCE, keep_facts, keep_thread, threads


class Calls(NamedTuple):
    """The calls of one thread that have no price, as they were when its newest event was `seq`."""

    run: str
    thread: str
    seq: int
    t: str
    """Time of the thread's newest snapshot."""
    records: list[CostRecord]


def unpriced(connection: Connection, runs: Iterable[str]) -> list[Calls]:
    """The calls of these runs for which no price was looked up yet."""
    wanted = select(threads).where(threads.c.run.in_(list(runs)), threads.c.unpriced)
    return [
        Calls(row.run, row.thread, row.seq, row.last, _without_price(connection, row.run))
        for row in connection.execute(wanted).all()
    ]


def _without_price(connection: Connection, run: str) -> list[CostRecord]:
    return [record for record in cost_queries.records(connection, run) if record.nanousd is None]


def priced(calls: Calls, book: PriceBook) -> list[Fact]:
    """Facts of the prices that the book knows, as of the calls' own times."""
    found = []
    for record in calls.records:
        price = book.price(record.model, record.provider, record.tokens, record.t)
        if price is not None:
            note = Note(text=price.prices, cost=record.seq, nanousd=price.nanousd)
            found.append(Fact("priced", str(record.seq), calls.t, 9, note=note))
    return found


def price_event(fact: Fact, seq: int) -> CostPriced:
    """The event of a price's fact."""
    return CostPriced(seq=seq, t=fact.t, cost=fact.note.cost, nanousd=fact.note.nanousd, prices=fact.note.text)


def keep_prices(connection: Connection, projector: Projector, calls: Calls, new: list[Fact]) -> None:
    """Tells a run's prices, and that they were looked up."""
    first = calls.seq + 1
    # No bytes: a price lies nowhere in the original.
    recorded = [Recorded(price_event(fact, seq), 0) for seq, fact in enumerate(new, first)]
    if recorded:
        projector.project(connection, calls.run, recorded, source=SOURCE, source_id=calls.thread)
    keep_facts(connection, calls.run, first, new)
    keep_thread(connection, calls.run, calls.thread, seq=calls.seq + len(new), unpriced=False)
