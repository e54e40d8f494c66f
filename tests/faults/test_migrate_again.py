"""Whoever is killed while a store moves gives the same command again: it goes on, or tells that all is moved, and
finishes what is left.
"""

import os
import shutil
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.moving import migrating
from flightlog.backends.moving.migrating import migrate
from flightlog.core.errors import ConfigError, StorageError
from flightlog.core.progress import Progress
from killing import killed_at
from moving_stores import differences, fill, move, tree
from operation_steps import STEPS

EVERY = int(os.environ.get("FLIGHTLOG_EVERY_STEP", "0"))
OLD = {"file": "file:{}", "sqlite": "sqlite:{}/flightlog.db"}


def test_who_asks_again_is_told_what_the_move_came_to(tmp_path):
    folder = tmp_path / "data"
    fill(f"file:{folder}")
    moved = move(folder, "sqlite")
    again = move(folder, "sqlite")
    assert again.since and not moved.since
    assert (again.runs, again.events, again.verified, again.switched) == (5, 23, moved.verified, moved.switched)
    aside = move(folder, "sqlite", archive=True).archived
    assert {path.name for path in Path(aside).iterdir()} == {"runs", "annotations.jsonl", "metrics"}
    assert move(folder, "sqlite", archive=True).archived == aside
    with flightlog.open(folder) as store:
        assert store.runs.totals().runs == 5


def test_what_was_never_moved_there_is_said_to_lie_there(tmp_path):
    folder = tmp_path / "data"
    fill(f"file:{folder}")
    with pytest.raises(ConfigError, match=r"it lies there already .*; nothing is left to be moved"):
        move(folder, "file")
    move(folder, "sqlite")
    (folder / "flightlog.yaml").unlink()
    shutil.rmtree(folder / "runs")
    shutil.rmtree(folder / ".flightlog")  # a copy of the directory may lack it
    with pytest.raises(ConfigError, match="nothing is left to be moved"):
        move(folder, "sqlite")


def test_a_copy_of_a_data_directory_puts_nothing_aside_of_the_one_it_is_a_copy_of(tmp_path):
    folder, other = tmp_path / "data", tmp_path / "other"
    fill(f"file:{folder}")
    move(folder, "sqlite")
    shutil.copytree(folder, other)
    before = tree(folder)
    with pytest.raises(ConfigError, match="it lies there already"):
        move(other, "sqlite", archive=True)
    assert tree(folder) == before


def test_what_was_made_anew_since_takes_the_place_of_nothing_that_was_put_aside(tmp_path):
    folder = tmp_path / "data"
    runs = fill(f"sqlite:{folder}/flightlog.db")
    aside = Path(move(folder, "file", archive=True).archived)
    before = tree(aside)
    with flightlog.open(f"sqlite:{folder}/flightlog.db") as store, store.run("w"):
        pass
    with pytest.raises(StorageError, match="old data of that name were put aside before"):
        move(folder, "file", archive=True)
    assert tree(aside) == before
    with flightlog.open(f"{aside}/flightlog.db", read_only=True) as store:
        assert store.runs.get(runs[0])


@pytest.mark.parametrize("kind", OLD)
def test_killed_as_the_old_data_of_a_place_without_a_configuration_are_put_aside_it_is_finished(tmp_path, kind):
    """From the first renaming on, the old place is none any more; what lies beside it knows why."""
    base, data = tmp_path / "base", tmp_path / "data"
    old = {"file": "file:{}", "sqlite": "sqlite:{}/x.db"}
    fill(old[kind].format(base))
    for number in range(1, 100, EVERY or 3):
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(base, data)
        place, to, steps = old[kind].format(data), f"{OLD['sqlite']}".format(data / "there"), OnceNoted()

        def moves(place=place, to=to):
            return migrate(place, to, archive=True, progress=Progress())

        ended = killed_at(number, steps, moves, steps.wait)
        again = moves()
        assert (again.verified.runs, again.findings) == (5, ())
        asides = [Path(path) for path in again.archived.split(" and ")]
        assert {path.name for aside in asides for path in aside.iterdir()} >= (
            {"x.db"} if kind == "sqlite" else {"runs"}
        )
        assert not (data / ("x.db" if kind == "sqlite" else "runs")).exists()
        kept = old[kind].format(asides[0])
        assert [one for one in differences(kept, old[kind].format(base)) if one.kind == "run"] == []
        if ended:
            break
    assert 3 < number < 99


class OnceNoted:
    """The names of the steps, once the move is noted: by then all is carried, and nothing is switched."""

    def __init__(self) -> None:
        self.is_so = False

    def __contains__(self, name: object) -> bool:
        return self.is_so and name in STEPS

    def __iter__(self):
        return iter(STEPS)

    def __len__(self) -> int:
        return len(STEPS)

    def wait(self) -> None:
        note = migrating.note

        def noted(*words) -> None:
            self.is_so = True
            note(*words)

        migrating.note = noted


def moves(data: Path, to: str):
    return migrate(data, to, archive=True, progress=Progress())


def killed_and_again(tmp_path: Path, kind: str, to: str, number: int, steps, ready=lambda: None) -> bool:
    base, data = tmp_path / kind, tmp_path / "try" / "data"
    if not base.exists():
        fill(OLD[kind].format(base))
    shutil.rmtree(tmp_path / "try", ignore_errors=True)
    shutil.copytree(base, data)
    to = to.format(there=tmp_path / "try" / "there")
    ended = killed_at(number, steps, lambda: moves(data, to), ready)
    again = moves(data, to)
    assert (again.verified.runs, again.findings, again.switched) == (5, (), str(data / "flightlog.yaml"))
    place = OLD[kind].format(base)
    assert differences(str(data), place) == differences(place, str(data)) == []
    aside = Path(again.archived)
    assert [path.name for path in data.glob("moved-*")] == [aside.name]
    old = f"file:{aside}" if kind == "file" else f"sqlite:{aside}/flightlog.db"
    assert [one for one in differences(old, place) if one.kind not in ("version", "pattern")] == []
    assert not list(data.glob(".*.new")) or not ended
    return ended


@pytest.mark.parametrize(("kind", "to"), [("file", "sqlite"), ("sqlite", "file:{there}")])
def test_killed_between_the_note_and_the_end_the_same_command_finishes_it(tmp_path, kind, to):
    for number in range(1, 100, EVERY or 7):
        steps = OnceNoted()
        if killed_and_again(tmp_path, kind, to, number, steps, steps.wait):
            break
    assert 7 < number < 99


@pytest.mark.heavy
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("kind", "to"), [("file", "sqlite"), ("sqlite", "file"), ("sqlite", "file:{there}")])
def test_killed_at_any_step_the_same_command_ends_with_everything_moved_once(tmp_path, kind, to):
    count = 0
    for number in range(1, 20_000, EVERY or 150):
        count += 1
        if killed_and_again(tmp_path, kind, to, number, STEPS):
            break
    print(f"\n{count} kills")  # noqa: T201 - how much was proved
    assert count > 3
