"""The log of a run on the screen: pages are read as they are reached, and only what is seen is drawn."""

from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from counting import counted
from flightlog.core.store import Store
from flightlog.tui.widgets.log_lines import LogLines
from reading import opened, screen_of, settled, text_of, wait


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


@pytest.fixture
def long_log(store) -> str:
    """A run with 5,000 log entries, the 10th an error."""
    with store.run("chatty") as run:
        for n in range(1, 5001):
            run.log(f"entry number {n}", level="ERROR" if n == 10 else "WARNING" if n == 4000 else "INFO")
    return run.id


async def test_a_long_log_opens_at_its_end_with_one_page_and_draws_what_is_seen(store, long_log):
    counts = counted(store)
    async with opened(store, long_log, tab="logs") as pilot:
        lines = screen_of(pilot).query_one(LogLines)
        assert "entry number 5000" in text_of(pilot)
        assert counts["logs"].named("query") == 1
        assert len(lines.window.entries) == 200
        assert lines.drawn < 100


async def test_scrolling_up_reads_older_pages_and_the_cursor_stays_on_its_entry(store, long_log):
    async with opened(store, long_log, tab="logs") as pilot:
        lines = screen_of(pilot).query_one(LogLines)
        for _ in range(8):
            await pilot.press("pageup")
            here = lines.entry.seq
            await settled(pilot)
            assert lines.entry.seq == here
        assert len(lines.window.entries) > 300
        numbers = [entry.seq for entry in lines.window.entries]
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        await pilot.press("g")
        await settled(pilot)
        assert "entry number 1 " in text_of(pilot) + " "
        await pilot.press("G")
        await settled(pilot)
        assert "entry number 5000" in text_of(pilot)


async def test_levels_errors_warnings_and_searches_go_beyond_what_is_held(store, long_log):
    async with opened(store, long_log, tab="logs") as pilot:
        tab, lines = screen_of(pilot).tab, screen_of(pilot).query_one(LogLines)
        await pilot.press("E")
        await settled(pilot)
        assert lines.entry.message == "entry number 10"
        await pilot.press("w")
        await settled(pilot)
        assert lines.entry.message == "entry number 4000"
        await pilot.press("e")
        await settled(pilot)
        assert "No ERROR" in pilot.app.told[-1]
        await pilot.press("slash", *"number 77", "enter")
        await settled(pilot)
        assert lines.entry.message == "entry number 779"
        await pilot.press("n")
        await settled(pilot)
        assert lines.entry.message == "entry number 1077"[:16] or "77" in lines.entry.message
        await pilot.press("escape", "3")
        await settled(pilot)
        assert [entry.level for entry in lines.window.entries] == ["ERROR", "WARNING"]
        await pilot.press("4")
        await settled(pilot)
        assert [entry.level for entry in lines.window.entries] == ["ERROR"]
        assert tab.window.filter.level == "ERROR"


async def test_a_message_of_a_megabyte_is_cut_before_it_is_drawn(store):
    with store.run("wordy") as run:
        run.log("m" * 1_000_000 + "END")
    async with opened(store, run.id, tab="logs") as pilot:
        lines = screen_of(pilot).query_one(LogLines)
        assert sum(len(text) for text, _ in lines.draw(0, 100)) < 5000
        await pilot.press("v")
        assert lines.count() < 100
        await pilot.press("enter")
        await wait(pilot, lambda: "1,000,003 characters" in text_of(pilot))


async def test_resizing_keeps_the_cursor_in_sight(store, long_log):
    async with opened(store, long_log, tab="logs") as pilot:
        lines = screen_of(pilot).query_one(LogLines)
        for width, height in ((80, 24), (60, 14), (120, 36)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            await pilot.pause()
            assert lines.scroll_offset.y <= lines.cursor < lines.scroll_offset.y + lines.size.height
            assert lines.entry.message == "entry number 5000"
