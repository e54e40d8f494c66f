"""Over the checkpoints stands what their figures are: how many keys a state changed, and its size."""

from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from flightlog.core.store import Store
from reading import opened, text_of
from recorded import record_everything


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


async def test_the_figures_of_a_checkpoint_stand_below_their_titles(store):
    async with opened(store, record_everything(store), tab="states") as pilot:
        lines = text_of(pilot).splitlines()
        head = next(line for line in lines if "checkpoint " in line and "changed" in line)
        first = next(line for line in lines if "planned" in line)
        changed = head.index("changed") + len("changed")
        assert first[changed - 1].isdigit() and first[changed] == " "
        assert first[: head.index("size") + len("size")].rstrip().endswith("B")


async def test_where_figures_have_no_room_they_have_no_titles(store):
    async with opened(store, record_everything(store), (80, 24), tab="states") as pilot:
        (head,) = (line for line in text_of(pilot).splitlines() if "│ checkpoint  " in line.replace("│  ", "│ "))
        assert "changed" not in head and "size" not in head


async def test_a_run_without_checkpoints_has_no_titles_of_them(store):
    with store.run("triage") as run:
        pass
    async with opened(store, run.id, tab="states") as pilot:
        shown = text_of(pilot)
        assert "run.checkpoint(" in shown and "changed" not in shown
