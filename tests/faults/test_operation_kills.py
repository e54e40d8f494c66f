"""Operations that are killed, or whose disk fails, at any step: nothing lost, nothing twice, nothing half-visible."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import flightlog
import pytest
from flightlog.core.errors import StorageError
from flightlog.core.store import Store
from killing import EVERY, killed_at
from operation_steps import (
    FAULTS,
    STEPS,
    Scene,
    Work,
    archive,
    content,
    failing,
    placed,
    purge,
    restore,
    shown,
    trash,
    undo,
    undo_archive,
)


class Case(NamedTuple):
    """An operation, what is done before it, and where a run may lie after it was begun and after it is done."""

    work: Work
    before: Sequence[Work]
    begins: str
    ends: str


CASES = {
    "trash": Case(trash, (), "runs", "trash"),
    "undo": Case(undo, (trash,), "trash", "runs"),
    "purge": Case(purge, (trash,), "trash", ""),
    "archive": Case(archive, (), "runs", "archive"),
    "restore": Case(restore, (archive,), "archive", "runs"),
    "undo of archive": Case(undo_archive, (archive,), "archive", "runs"),
    "trash of archived": Case(trash, (archive,), "archive", "trash"),
    "undo of archived": Case(undo, (archive, trash), "trash", "archive"),
    "purge of archived": Case(purge, (archive, trash), "trash", ""),
}
FEW = ("trash", "undo", "purge", "archive", "restore")


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


few = pytest.mark.parametrize("case", [CASES[name] for name in FEW], ids=FEW)


@pytest.fixture
def scene(tmp_path: Path, case: Case) -> Scene:
    found = Scene(tmp_path / "base")
    with flightlog.open(found.base) as store:
        for work in case.before:
            work(store, found)
    return found


def done(case: Case, scene: Scene, root: Path) -> None:
    with flightlog.open(root) as store:
        case.work(store, scene)


def check(case: Case, scene: Scene, root: Path) -> None:
    """What must hold after an operation was cut off, until it is done again."""
    looked = shown(root, read_only=True)
    gone = {run for run in scene.chosen if run not in looked}
    assert not gone or not case.ends
    assert all(place in (case.begins, case.ends) for run, place in looked.items() if run in scene.chosen)
    assert looked[scene.other] == "runs"
    settled = shown(root, read_only=False)
    assert settled.keys() == looked.keys() - ({} if case.ends else looked.keys() - settled.keys())
    lies = placed(root)
    for run, place in settled.items():
        assert lies[run] == [place]
        if not list(root.rglob(f"{run}.flz")):
            assert content(root, run) == scene.content[run]
    assert lies.keys() == settled.keys()
    leftovers = [path for path in root.rglob("*") if path.name.endswith((".part", ".new"))]
    assert not leftovers


def check_done(case: Case, scene: Scene, root: Path) -> None:
    done(case, scene, root)
    there = shown(root, read_only=True)
    expected = {run: case.ends for run in scene.chosen if case.ends} | {scene.other: "runs"}
    assert there == expected
    live = [run for run in there if not list(root.rglob(f"{run}.flz"))]
    assert all(content(root, run) == scene.content[run] for run in live)
    if not case.ends:
        assert not planted(root, scene.chosen)


def planted(root: Path, runs: Sequence[str]) -> list[Path]:
    """Files that hold something that was recorded in one of these runs."""
    words = [f"PLANTED {text}".encode() for text in ("0", "1", "words of 0", "words of 1")]
    words += [f"PLANTED note of {run}".encode() for run in runs]
    files = [path for path in root.rglob("*") if path.is_file()]
    return [path for path in files if any(word in path.read_bytes() for word in words)]


def each_kill(case: Case, scene: Scene, root: Path, steps: range) -> None:
    for number in steps:
        scene.copy(root)
        store: list[Store] = []

        def ready(store: list[Store] = store) -> None:
            store.append(flightlog.open(root))
            store[0].runs.totals()

        ended = killed_at(number, STEPS, lambda store=store: case.work(store[0], scene), ready)
        again = scene.base.parent / "again"
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(root, again, ignore=shutil.ignore_patterns(".flightlog"))
        check(case, scene, root)
        check_done(case, scene, root)  # the next start, and then the same again
        check_done(case, scene, again)  # the same again at once
        if ended:
            print(f"\n{len(steps[: steps.index(number)])} steps")  # noqa: T201 - how much was proved
            return
    assert len(steps) < 100, "it never came to its end"


@few
def test_killed_at_some_steps_all_is_there_once_and_whole(case, scene, tmp_path):
    each_kill(case, scene, tmp_path / "data", range(27, 28))


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_killed_at_more_steps_all_is_there_once_and_whole(case, scene, tmp_path):
    each_kill(case, scene, tmp_path / "data", range(1, 1000, EVERY or 41))


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("case", [CASES["archive"], CASES["undo"]], ids=["archive", "undo"])
def test_killed_while_it_is_settled_it_is_settled_by_the_next_start(case, scene, tmp_path):
    root, cut = tmp_path / "data", tmp_path / "cut"
    for number in range(17, 1000, EVERY or 53):
        scene.copy(cut)
        if killed_at(number, STEPS, lambda: done(case, scene, cut)):
            return
        for start in range(3, 1000, EVERY * 5 or 89):
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(cut, root, ignore=shutil.ignore_patterns(".flightlog"))
            whole = killed_at(start, STEPS, lambda: shown(root, read_only=False))
            check(case, scene, root)
            check_done(case, scene, root)
            if whole:
                break


def each_fault(case: Case, scene: Scene, root: Path, steps: range) -> None:
    for number in steps:
        for code in FAULTS if EVERY else FAULTS[number % 2 :][:1]:
            scene.copy(root)
            with flightlog.open(root) as store:
                store.runs.totals()
                with failing(number, code) as struck, suppress(StorageError):  # no error but ours
                    case.work(store, scene)
            check(case, scene, root)
            check_done(case, scene, root)
            if not struck:
                print(f"\n{len(steps[: steps.index(number)])} steps")  # noqa: T201 - how much was proved
                return
    assert len(steps) < 100, "it never came to its end"


@few
def test_a_disk_that_fails_at_some_steps_loses_nothing(case, scene, tmp_path):
    each_fault(case, scene, tmp_path / "data", range(29, 30))


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_a_disk_that_fails_at_more_steps_loses_nothing(case, scene, tmp_path):
    each_fault(case, scene, tmp_path / "data", range(1, 1000, EVERY or 47))
