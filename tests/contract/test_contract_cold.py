"""Cold starts: whatever was left lying about, the first to open a store is shown everything that was recorded."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from catalogue import answers, histories
from flightlog.core.query.query import EVERYTHING
from places import Place

HERE = Path(__file__).parent

# The second half is recorded while nobody ships or reads, and the process dies with all its runs open.
DYING = """
import os, signal, sys
sys.path[:0] = [{here!r}, {tests!r}]
from random import Random
from catalogue import histories, put
history = histories(Random(3), 12)
{open}
held = put(store, history[:6])
store.runs.totals()
if hasattr(store.recording, "_ship"):
    store.recording._ship = lambda run: None
held += put(store, [(events, [], hold) for events, _, hold in history[6:]])
os.kill(os.getpid(), signal.SIGKILL)
"""


def indexes(place: Place) -> Path:
    return place.folder / ".flightlog" / "index.db"


def as_left(place: Place) -> None:
    """What a killed process leaves: logs that were not copied back, lock files, journals on their way."""


def without_index(place: Place) -> None:
    shutil.rmtree(indexes(place).parent)


def without_log(place: Place) -> None:
    for path in place.folder.rglob("index.db-*"):
        path.unlink()


def with_garbage(place: Place) -> None:
    indexes(place).write_bytes(b"SQLite format 3\0" + os.urandom(20_000))


def with_half_an_index(place: Place) -> None:
    os.truncate(indexes(place), indexes(place).stat().st_size // 2)


def with_old_locks(place: Place) -> None:
    """As they lie when their holders are long dead, whatever is written in them."""
    for path in [*place.folder.rglob("*.lock"), *place.folder.rglob("*.use")]:
        path.write_text("4194304 gone 1\n")


def without_shared_memory(place: Place) -> None:
    for path in place.folder.rglob("*-shm"):
        path.unlink()


CASES: tuple[tuple[str, Callable[[Place], None]], ...] = (
    ("files", without_index),
    ("mix", as_left),
    ("postgres", as_left),
    ("files", as_left),
    ("files", without_log),
    ("files", with_garbage),
    ("files", with_half_an_index),
    ("files", with_old_locks),
    ("mix", with_old_locks),
    ("mix", without_shared_memory),
    ("sqlite", as_left),
)


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        pytest.param(*case, id=f"{case[0]}-{case[1].__name__}", marks=[pytest.mark.heavy] if number > 1 else [])
        for number, case in enumerate(CASES)
    ],
)
def test_the_first_opening_shows_everything(kind, left, tmp_path, new_postgres_url):
    place = Place(kind, tmp_path / "data", new_postgres_url)
    code = DYING.format(here=str(HERE), tests=str(HERE.parent), open=place.code)
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    if kind != "files":  # what must lie about does
        assert len(os.listdir(place.folder / "spool")) >= 6
    if kind in ("mix", "sqlite"):
        assert (place.folder / "flightlog.db-wal").stat().st_size > 0
    left(place)
    history = [(events, notes if n < 6 else [], False) for n, (events, notes, _) in enumerate(histories(Random(3), 12))]
    expected = {one["run"].id: one for one in answers(history)}
    store = place.open()
    try:
        found = store.runs.query(EVERYTHING, limit=100).items
        assert sorted(run.id for run in found) == sorted(expected)
        for run in found:
            known = expected[run.id]
            assert comparable(run) == comparable(known["run"])
            assert store.logs.query(run.id) == known["logs"]
            assert store.runs.steps(run.id) == known["steps"]
            assert len(store.runs.events(run.id)) == known["run"].events
        assert (
            store.runs.totals().by_status["lost"] == sum(one["run"].status == "lost" for one in expected.values()) > 1
        )
        assert [damage for damage in store.runs.damage().items if not damage.where.startswith("event ")] == []
    finally:
        place.close()


def comparable(run: Any) -> Any:
    """Without what tells of the process that recorded."""
    evidence = "" if run.status == "lost" else run.evidence
    return msgspec.structs.replace(run, size_bytes=None, writer=None, evidence=evidence)
