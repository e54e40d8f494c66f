"""A run that goes on while it is looked at: what is new appears, and nothing is read twice."""

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


async def test_what_is_new_appears_and_following_stops_and_returns(store):
    with store.run("live") as run:
        for n in range(50):
            run.log(f"early {n}")
        counts = counted(store)
        async with opened(store, run.id, tab="logs") as pilot:
            lines = screen_of(pilot).query_one(LogLines)
            before = len(counts["logs"].calls)
            run.log("late one")
            pilot.app.changed()
            await wait(pilot, lambda: "late one" in text_of(pilot))
            new = [call for call in counts["logs"].calls[before:] if call[0] == "query"]
            assert [call[2].get("after") for call in new] == [51]
            assert lines.entry.message == "late one"
            await pilot.press("up", "up")
            here = lines.entry.seq
            run.log("later one")
            pilot.app.changed()
            await wait(pilot, lambda: lines.window.entries[-1].message == "later one")
            assert lines.entry.seq == here
            await pilot.press("end")
            assert lines.entry.message == "later one"
            run.log("last one")
            pilot.app.changed()
            await wait(pilot, lambda: lines.entry.message == "last one")


async def test_the_end_of_a_run_shows_in_the_frame(store):
    run = store.run("live")
    async with opened(store, run.id) as pilot:
        assert "● running" in text_of(pilot)
        run.fail(ValueError("no more"))
        pilot.app.changed()
        await wait(pilot, lambda: "ValueError: no more" in text_of(pilot))
        assert "✖" in text_of(pilot).splitlines()[0]


async def test_messages_beyond_the_first_page_are_read_on_the_way_down(store):
    with store.run("talk") as run:
        for n in range(450):
            run.message("a", "b", f"word {n}")
        run.snapshot("result", "done")  # else the overview, which is seen before, asks for the last one
    counts = counted(store)
    async with opened(store, run.id, tab="messages") as pilot:
        tab = screen_of(pilot).tab
        for pages, read in ((1, 200), (2, 400), (3, 450)):
            assert counts["runs"].named("messages") == pages and len(tab.messages) == read
            tab._go_to(tab.messages[-1].seq)
            await settled(pilot)
        assert "word 449" in text_of(pilot)


async def test_messages_of_a_run_that_goes_on_are_read_from_the_newest_and_then_only_what_comes(store):
    with store.run("talk") as run:
        for n in range(450):
            run.message("a", "b", f"word {n}")
        run.snapshot("result", "done")  # else the overview, which is seen before, asks for the last one
        counts = counted(store)
        async with opened(store, run.id, tab="messages") as pilot:
            for _ in range(6):
                await pilot.press("end")
                await settled(pilot)
            assert counts["runs"].named("messages") == 1
            assert "word 449" in text_of(pilot)
            run.message("a", "b", "one more")
            pilot.app.changed()
            await settled(pilot)
            await wait(pilot, lambda: screen_of(pilot).tab.messages[-1].content == "one more")
            assert counts["runs"].named("messages") == 2
