"""The loader: one load at a time, no more often than it is worth, at once where a person waits."""

import threading
import time
from functools import partial

import pytest
from flightlog.tui.loading import Loader
from seeing import until
from textual.app import App


@pytest.mark.parametrize("pace", [{"every": 3600.0}, {"rest": 1e9}])
async def test_a_load_waits_until_it_is_due_but_not_for_a_person(pace):
    app: App[None] = App()
    async with app.run_test() as pilot:
        found: list[int] = []
        loader = Loader(app, lambda: lambda: time.sleep(0.01) or len(found), found.append, **pace)
        loader.request()
        await until(pilot, lambda: found == [0])
        loader.request()
        assert (loader.busy, loader.loads) == (True, 1)
        loader.request(at_once=True)
        await until(pilot, lambda: found == [0, 1])
        # What waited has been done with it.
        assert (loader.busy, loader.loads) == (False, 2)
        loader.request(at_once=True)
        loader.request()
        loader.request(at_once=True)
        await until(pilot, lambda: found == [0, 1, 2, 3])


async def test_a_load_that_waits_begins_also_where_a_short_timer_would_be_lost(monkeypatch):
    """Textual's timers skip a beat that they are late for, and a timer of one beat then never fires."""
    app: App[None] = App()
    async with app.run_test() as pilot:
        monkeypatch.setattr(app, "set_timer", None)
        found: list[int] = []
        loader = Loader(app, lambda: lambda: len(found), found.append, every=0.02)
        for n in range(20):
            loader.request()
            await pilot.pause(0.0195)  # so that the next is due at once, or a moment later
            loader.request()
            await until(pilot, lambda n=n: len(found) > n and not loader.busy)
        assert found == sorted(found)


async def test_tests_wait_for_a_load_that_takes_long_and_not_for_one_that_they_hold_up():
    app: App[None] = App()
    found, may = [], threading.Event()
    async with app.run_test() as pilot:
        Loader(app, lambda: partial(time.sleep, 0.5), found.append).request()
        await pilot.pause()
        assert found == [None]
        Loader(app, lambda: lambda: may.wait(30), found.append).request()
        await pilot.pause()
        assert found == [None]
        may.set()
        await pilot.pause()
        assert found == [None, True]
