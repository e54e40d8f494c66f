"""A source as small as one can be: a folder of notebooks, each line of which was said by somebody."""

import threading
from pathlib import Path

from flightlog.backends.prices import price_book
from flightlog.backends.sources.foreign_ids import foreign_ulid
from flightlog.backends.sources.foreign_prices import Calls, price_events, tell_prices, without_price
from flightlog.backends.sources.foreign_store import Reader, foreign_store
from flightlog.backends.sources.repositories import Foreign
from flightlog.backends.sql.bodies import Excerpt, picked_by_run
from flightlog.backends.sql.checkpoint_repository import SqlCheckpoints
from flightlog.backends.sql.projector import Projector, Recorded
from flightlog.backends.watching.store_watch import StoreWatch
from flightlog.core import events
from flightlog.core.progress import Progress
from flightlog.core.upkeep import Finding

T = "2026-11-20T10:00:00.000000Z"


class Notebooks:
    """Index, bodies and files in one. What a notebook's calls cost is read when somebody looks."""

    def __init__(self, path, database):
        self.path, self.database, self.progress = path, database, Progress()
        self.told, self.deep, self.asked = {}, set(), []
        self._projector, self._lock = Projector(), threading.RLock()

    # --- the index

    def refresh(self):
        with self._lock:
            for file in sorted(self.path.glob("*.txt")):
                run = foreign_ulid(T, str(self.path), file.name)
                if run not in self.told:
                    self._tell(run, file, self._said(run, file))

    def needs_details(self, run):
        return run in self.told and run not in self.deep

    def details(self, run):
        with self._lock:
            if not self.needs_details(run):
                return
            self.deep.add(run)
            self.asked.append(run)
            file, lines = self.told[run]
            self._tell(
                run, file, [events.CostRecorded(model="gpt-4o", input_tokens=1_000_000, seq=len(lines) + 1, t=T)]
            )
            with self.database.read() as connection:
                calls = Calls(run, file.name, len(self.told[run][1]), T, without_price(connection, run))
            new = price_events(calls, price_book())
            with self.database.write() as connection:
                tell_prices(connection, self._projector, calls, new, source="notebooks")
            self.told[run][1].extend(events.encode(event) for event in new)

    def shallow(self, cost):
        return max((run for run in self.told if run not in self.deep), default=None)

    def prices(self):
        for run in list(self.told):
            self.details(run)

    def _said(self, run, file):
        said = enumerate(file.read_text().splitlines(), 2)
        first = events.RunStarted(run=run, workflow="notes", name=file.stem, seq=1, t=T)
        return [
            first,
            *(events.MessageSent(sender="ana", role="user", content=line, seq=seq, t=T) for seq, line in said),
        ]

    def _tell(self, run, file, new):
        self.told.setdefault(run, (file, []))[1].extend(events.encode(event) for event in new)
        recorded = [Recorded(event, len(events.encode(event)) + 1) for event in new]
        with self.database.write() as connection:
            self._projector.project(connection, run, recorded, source="notebooks", source_id=file.name)

    # --- the bodies

    def line(self, run, seq):
        return self.told[run][1][seq - 1]

    def lines(self, run, excerpt=Excerpt()):
        after, before, limit = excerpt.after, excerpt.before, excerpt.limit
        found = [(seq, line) for seq, line in enumerate(self.told[run][1], 1) if after < seq < (before or seq + 1)]
        return found[-limit:] if excerpt.newest else found[:limit]

    def picked(self, places):
        return picked_by_run(places, lambda run, seqs: [(seq, self.line(run, seq)) for seq in seqs])

    def values(self, run, digests):
        return {}

    # --- the files

    def sizes(self):
        return {"notebooks": sum(file.stat().st_size for file in self.path.glob("*.txt"))}

    def findings(self):
        yield Finding(severity="note", kind="ink", what="some ink is faint", where=str(self.path))

    def watch(self, on_change):
        return StoreWatch(on_change, folders=lambda: [self.path], problem=lambda: "")


def open_notebooks(path: Path, in_memory: bool):
    """The store of a folder of notebooks; None if it is none."""
    if not list(path.glob("*.txt")):
        return None
    made = []

    def reader(database):
        made.append(Notebooks(path, database))
        (notebooks,) = made
        return Reader(
            index=notebooks,
            bodies=notebooks,
            checkpoints=SqlCheckpoints(database, notebooks, notebooks.refresh),
            replayed=lambda: notebooks,
            files=notebooks,
        )

    store = foreign_store(str(path), Foreign("a folder of notebooks", path), reader, in_memory=in_memory)
    store.made = made
    return store
