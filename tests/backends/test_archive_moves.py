"""Runs that come to the archive, leave it, are in both places or gone: the index says what lies where, always."""

import shutil
from pathlib import Path

import flightlog
import msgspec
import pytest
from flightlog.backends.archive.flz import Facts
from flightlog.backends.archive.flz_members import members_of
from flightlog.backends.archive.flz_reader import Flz
from flightlog.backends.archive.flz_writer import write_flz
from flightlog.backends.journal.disk import make_folder
from flightlog.backends.journal.layout import Layout
from flightlog.core.annotations import Noted, Tagged, decode
from flightlog.core.choosing import chosen
from flightlog.core.operations import new_order
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.store import Store
from hypothesis import given, settings
from hypothesis import strategies as st

RUNS = 3
STEPS = ("pack", "unpack", "hide", "forget", "away")


class Place:
    """A data directory with a few runs; each has a copy of its files aside, to come back from."""

    def __init__(self, folder: Path, aside: Path) -> None:
        self.layout, self.aside = Layout(folder), Layout(aside)
        with flightlog.open(aside, storage="file") as store:
            self.runs = []
            for number in range(RUNS):
                with store.run("w", name=str(number)) as run:
                    for n in range(3 + number):
                        run.log(f"entry {n}")
                    run.checkpoint({"n": number})
                self.runs.append(run.id)
        for run in self.runs:
            make_folder(self.layout.archived(run).parent)
            make_folder(self.layout.folder(run))

    def live(self, run: str) -> bool:
        return self.layout.journal(run).exists()

    def archived(self, run: str) -> bool:
        return self.layout.archived(run).exists()

    def pack(self, run: str) -> None:
        path = self.layout.archived(run)
        path.unlink(missing_ok=True)
        write_flz(path, Facts(run=run), members_of(self.aside, run))

    def forget(self, run: str) -> None:
        self.layout.archived(run).unlink(missing_ok=True)

    def unpack(self, run: str) -> None:
        for name in ("states", "journal"):
            shutil.copy(getattr(self.aside, name)(run), getattr(self.layout, name)(run))

    def hide(self, run: str) -> None:
        for name in ("journal", "states"):
            getattr(self.layout, name)(run).unlink(missing_ok=True)

    def away(self, run: str) -> None:
        """Somebody takes the whole archive away, and brings it back."""
        if self.layout.archive.exists():
            self.layout.archive.rename(self.layout.root / "elsewhere")
            (self.layout.root / "elsewhere").rename(self.layout.archive)

    def check(self, store: Store) -> None:
        there = {run for run in self.runs if self.live(run) or self.archived(run)}
        found = {run.id: run for run in store.runs.query(EVERYTHING).items}
        assert found.keys() == there
        assert store.runs.count(EVERYTHING) == len(there)
        cold = {run for run in there if not self.live(run)}
        assert {run.id for run in store.runs.query(parse("archived")).items} == cold
        assert store.runs.count(parse("archived")) == len(cold)
        for run in there:
            number = self.runs.index(run)
            paths = [self.layout.journal(run), self.layout.states(run)]
            paths = [self.layout.archived(run)] if run in cold else paths
            assert found[run].size_bytes == sum(path.stat().st_size for path in paths)
            assert (found[run].logs, found[run].damaged) == (3 + number, 0)
            assert [entry.message for entry in store.logs.query(run)] == [f"entry {n}" for n in range(3 + number)]
            (checkpoint,) = store.checkpoints.list(run)
            assert store.checkpoints.state(checkpoint.id) == {"n": number}


Moves = list[tuple[str, int, bool]]
"""What is done to which run, and whether somebody looks after it or only when more has happened."""
MOVES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, RUNS - 1), st.booleans()), max_size=14)


def check_moves(steps: Moves, base: Path) -> None:
    place = Place(base / "data", base / "aside")
    with flightlog.open(base / "data", storage="file") as store:
        for step, number, looks in steps:
            getattr(place, step)(place.runs[number])
            if looks:
                place.check(store)
        place.check(store)
    shutil.rmtree(base / "data" / ".flightlog")
    with flightlog.open(base / "data", storage="file") as store:
        place.check(store)
    shutil.rmtree(base)


@settings(max_examples=7)
@given(steps=MOVES)
def test_whatever_is_moved_the_index_says_what_lies_where(
    steps: Moves, tmp_path_factory: pytest.TempPathFactory
) -> None:
    check_moves(steps, tmp_path_factory.mktemp("moves"))


@pytest.mark.heavy
@settings(max_examples=80)
@given(steps=MOVES)
def test_whatever_is_moved_often(steps: Moves, tmp_path_factory: pytest.TempPathFactory) -> None:
    check_moves(steps, tmp_path_factory.mktemp("moves"))


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_what_was_added_to_a_run_goes_along_and_nothing_of_another(tmp_path, storage):
    with flightlog.open(tmp_path, storage=storage) as store:
        packed, other = (store.run("w", name=name) for name in ("packed", "other"))
        packed.finish()
        other.finish()
        notes = [Noted(run=packed.id, text=f'"run": "{other.id}"'), Tagged(run=packed.id, tag="good")]
        for note in (Noted(run=other.id, text=f"not of {packed.id}"), *notes):
            store.runs.annotate(note)
        (done,) = store.upkeep.archive(new_order(), [chosen(store.runs.get(packed.id))])
        assert done.outcome == "done", done
    with Flz.open(next(tmp_path.rglob("*.flz")), packed.id) as archive:
        kept = [decode(line) for line in archive.read("annotations", 0, 1 << 20).splitlines()]
    assert [msgspec.structs.replace(note, t="") for note in kept] == notes
