"""A data directory and a copy of it beside, of every kind of store, and what is ordered there and then stopped."""

from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import flightlog
import pytest
from flightlog.backends.moving.backing_up import backup
from flightlog.backends.moving.ends import source_end, target_end
from flightlog.backends.moving.verifying import verify
from flightlog.core import progress as progressing
from flightlog.core.operations import Chosen, Order
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.store import Store
from postgres_server import PostgresServer

KINDS = ("file", "sqlite", "postgres")
LEFT_OPEN = "unfinished-operation"


class Scene(NamedTuple):
    """A data directory, open, and what is ordered there."""

    data: Path
    store: Store
    order: Order

    @property
    def beside(self) -> Path:
        return self.data.with_name("beside")

    def of(self, workflow: str) -> list[str]:
        return [run.id for run in self.store.runs.recent(workflow, limit=1000)]


def backed_up(scene: Scene) -> None:
    with closing(source_end(scene.data)) as one, closing(target_end(f"file:{scene.beside}")) as other:
        backup(one, other, progressing.told())


def compared(scene: Scene) -> None:
    with closing(source_end(scene.data)) as one, closing(source_end(f"file:{scene.beside}")) as other:
        list(verify(one, other, progressing.told()))


def chosen(runs: list[str]) -> list[Chosen]:
    return [Chosen(run=run) for run in runs]


class Recorded(NamedTuple):
    """A folder with a data directory and a copy of it beside; and the database that it has on a server."""

    where: Path
    database: str


def made_of(kind: str, where: Path, request: pytest.FixtureRequest) -> tuple[Recorded, Store]:
    """An empty one of a kind."""
    if kind != "postgres":
        return Recorded(where, ""), flightlog.open(where / "data", storage=kind)
    server: PostgresServer = request.getfixturevalue("postgres")
    found = Recorded(where, server.new_database())
    (where / "data").mkdir()
    lies_at(where / "data", server.url(found.database))
    return found, flightlog.open(where / "data")


def lies_at(data: Path, url: str) -> None:
    config = f"storage: {{logs: {{type: postgres, url: '{url}'}}}}\narchive: {{path: archive}}\n"
    (data / "flightlog.yaml").write_text(config)


def standing(data: Path, wrong: Collection[str] = ()) -> tuple[int, int, int]:
    """Live, archived and removed runs; nothing else is wrong with any, and nothing is half done."""
    with flightlog.open(data) as store:
        found = [one for one in store.upkeep.check() if one.severity == "error" or one.kind == LEFT_OPEN]
        assert {one.kind for one in found} == set(wrong)
        archived = store.runs.count(parse("archived"))
        return store.runs.count(EVERYTHING) - archived, archived, len(store.upkeep.trashed(limit=1000).items)
