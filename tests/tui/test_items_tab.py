"""The items tab: failed rows first, what a row went through, retries, and a hundred thousand rows by the page."""

from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from counting import counted
from flightlog.core.pages import Page
from flightlog.core.runs import Item
from flightlog.core.store import Store
from flightlog.tui.parts.item_pages import KEPT, PAGE
from flightlog.tui.screens.run import RunScreen
from reading import SIZES, opened, screen_of, settled, text_of, wait
from recorded import NASTY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


def numbers(pilot) -> list[int]:
    """The rows of the batch in sight of the list."""
    return [
        row.path.key for row in screen_of(pilot).tab.lines.rows if isinstance(row.path.key, int) and row.path.depth == 1
    ]


def go_to(pilot, number: int) -> None:
    lines = screen_of(pilot).tab.lines
    lines.move_to(next(n for n, row in enumerate(lines.rows) if row.path.keys == (number,) and not row.part))


def batch(store: Store) -> str:
    """Four rows: one that worked, one that failed for good, one that worked at the second try, one that waits."""
    with store.run("batch") as run:
        for row in (1, 2, 3, 4):
            run.item(row, "pending")
        run.item(1, "processing", input={"mail": "a" * 300, "nasty": NASTY})
        run.item(1, "completed", output={"label": "bug", "why": ["long " * 40, "end"]})
        run.item(2, "processing", input="row two")
        run.item(2, "failed", error=ValueError("no address " + NASTY))
        run.item(3, "processing", input="row three")
        run.item(3, "failed", error=OSError("line is down"))
        run.item(3, "processing")
        run.item(3, "completed", output="sent")
    return run.id


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_row_tells_all_that_it_went_through(store, size):
    run = batch(store)
    again = store.run("batch", attempt=2, parent=run)
    again.item(2, "completed", output="at last")
    again.finish()
    async with opened(store, run, size, tab="items") as pilot:
        assert numbers(pilot) == [2, 1, 3, 4]
        assert "4 rows  1 failed" in text_of(pilot)
        await wait(pilot, lambda: f"then ✔ completed in {again.id[:2]}" in text_of(pilot))
        await pilot.press("enter")
        await wait(pilot, lambda: "no address" in text_of(pilot) and "row two" in text_of(pilot))
        assert "next attempt" in text_of(pilot)
        go_to(pilot, 3)
        await pilot.press("enter")
        # The input was recorded before the last event, at the first try.
        await wait(
            pilot, lambda: all(word in text_of(pilot) for word in ("tries", "line is down", "row three", "sent"))
        )
        go_to(pilot, 2)
        for _ in range(8):
            await pilot.press("j")
            row = screen_of(pilot).tab.lines.current
            if row.path.keys == (2, "retry"):
                break
        await pilot.press("enter")
        await wait(pilot, lambda: isinstance(pilot.app.screen, RunScreen) and screen_of(pilot).run_id == again.id)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_rows_are_picked_by_how_they_stand(store, size):
    run = batch(store)
    async with opened(store, run, size, tab="items") as pilot:
        await pilot.press("f")
        await wait(pilot, lambda: numbers(pilot) == [2])
        assert "failed only" in text_of(pilot)
        await pilot.press("f")
        await wait(pilot, lambda: numbers(pilot) == [2, 1, 3, 4])
        await pilot.press("F")  # none is processing
        await wait(pilot, lambda: numbers(pilot) == [4])
        assert "1 pending only" in text_of(pilot)
        await pilot.press("F")
        await wait(pilot, lambda: numbers(pilot) == [1, 3])
        assert "2 completed only" in text_of(pilot)
        await pilot.press("F")  # nor skipped
        await wait(pilot, lambda: numbers(pilot) == [2, 1, 3, 4])
        await pilot.press("F", "escape")
        await wait(pilot, lambda: numbers(pilot) == [2, 1, 3, 4])
        assert isinstance(pilot.app.screen, RunScreen)


async def test_where_all_rows_have_failed_there_is_no_other_status_to_go_to(store):
    with store.run("batch") as run:
        run.item(1, "failed", error="gone")
    async with opened(store, run.id, tab="items") as pilot:
        await pilot.press("F")
        await wait(pilot, lambda: pilot.app.told == ["all rows have failed"])
        assert numbers(pilot) == [1]


async def test_a_row_that_fails_moves_to_the_front_while_one_looks(store):
    with store.run("batch") as run:
        for row in (1, 2, 3):
            run.item(row, "processing", input=row)
        async with opened(store, run.id, tab="items") as pilot:
            go_to(pilot, 3)
            run.item(3, "failed", error="gone")
            pilot.app.changed()
            await wait(pilot, lambda: numbers(pilot) == [3, 1, 2])
            assert screen_of(pilot).tab.lines.current.path.keys == (3,)
            assert "1 failed" in text_of(pilot)


class Many:
    """A hundred thousand rows, given out by the page; `rows` counts them."""

    ALL = 100_000

    def __init__(self) -> None:
        self.rows = 0

    def items(self, run, *, status=None, limit=1000, after=None):
        start = int(after or 0)
        found = [
            Item(run=run, row_number=n + 1, status="completed") for n in range(start, min(start + limit, self.ALL))
        ]
        self.rows += len(found)
        end = start + len(found)
        return Page(items=found, next=str(end) if end < self.ALL else None)


async def test_of_a_hundred_thousand_rows_a_few_pages_are_held(store, monkeypatch):
    with store.run("batch") as run:
        run.item(1, "completed")
    many, counts = Many(), counted(store)
    monkeypatch.setattr(counts["runs"], "items", many.items, raising=False)
    async with opened(store, run.id, (120, 110), tab="items") as pilot:
        lines = screen_of(pilot).tab.lines
        assert many.rows == PAGE
        for _ in range(8):
            await pilot.press("pagedown")
            here = lines.current.path
            await settled(pilot)
            assert lines.current.path == here
        assert len(numbers(pilot)) <= KEPT * PAGE
        assert numbers(pilot)[0] > 1
        assert "in the middle" in text_of(pilot)
        before = many.rows
        pilot.app.changed()
        run_before = numbers(pilot)
        await settled(pilot)
        assert many.rows - before <= KEPT * PAGE
        assert numbers(pilot) == run_before
        for _ in range(8):
            await pilot.press("pageup")
            here = lines.current.path
            await settled(pilot)
            assert lines.current.path == here
        assert lines.current.path.keys == (1,)
        await pilot.press("G")
        await wait(pilot, lambda: numbers(pilot)[-1] == many.ALL)
        assert lines.current.path.keys == (many.ALL,)
        assert len(numbers(pilot)) <= KEPT * PAGE
        await pilot.press("g")
        await wait(pilot, lambda: numbers(pilot)[0] == 1)
        assert lines.current.path.keys == (1,)
