"""Taking a copy of a source's run back is killed at any step: the copy is there whole, or gone; the source stays."""

import json
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import flightlog
import pytest

# Test modules are imported by path, so that helpers of another folder must be put in reach.
sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from flightlog.core.choosing import chosen
from flightlog.core.copies import copy_id
from flightlog.core.errors import NotFound
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.store import Store
from killing import EVERY, killed_at
from operation_steps import STEPS, order


class Scene:
    """A data directory in which a copy of a run of a LangGraph database is archived, and copies of it."""

    def __init__(self, folder: Path, database: str, storage: str) -> None:
        self.base, self.data = folder / "base", folder / "data"
        source = json.dumps(str(shutil.copy(database, folder / "mail bot.sqlite")))
        self.base.mkdir()
        (self.base / "flightlog.yaml").write_text(
            f"sources: [{{type: langgraph, path: {source}}}]\nstorage: {{logs: {{type: {storage}}}}}\n"
        )
        with flightlog.open(self.base) as store:
            store.run("triage", name="own").finish()
            runs = store.runs.query(parse("workflow:mail-bot"), limit=1000).items
            self.run = store.runs.get(next(run.id for run in runs if run.source_id == "nested"))
            self.listed = self.ids(store)
            list(store.upkeep.archive(order(1), [chosen(self.run)]))
        self.copy = copy_id(self.run.id)

    @staticmethod
    def ids(store: Store) -> list[str]:
        return [run.id for run in store.runs.query(EVERYTHING, limit=1000).items]

    def work(self, store: Store) -> None:
        list(store.upkeep.undo(order(2), order(1).id))

    def killed(self, number: int) -> bool:
        """Whether it came to its end before the step at which it would have been killed."""
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(self.base, self.data, ignore=shutil.ignore_patterns(".flightlog"))
        opened: list[Store] = []

        def ready() -> None:
            opened.append(flightlog.open(self.data))
            opened[0].runs.totals()

        return killed_at(number, STEPS, lambda: self.work(opened[0]), ready)

    def check_cut(self) -> None:
        with flightlog.open(self.data, read_only=True) as store:
            assert [run for run in self.ids(store) if run != self.copy] == self.listed
            with suppress(NotFound):
                copy = store.runs.get(self.copy)
                assert len(list(store.runs.events(self.copy))) == copy.last_seq == self.run.last_seq
                assert store.upkeep.verify_archive(self.copy) is None

    def check_done(self) -> None:
        with flightlog.open(self.data) as store:
            self.work(store)
            assert self.ids(store) == self.listed
            assert not [one for one in store.upkeep.check() if one.severity != "note"]
        assert not list(self.data.rglob("*.flz")) and not list(self.data.rglob("*.part"))


@pytest.fixture(params=["file", "sqlite"])
def scene(request, tmp_path, twenty):
    return Scene(tmp_path, str(twenty.path), request.param)


def each_kill(scene: Scene, numbers: range) -> int:
    for struck, number in enumerate(numbers):
        ended = scene.killed(number)
        scene.check_cut()
        scene.check_done()
        if ended:
            return struck
    return len(numbers)


def test_killed_at_a_step_a_copy_is_whole_or_gone(scene):
    assert each_kill(scene, range(9, 10)) == 1


@pytest.mark.heavy
@pytest.mark.timeout(1800)
def test_killed_at_more_steps_a_copy_is_whole_or_gone(scene):
    count = each_kill(scene, range(1, 1000, EVERY or 13))
    print(f"\n{count} steps")  # noqa: T201 - how much was proved
    assert 0 < count < 900 // (EVERY or 13)
