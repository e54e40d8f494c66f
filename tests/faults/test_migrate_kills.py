"""A move from or to a server, killed at any statement or write and begun again: nothing lost, nothing twice.

`FLIGHTLOG_EVERY_STEP=1` tries every single step, 2 and more seconds each; another number, each so many steps.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from flightlog.backends.moving.migrating import migrate
from flightlog.core.progress import Progress
from killing import EVERY, killed_at
from moving_stores import differences, fill
from operation_steps import STEPS
from postgres_server import PostgresServer
from statement_steps import STATEMENT, counted_statements
from strace_points import in_a_child

SERVER = "{type: postgres, url: '${SOURCE}'}"
KEPT = {
    "file": "logs: {type: file}",
    "sqlite": "logs: {type: sqlite}",
    "postgres": f"logs: {SERVER}, workflows: {SERVER}, metrics: {SERVER}",
}
MOVES = [
    ("file", "postgres"),
    ("sqlite", "postgres"),
    ("postgres", "file"),
    ("postgres", "sqlite"),
    ("postgres", "postgres"),
]


class Scene(NamedTuple):
    """What is moved, where its old place is, and what is as it was at first."""

    data: Path
    to: str
    old: str
    first: str

    @property
    def is_switched(self) -> bool:
        """Whether its configuration says another place by now."""
        one, at_first = (folder / "flightlog.yaml" for folder in (self.data, self.data.with_name("base")))
        return one.read_bytes() != at_first.read_bytes()


class Stage:
    """A store of one kind, and copies of it to move into a new place of another kind."""

    def __init__(self, server: PostgresServer, folder: Path, a: str, b: str) -> None:
        self.server, self.folder, self.kinds = server, folder, (a, b)
        self.made: list[str] = []
        self.base = folder / "base"
        self.base.mkdir()
        (self.base / "flightlog.yaml").write_text(f"storage: {{{KEPT[a]}}}\n")
        if a == "postgres":
            self.made.append(server.new_database())
            os.environ["SOURCE"] = server.url(self.made[0])
        in_a_child(lambda: fill(str(self.base)))

    def scene(self) -> Scene:
        """The store as it is at first, in a place of its own."""
        a, b = self.kinds
        self._drop(self.made[1 if a == "postgres" else 0 :])
        data = self.folder / "try"
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(self.folder / "new", ignore_errors=True)
        shutil.copytree(self.base, data)
        old, first = (
            place if a == "file" else f"{place}/flightlog.db" for place in (f"{a}:{data}", f"{a}:{self.base}")
        )
        if a == "postgres":
            self.made.append(f"{self.made[0]}_again")
            self.server.tell(f"CREATE DATABASE {self.made[-1]} TEMPLATE {self.made[0]}")
            old = os.environ["SOURCE"] = self.server.url(self.made[-1])
            first = self.server.url(self.made[0])
        if b == "postgres":
            self.made.append(self.server.new_database())
            os.environ["TARGET"] = self.server.url(self.made[-1])
            return Scene(data, "${TARGET}", old, first)
        return Scene(data, f"{b}:{self.folder / 'new' / ('flightlog.db' if b == 'sqlite' else '')}", old, first)

    def _drop(self, names: list[str]) -> None:
        for name in list(names):
            self.server.drop_database(name)
            self.made.remove(name)

    def close(self) -> None:
        """Takes its databases away."""
        self._drop(self.made)


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    for name in ("SOURCE", "TARGET"):
        monkeypatch.setenv(name, "")
    found = Stage(postgres, tmp_path, *request.param)
    yield found
    found.close()


def moves(scene: Scene) -> None:
    """Moves it; if that was done before, it says so, and what it came to."""
    was_switched = scene.is_switched
    moved = migrate(scene.data, scene.to, progress=Progress())
    assert (moved.findings, moved.verified.runs, bool(moved.since)) == ((), 5, was_switched)


def same(scene: Scene) -> None:
    """What the folder opens, and what the old place holds, is what was there at first: each run once, and whole."""
    for place in (str(scene.data), scene.old):
        assert differences(place, scene.first) == differences(scene.first, place) == []


def each_kill(stage: Stage, numbers: range) -> int:
    """Kills it at these steps, until it comes to its end; how many struck."""
    for struck, number in enumerate(numbers):
        scene = stage.scene()
        ended = killed_at(number, (*STEPS, STATEMENT), lambda scene=scene: moves(scene), counted_statements)
        if scene.is_switched:  # then all of it is there
            in_a_child(lambda scene=scene: same(scene))
        in_a_child(lambda scene=scene: (moves(scene), same(scene)))
        assert scene.is_switched
        if ended:
            return struck
    assert len(numbers) < 100, "it never came to its end"
    return len(numbers)


@pytest.mark.parametrize("stage", [("file", "postgres")], indirect=True)
def test_a_move_to_a_server_is_killed_and_goes_on(stage):
    assert each_kill(stage, range(300, 301)) == 1


@pytest.mark.heavy
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("stage", MOVES, ids="-".join, indirect=True)
def test_a_move_from_or_to_a_server_is_killed_anywhere_and_all_is_there_once(stage):
    count = each_kill(stage, range(1, 20_000, EVERY) if EVERY else range(500, 501))
    print(f"\n{count} steps")  # noqa: T201 - how much was proved
    assert count
