"""What keys cost in the run list: lines drawn, and rows asked of the store."""

import asyncio
import time

import pytest
from little_store import run_id
from textual.screen import Screen

SIZE = (120, 36)


async def settled(pilot, runs):
    """The screen, when nothing was read or drawn for a third of a second."""
    end, quiet, before = time.monotonic() + 30, 0, None
    while quiet < 7:
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
        await pilot.pause()
        home = getattr(pilot.app, "home", None)
        now = (home.table.painted, sum(runs.asked.values())) if home is not None and home.run_list.ready else None
        busy = now is None or home.loader.busy or home.previewer.busy
        quiet = 0 if busy or now != before else quiet + 1
        before = now
    return pilot.app.home


async def test_the_cursor_draws_two_lines_and_reads_nothing(app, runs):
    async with app.run_test(size=SIZE) as pilot:
        screen = await settled(pilot, runs)
        painted, asked = screen.table.painted, runs.asked["query"]
        await pilot.press("j")
        await settled(pilot, runs)
        assert screen.table.painted - painted == 2
        assert runs.asked["query"] == asked
        assert len(list(screen.table.render_line(5))) <= 16  # parts, each of which costs on its way to the terminal


async def test_a_page_down_draws_a_screen_and_reads_a_page_at_most(app, runs):
    async with app.run_test(size=SIZE) as pilot:
        screen = await settled(pilot, runs)
        await pilot.press("pagedown")
        await settled(pilot, runs)
        painted, rows = screen.table.painted, runs.rows
        await pilot.press("pagedown")
        await settled(pilot, runs)
        assert screen.table.painted - painted <= 2 * (screen.table.rows + 1)
        assert runs.rows - rows <= 2 * screen.run_list.page


@pytest.mark.parametrize("key", ["G", "s"])
async def test_another_place_or_order_reads_a_few_pages(app, runs, key):
    async with app.run_test(size=SIZE) as pilot:
        screen = await settled(pilot, runs)
        painted, rows = screen.table.painted, runs.rows
        await pilot.press(key)
        await settled(pilot, runs)
        assert runs.rows - rows <= 3 * screen.run_list.page
        assert screen.table.painted - painted <= 4 * (screen.table.rows + 1)
        assert screen.run_list.held <= 5 * screen.run_list.page


async def test_nothing_is_read_while_nothing_happens(app, runs, feed):
    async with app.run_test(size=SIZE) as pilot:
        screen = await settled(pilot, runs)
        before, asked = sum(runs.asked.values()), feed.asked
        painted = screen.table.painted
        await asyncio.sleep(1.3)
        assert (sum(runs.asked.values()), feed.asked) == (before, asked)
        assert screen.table.painted == painted


async def test_changes_below_a_screen_that_hides_the_list_read_and_paint_nothing(app, runs, feed):
    async with app.run_test(size=SIZE) as pilot:
        screen = await settled(pilot, runs)
        app.push_screen(Screen())
        await settled(pilot, runs)
        loads, frames = screen.loader.loads, []
        app.post_display_hook = lambda: frames.append(1)
        for n in range(10):
            feed.note(run_id(n))
            await pilot.pause(0.05)
        assert (screen.loader.loads, frames) == (loads, [])
        app.pop_screen()
        await pilot.pause()
        await settled(pilot, runs)
        assert screen.loader.loads > loads
