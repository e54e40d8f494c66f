"""A database in memory to which events are told."""

from flightlog.backends.sql import tables
from flightlog.backends.sql.projector import Projector, Recorded
from flightlog.backends.sqlite.engine import open_database
from flightlog.core import events as e
from sqlalchemy import select

RUN = "01m3250v008jf0kc2kpfpna4wy"
STARTED = e.RunStarted(run=RUN, workflow="triage", version=3, objective="Sort the inbox", session="ana", tags=["Mail"])


class Told:
    """A database in memory to which events are told one batch at a time."""

    def __init__(self) -> None:
        self.database = open_database(None, truth=False)
        self.projector = Projector()
        self.seq: dict[str, int] = {}

    def tell(self, *events: e.Event, run: str = RUN, t: int = 0, **source: str) -> None:
        for number, event in enumerate(events, self.seq.get(run, 0) + 1):
            event.seq = number
            event.t = f"2026-11-20T10:00:{t or number:02}.000000Z"
        self.seq[run] = self.seq.get(run, 0) + len(events)
        with self.database.write() as connection:
            self.projector.project(connection, run, [Recorded(event, 10) for event in events], **source)

    def do(self, act, *args) -> None:
        with self.database.write() as connection:
            getattr(self.projector, act)(connection, *args)

    def rows(self, table, **where):
        conditions = [table.c[name] == value for name, value in where.items()]
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(select(table).where(*conditions)).mappings()]

    def one(self, table, **where):
        (row,) = self.rows(table, **where)
        return row

    def run(self, run: str = RUN):
        return self.one(tables.runs, id=run)


def fresh(event: e.RunStarted, **changes) -> e.RunStarted:
    return e.RunStarted(**{name: getattr(event, name) for name in event.__struct_fields__} | changes)
