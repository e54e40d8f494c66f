"""Writing what was told of threads into the index: their events into the query tables, their facts beside them."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from ....core.events import CostPriced
from ....core.runs import Damage
from ...sql import tables
from ...sql.projector import Batch, Projector
from ..foreign_prices import Calls
from .facts import Trouble
from .memory import Memory
from .prices import keep_prices
from .tables import SOURCE, drop_thread, keep_facts, keep_thread, threads, told_until
from .told import Told


class IndexWriter:
    """Writes within the transaction of its caller, and remembers what it wrote. For one thread at a time."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._projector = Projector()

    def write(self, connection: Connection, found: Sequence[Told]) -> None:
        """Writes what was told; a thread that was told anew replaces what was there."""
        for told in found:
            if told.anew:
                self.forget(connection, told.known.thread.id)
        batches = [
            Batch(told.known.run, told.recorded, SOURCE, told.known.thread.id) for told in found if told.recorded
        ]
        if batches:
            self._projector.project_all(connection, batches)
        for told in found:
            self._keep(connection, told)

    def price(self, connection: Connection, prices: Sequence[tuple[Calls, list[CostPriced]]]) -> None:
        """Writes the prices of calls, unless their run was told on meanwhile: then the next look prices it."""
        for calls, new in prices:
            if told_until(connection, calls.run) == (calls.seq, True):
                found = keep_prices(connection, self._projector, calls, new)
                if known := self._memory.get(calls.source_id):
                    known.seq += len(found)
                    known.told.update((fact.kind, fact.key) for fact in found)

    def forget(self, connection: Connection, thread_id: str) -> None:
        """Drops a thread and its run."""
        self._memory.take(thread_id)
        run = connection.execute(select(threads.c.run).where(threads.c.thread == thread_id)).scalar_one_or_none()
        if run is not None:
            self._projector.forget(connection, run)
            drop_thread(connection, run)

    def _keep(self, connection: Connection, told: Told) -> None:
        known, thread = told.known, told.known.thread
        if told.recorded:
            keep_facts(connection, known.run, known.seq + 1, told.facts)
            self._projector.resize(connection, known.run, thread.size())
        for trouble in told.troubles:
            self._damaged(connection, known.run, trouble)
        known.seq += len(told.facts)
        known.told.update((fact.kind, fact.key) for fact in told.facts)
        known.now = told.now
        values = {"seq": known.seq, "deep": known.deep, "cost": known.cost, "last": thread.last_time}
        if any(fact.kind == "cost" for fact in told.facts):
            values["unpriced"] = True
        keep_thread(connection, known.run, thread.id, status=told.now.status, reason=told.now.reason, **values)
        self._memory.keep(known)

    def _damaged(self, connection: Connection, run: str, trouble: Trouble) -> None:
        table = tables.damage
        same = select(table.c.id).where(table.c.run == run, table.c.place == trouble.where)
        if connection.execute(same).first() is None:
            self._projector.damage(connection, Damage(where=trouble.where, what=trouble.what, run=run))
