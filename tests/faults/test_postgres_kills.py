"""Operations on a server's runs whose client is killed at any statement or write: nothing lost, twice or half.

Statements are counted where psycopg begins them and where they have ended, whoever made them; calls on files (spool,
archives) between them as everywhere. `FLIGHTLOG_EVERY_STEP=1` tries every single one, some minutes for each operation.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import flightlog
import pytest
from flightlog.core.errors import Locked
from flightlog.core.store import Store
from killing import EVERY, killed_at
from operation_steps import STEPS, Work, archive, purge, restore, trash, undo, undo_archive
from postgres_server import PostgresServer
from statement_steps import STATEMENT, counted_statements
from verb_scene import Place, census, recorded


class Case(NamedTuple):
    """An operation, what is done before it, and where a run may lie after it was begun and after it is done."""

    work: Work
    before: tuple[Work, ...]
    begins: str
    ends: str


CASES = {
    "trash": Case(trash, (), "live", "trash"),
    "undo": Case(undo, (trash,), "trash", "live"),
    "purge": Case(purge, (trash,), "trash", ""),
    "archive": Case(archive, (), "live", "archive"),
    "restore": Case(restore, (archive,), "archive", "live"),
    "undo of archive": Case(undo_archive, (archive,), "archive", "live"),
    "trash of archived": Case(trash, (archive,), "archive", "trash"),
    "purge of archived": Case(purge, (archive, trash), "trash", ""),
}


class Scene:
    """A store on a server, and copies of it to try an operation on."""

    def __init__(self, server: PostgresServer, case: Case, folder: Path) -> None:
        self.server, self.case, self.folder = server, case, folder
        self.names = [server.new_database()]
        base = self._configured("base")
        self.digests = recorded(base, None)
        self.work_on = SimpleNamespace(chosen=list(self.digests)[:2])
        self.go, self.others = list(self.digests)[:2], list(self.digests)[2:]
        if case.ends == "":
            assert self.left_of(self.go)  # it can be found
        for work in case.before:
            with flightlog.open(base) as store:
                work(store, self.work_on)

    def _configured(self, name: str) -> Path:
        """A data directory whose runs are in the newest database."""
        data, url = self.folder / name, self.server.url(self.names[-1])
        data.mkdir(exist_ok=True)
        (data / "flightlog.yaml").write_text(
            f"storage: {{logs: {{type: postgres, url: '{url}'}}}}\narchive: {{path: {data / 'cold'}}}\n"
        )
        return data

    def copied(self) -> Path:
        """A copy of the store, with its files; the one before is gone."""
        self.drop(self.names[1:])
        self.names.append(f"{self.names[0]}_again")
        self.server.tell(f"CREATE DATABASE {self.names[-1]} TEMPLATE {self.names[0]}")
        shutil.rmtree(self.folder / "try", ignore_errors=True)
        shutil.copytree(self.folder / "base", self.folder / "try")
        return self._configured("try")

    def drop(self, names: list[str]) -> None:
        """Takes databases away."""
        for name in names:
            self.server.drop_database(name)
            self.names.remove(name)

    def done(self, data: Path) -> None:
        """Does it; a server frees the lock of a killed client a moment later."""
        end = time.monotonic() + 30
        while True:
            try:
                with flightlog.open(data) as store:
                    self.case.work(store, self.work_on)
                return
            except Locked:
                assert time.monotonic() < end
                time.sleep(0.05)

    def check_cut(self, found: dict[str, Place]) -> None:
        """Each run whole in one place, before it or after it."""
        for run in self.others:
            assert found[run] == ("live", self.digests[run])
        for run in self.go:
            place, digest = found.get(run, ("", ""))
            assert place in (self.case.begins, self.case.ends), (place, run)
            assert digest in ("", self.digests[run])
        assert found.keys() <= self.digests.keys()

    def check_done(self, data: Path) -> None:
        """The same again: then it is done."""
        self.done(data)
        found = census(data)
        places = {run: place for run, (place, _) in found.items() if run in self.go}
        assert places == (dict.fromkeys(self.go, self.case.ends) if self.case.ends else {})
        self.check_cut(found)
        if not self.case.ends:
            assert not self.left_of(self.go)

    def left_of(self, runs: list[str]) -> list[str]:
        """Tables in which something stands that was recorded or noted in one of these runs."""
        words = [f"PLANTED note of {run}" for run in runs] + [f"PLANTED words of {n} " for n in (0, 1)]
        found = [f"one::text LIKE '%{text}%'" for word in words for text in (word, word.encode().hex())]
        named = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        tables = sorted(row[0] for row in self.server.tell(named, self.names[-1]))
        asked = f"SELECT count(*) FROM TABLE AS one WHERE {' OR '.join(found)}"
        return [table for table in tables if self.server.tell(asked.replace("TABLE", table), self.names[-1])[0][0]]


@pytest.fixture
def scene(request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path: Path) -> Iterator[Scene]:
    found = Scene(postgres, CASES[request.param], tmp_path)
    yield found
    found.drop(list(found.names))


def each_kill(scene: Scene, numbers: range) -> int:
    """Kills it at these steps, until it comes to its end; how many struck."""
    for struck, number in enumerate(numbers):
        data = scene.copied()
        stores: list[Store] = []

        def ready(data: Path = data, stores: list[Store] = stores) -> None:
            counted_statements()
            stores.append(flightlog.open(data))
            stores[0].runs.totals()

        steps = (*STEPS, STATEMENT)
        ended = killed_at(number, steps, lambda stores=stores: scene.case.work(stores[0], scene.work_on), ready)
        scene.check_cut(census(data, read_only=True))
        scene.check_done(data)
        if ended:
            return struck
    assert len(numbers) < 100, "it never came to its end"
    return len(numbers)


@pytest.mark.parametrize("scene", ["archive"], indirect=True)
def test_killed_at_a_statement_it_goes_on(scene):
    assert each_kill(scene, range(31, 32)) == 1


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("scene", CASES, indirect=True)
def test_killed_at_more_statements_all_is_there_once_and_whole(scene):
    count = each_kill(scene, range(1 if EVERY else 37, 5000, EVERY or 151))
    print(f"\n{count} steps")  # noqa: T201 - how much was proved
    assert count
