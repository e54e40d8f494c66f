"""Prices of a database's model calls: each is kept with its event's address."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from ....core.events import CostPriced
from ...sql.projector import Projector
from ..foreign_prices import Calls, tell_prices, without_price
from .facts import Fact, Note
from .tables import SOURCE, keep_facts, keep_thread, threads


def unpriced(connection: Connection, runs: Iterable[str]) -> list[Calls]:
    """The calls of these runs for which no price was looked up yet."""
    wanted = select(threads).where(threads.c.run.in_(list(runs)), threads.c.unpriced)
    return [
        Calls(row.run, row.thread, row.seq, row.last, without_price(connection, row.run))
        for row in connection.execute(wanted).all()
    ]


def price_event(fact: Fact, seq: int) -> CostPriced:
    """The event of a price's fact."""
    return CostPriced(seq=seq, t=fact.t, cost=fact.note.cost, nanousd=fact.note.nanousd, prices=fact.note.text)


def price_fact(event: CostPriced) -> Fact:
    """The fact of a price's event."""
    note = Note(text=event.prices, cost=event.cost, nanousd=event.nanousd)
    return Fact("priced", str(event.cost), event.t, 9, note=note)


def keep_prices(connection: Connection, projector: Projector, calls: Calls, new: list[CostPriced]) -> list[Fact]:
    """Tells a run's prices, and that they were looked up. Their facts."""
    tell_prices(connection, projector, calls, new, source=SOURCE)
    found = [price_fact(event) for event in new]
    keep_facts(connection, calls.run, calls.seq + 1, found)
    keep_thread(connection, calls.run, calls.source_id, seq=calls.seq + len(new), unpriced=False)
    return found
