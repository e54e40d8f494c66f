"""The first rows stand before the store is open, and give way to what it says."""

import threading

from flightlog.core.errors import StorageError
from flightlog.core.glance import Glance
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.app import FlightlogApp
from flightlog.tui.program.navigation import Navigation
from little_store import run_id
from seeing import shows, text_of, until


def seen_of(store):
    """What was known of a little store when it was last written."""
    page = store.runs.query(EVERYTHING, limit=100)
    return lambda limit: Glance(page, store.runs.totals())


async def test_rows_stand_before_the_store_is_open_and_keys_wait_for_it_where_they_must(store, monkeypatch):
    opened, entered = threading.Event(), []
    monkeypatch.setattr(Navigation, "on_open_run", lambda app, message: entered.append((app.store, message.run)))

    def slow():
        assert opened.wait(60)
        return store

    app = FlightlogApp(slow, name="./data", glance=seen_of(store))
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "flow-0@4", "1,000 runs", "opening")
        assert app.store is None
        assert app.home.run_list.lines == 1000
        await pilot.press("j", "j")
        await until(pilot, lambda: app.home.run_list.cursor == run_id(997))
        await pilot.press("A", "D", "enter")
        assert app.screen is app.home
        assert not entered
        opened.set()
        await until(pilot, lambda: entered == [(store, run_id(997))])
        await until(pilot, lambda: not app.home.run_list.glanced)
        await until(pilot, lambda: "watching" in text_of(app.screen))
        assert app.home.run_list.cursor == run_id(997)


async def test_what_cannot_be_opened_after_all_is_not_shown(store):
    def failing():
        raise StorageError("this is no data directory", where="/nowhere", advice="name another one")

    async with FlightlogApp(failing, name="./data", glance=seen_of(store)).run_test(size=(80, 24)) as pilot:
        shown = await shows(pilot, "this is no data directory")
        assert "flow-0@4" not in shown


async def test_an_empty_glance_says_nothing(store):
    nothing = store.runs.query(EVERYTHING, limit=1)
    empty = Glance(type(nothing)(items=[]), store.runs.totals())
    async with FlightlogApp(lambda: store, glance=lambda limit: empty).run_test(size=(80, 24)) as pilot:
        await shows(pilot, "flow-0@4", "watching")
