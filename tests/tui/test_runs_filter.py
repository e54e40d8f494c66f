"""The filter of the run list, as a person types it."""

import threading
import time

import pytest
from flightlog.core.progress import go_on
from flightlog.tui.app import FlightlogApp
from flightlog.tui.personal.person import Person
from flightlog.tui.personal.remembered import Remembered
from flightlog.tui.program.navigation import Navigation
from flightlog.tui.widgets.empty import Empty
from flightlog.tui.widgets.filter_bar import FilterBar
from little_store import make_run, make_store, run_id
from seeing import loaded, shows, text_of, until
from textual import events


async def test_a_filter_is_typed_counted_kept_and_cleared(app, runs):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"workflow:flow-1".replace(":", "¤").replace("¤", ":"))
        await until(pilot, lambda: "[333/1,000]" in text_of(screen))
        await pilot.press("enter")
        assert screen.focused is screen.table
        await pilot.press("j")
        assert screen.run_list.current.workflow == "flow-1"
        await pilot.press("escape")
        await until(pilot, lambda: screen.run_list.ready and screen.run_list.lines == 1000)
        assert not screen.query_one(FilterBar).has_class("open")


async def test_a_run_that_is_opened_before_the_filtered_list_is_read_is_the_filtered_one(app, runs, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr(Navigation, "on_open_run", lambda self, message: opened.append(message.run))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        asked, go, query = threading.Event(), threading.Event(), runs.query

        def slowly(*args, **kwargs):
            asked.set()
            assert go.wait(30)
            return query(*args, **kwargs)

        runs.query = slowly
        await pilot.press("slash", *"workflow:flow-1")
        # Enter twice, as a terminal sends it in one piece.
        app.simulate_key("enter")
        app.simulate_key("enter")
        await until(pilot, asked.is_set)
        assert not opened
        go.set()
        await until(pilot, lambda: bool(opened))
        assert [runs.get(id).workflow for id in opened] == ["flow-1"]
        assert screen.run_list.cursor == opened[0]


async def test_a_filter_that_takes_long_to_read_gives_the_keys_to_its_list(app, runs):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        go, query = threading.Event(), runs.query

        def slowly(*args, **kwargs):
            assert go.wait(30)
            return query(*args, **kwargs)

        runs.query = slowly
        await pilot.press("slash", *"workflow:flow-1", "enter")
        await until(pilot, lambda: screen.query_one(Empty).display and not screen.table.size)
        go.set()
        await until(pilot, lambda: screen.run_list.lines == 333 and screen.focused is screen.table)
        screen.table.post_message(events.Hide())  # which was on its way when the list came
        await pilot.pause()
        assert screen.focused is screen.table
        await pilot.press("j")
        assert screen.run_list.cursor_line == 1


async def test_typing_goes_on_while_nothing_matches(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"zz")
        await until(pilot, lambda: "No run matches" in text_of(screen))
        await pilot.press("backspace", "backspace", *"workflow:flow-2")
        await until(pilot, lambda: screen.run_list.lines == 333)


async def test_a_query_that_cannot_be_parsed_says_what_is_searched(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"statuz:failed")
        await until(pilot, lambda: screen.run_list.query.text == "statuz:failed")
        await shows(pilot, screen.run_list.query.problems[0].what)


async def test_tab_completes_keys_and_values_that_occur(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        bar = screen.query_one(FilterBar)
        await pilot.press("slash", *"workf", "tab")
        await until(pilot, lambda: bar.input.value == "workflow:")
        await pilot.press("f", "tab")
        await until(pilot, lambda: bar.input.value == "workflow:flow-")
        await until(pilot, lambda: "flow-0  flow-1  flow-2" in text_of(screen))
        await pilot.press("2", "tab")
        await until(pilot, lambda: bar.input.value == "workflow:flow-2 ")


async def test_a_long_filter_hides_neither_marks_nor_order_of_its_list(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"workflow:flow-1|flow-2 status:completed", "enter")
        await until(pilot, lambda: "started ↓" in text_of(screen).split("\n")[2])
        await pilot.press("space", "space")
        await until(pilot, lambda: "✓ 2 marked · started ↓" in text_of(screen).split("\n")[2])
        await pilot.press("b")
        await until(pilot, lambda: "✓ 2 marked · by session · started ↓" in text_of(screen).split("\n")[2])
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: "✓ 2 marked" in text_of(screen).split("\n")[2])


async def test_what_is_read_for_a_filter_that_is_left_is_not_waited_for(app, runs, monkeypatch):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        asked: set[str] = set()

        def held(name: str):
            real = getattr(runs, name)

            def call(query, *args, **kwargs):
                end = time.monotonic() + 60
                while "flow-1" in query.text and time.monotonic() < end:
                    asked.add(name)
                    go_on()  # as between two logs that are read
                    time.sleep(0.01)
                return real(query, *args, **kwargs)

            monkeypatch.setattr(runs, name, call, raising=False)

        held("query")
        held("count")
        await pilot.press("slash", *"workflow:flow-1", "enter")
        await until(pilot, lambda: asked == {"query", "count"})
        await pilot.press("slash", *"2", "enter")
        await pilot.press("escape")
        await until(pilot, lambda: screen.run_list.ready and screen.run_list.lines == 1000, 20)
        await until(pilot, lambda: not (screen.loader.busy or screen.counter.busy), 20)


@pytest.mark.parametrize("before", [True, False])
async def test_what_the_header_tells_does_not_wait_for_a_filter_that_takes_long(runs, feed, before):
    """Restored at the start, or typed: a filter by words of logs may be read for minutes."""
    go, query, count = threading.Event(), runs.query, runs.count

    def slowly(asked, *args, **kwargs):
        assert asked.text != "workflow:flow-1" or go.wait(30)
        return query(asked, *args, **kwargs)

    def counted(asked):
        assert asked.text != "workflow:flow-1" or go.wait(30)
        return count(asked)

    runs.query, runs.count = slowly, counted
    left = {"runs": {"query": "workflow:flow-1"}} if before else {}
    app = FlightlogApp(lambda: make_store(runs, feed), who=lambda: Person(remembered=Remembered(screens=left)))
    async with app.run_test(size=(120, 36)) as pilot:
        if not before:
            await loaded(pilot)
            await pilot.press("slash", *"workflow:flow-1", "enter")
        await shows(pilot, "1,000 runs", "[…/1,000]")
        screen = app.home
        assert not screen.run_list.ready
        runs.put(make_run(1000, status="running"))
        feed.note(run_id(1000))
        await shows(pilot, "1,001 runs", "● 1 running")
        assert not screen.run_list.ready and app.pulse.beat is not None
        go.set()
        await shows(pilot, "[334/1,001]")


async def test_under_a_filter_what_all_runs_come_to_is_asked_once_for_each_change(app, runs, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"workflow:flow-1", "enter")
        await shows(pilot, "[333/1,000]")
        await until(pilot, lambda: not (screen.loader.busy or screen.counter.busy or screen.teller.busy))
        before = runs.asked["totals"]
        runs.put(make_run(1000))
        feed.note(run_id(1000))
        await shows(pilot, "[334/1,001]")
        await until(pilot, lambda: not (screen.loader.busy or screen.counter.busy or screen.teller.busy))
        assert runs.asked["totals"] == before + 2  # for the header, and for what keeps an eye on what runs
