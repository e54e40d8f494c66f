"""Operations that are killed, or whose disk fails, at any step: nothing lost, nothing twice, nothing half-visible."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import flightlog
import pytest
from killing import killed_at
from operation_steps import FAULTS, STEPS, Scene, Work, content, failing, placed, purge, quietly, shown, trash, undo


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
}
SAMPLED = 9
"""By default every so many-th step."""


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def scene(tmp_path: Path, case: Case) -> Scene:
    found = Scene(tmp_path / "base")
    with flightlog.open(found.base) as store:
        for work in case.before:
            work(store, found)
    return found


def done(case: Case, scene: Scene, root: Path) -> Callable[[], None]:
    def work() -> None:
        with flightlog.open(root) as store:
            case.work(store, scene)

    return work


def check(case: Case, scene: Scene, root: Path) -> None:
    """What must hold after an operation was cut off, until it is done again."""
    looked = shown(root, read_only=True)
    gone = {run for run in scene.chosen if run not in looked}
    assert not gone or not case.ends
    assert all(place in (case.begins, case.ends) for run, place in looked.items() if run in scene.chosen)
    assert looked[scene.other] == "runs"
    if os.path.exists(root / "again"):
        return
    settled = shown(root, read_only=False)
    assert settled.keys() == looked.keys() - ({} if case.ends else looked.keys() - settled.keys())
    lies = placed(root)
    for run, place in settled.items():
        assert lies[run] == [place]
        if place != "archive":
            assert content(root, run) == scene.content[run]
    assert lies.keys() == settled.keys()
    leftovers = [path for path in root.rglob("*") if path.name.endswith((".part", ".new"))]
    assert not leftovers


def check_done(case: Case, scene: Scene, root: Path) -> None:
    done(case, scene, root)()
    there = shown(root, read_only=True)
    expected = {run: case.ends for run in scene.chosen if case.ends} | {scene.other: "runs"}
    assert there == expected
    if case.ends != "archive":
        assert all(content(root, run) == scene.content[run] for run in there)
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
        ended = killed_at(number, STEPS, done(case, scene, root))
        again = scene.base.parent / "again"
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(root, again, ignore=shutil.ignore_patterns(".flightlog"))
        check(case, scene, root)
        check_done(case, scene, root)  # the next start, and then the same again
        check_done(case, scene, again)  # the same again at once
        if ended:
            return
    assert len(steps) < 200, "it never came to its end"


def test_killed_at_some_steps_all_is_there_once_and_whole(case, scene, tmp_path):
    each_kill(case, scene, tmp_path / "data", range(20, 200, SAMPLED * 3))


@pytest.mark.heavy
def test_killed_at_every_step_all_is_there_once_and_whole(case, scene, tmp_path):
    each_kill(case, scene, tmp_path / "data", range(1, 1000))


def each_fault(case: Case, scene: Scene, root: Path, code: int, steps: range) -> None:
    for number in steps:
        scene.copy(root)
        with failing(number, code) as struck:
            quietly(case.work, root, scene)
        check(case, scene, root)
        check_done(case, scene, root)
        if not struck:
            return


@pytest.mark.parametrize("code", FAULTS.values(), ids=FAULTS)
def test_a_disk_that_fails_at_some_steps_loses_nothing(case, scene, tmp_path, code):
    each_fault(case, scene, tmp_path / "data", code, range(20, 200, SAMPLED * 3))


@pytest.mark.heavy
@pytest.mark.parametrize("code", FAULTS.values(), ids=FAULTS)
def test_a_disk_that_fails_at_every_step_loses_nothing(case, scene, tmp_path, code):
    each_fault(case, scene, tmp_path / "data", code, range(1, 1000))
