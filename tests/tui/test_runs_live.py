"""The run list while it changes: new runs, many notices, trouble, a store that is empty or cannot be opened."""

import asyncio
import threading
import time
from pathlib import Path

import pytest
from flightlog.core import clock
from flightlog.core.clock import from_seconds, now_s
from flightlog.core.errors import StorageError
from flightlog.tui.app import FlightlogApp
from flightlog.tui.messages import StoreChanged, Trouble
from flightlog.tui.program import troubles
from little_store import START, Runs, make_run, make_store, run_id
from seeing import loaded, text_of, until


async def test_a_store_that_cannot_be_opened_says_so_and_can_be_tried_again(store):
    tries = []

    def failing():
        tries.append(1)
        if len(tries) == 1:
            raise StorageError("this is no data directory", where="/nowhere", advice="name another one")
        return store

    async with FlightlogApp(failing).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "this is no data directory" in text_of(pilot.app.screen))
        assert "/nowhere" in text_of(pilot.app.screen)
        assert "name another one" in text_of(pilot.app.screen)
        await pilot.press("r")
        screen = await loaded(pilot)
        assert screen.run_list.lines == 1000


async def test_a_new_run_comes_in_and_only_what_changed_is_drawn(app, runs, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("j")
        await pilot.pause(0.3)
        painted = screen.table.painted
        runs.put(make_run(995, status="failed", error="Timeout: too slow"))
        feed.note(run_id(995))
        await until(pilot, lambda: "Timeout: too slow" in text_of(screen))
        assert screen.table.painted - painted <= 3
        runs.put(make_run(1000, status="running", current_step="draft"))
        feed.note(run_id(1000))
        await until(pilot, lambda: "draft 5/5" in text_of(screen))
        assert screen.run_list.cursor == run_id(998)


async def test_a_hundred_changes_a_second_cost_thirty_reads_and_no_key(app, runs, feed):
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.wait(0.005):
            written.append(time.monotonic())
            runs.put(make_run(990, steps_done=len(written), status="running", finished=None))
            feed.note(run_id(990))

    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        writer = threading.Thread(target=write)
        loads, began = screen.loader.loads, time.monotonic()
        writer.start()
        try:
            for line in range(1, 21):
                pilot.app.simulate_key("j")
                await until(pilot, lambda line=line: screen.run_list.cursor_line == line)
            await until(pilot, lambda: len(written) >= 200)
        finally:
            made, lasted = screen.loader.loads - loads, time.monotonic() - began
            stop.set()
            writer.join()
        assert made <= lasted * 31 + 3


async def test_the_header_tells_of_the_newest_change_and_not_of_the_newest_look(app, runs, feed, monkeypatch):
    later = START + 3600 - now_s()
    monkeypatch.setattr(clock, "now_s", lambda: now_s() + later)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        before, asked = screen._quiet(), feed.asked
        feed.note()
        await until(pilot, lambda: feed.asked > asked and not screen.loader.busy)
        assert screen._quiet() > before / 2 > 60
        feed.note(run_id(1))
        await until(pilot, lambda: screen._quiet() < 60)


async def test_many_notices_are_one_message(app, feed):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        loads = screen.loader.loads
        for _ in range(500):
            pilot.app.post_message(StoreChanged())
        await pilot.pause(0.2)
        assert screen.loader.loads - loads <= 8


async def test_follow_goes_with_the_newest_until_one_moves(app, runs, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("f")
        runs.put(make_run(1000, status="running", finished=None))
        feed.note(run_id(1000))
        await until(pilot, lambda: screen.run_list.cursor == run_id(1000))
        await pilot.press("j")
        assert not screen.run_list.following


async def test_an_empty_store_teaches(feed):
    async with FlightlogApp(lambda: make_store(Runs(), feed)).run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        await until(pilot, lambda: "import flightlog" in text_of(screen))
        assert "flightlog demo" in text_of(screen)


async def test_the_first_run_of_an_empty_store_appears(feed):
    runs = Runs()
    async with FlightlogApp(lambda: make_store(runs, feed)).run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        runs.put(make_run(1, name="the first"))
        feed.note(run_id(1))
        await until(pilot, lambda: "the first" in text_of(screen))
        assert screen.focused is screen.table


async def test_a_first_read_that_fails_stands_where_the_runs_would_be(app, runs):
    right = runs.totals

    def wrong():
        raise StorageError("the index is damaged", where="/data", advice="remove it")

    runs.totals = wrong
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "the index is damaged" in text_of(pilot.app.screen))
        runs.totals = right
        await pilot.press("r")
        screen = await loaded(pilot)
        assert "flow-0" in text_of(screen)


async def test_trouble_while_reading_is_one_sentence_not_one_a_frame(app, runs, feed, monkeypatch):
    monkeypatch.setattr(troubles, "AGAIN", 1000.0)
    tries = []
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)

        def gone():
            tries.append(1)
            raise StorageError("the data directory is gone", where="/data", advice="mount it again")

        runs.totals = gone
        for n in range(20):
            feed.note(run_id(n))
            await pilot.pause(0.05)
        await until(pilot, lambda: len(tries) > 1 and pilot.app._notifications)
        (told,) = pilot.app._notifications
        assert told.message == "the data directory is gone (/data); mount it again"
        assert not told.markup


async def test_two_troubles_that_come_by_turns_are_told_once_each(app, monkeypatch):
    monkeypatch.setattr(troubles, "AGAIN", 1000.0)
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        for what in ("the connection was lost", "no server answers there") * 3:
            pilot.app.post_message(Trouble(StorageError(what)))
            await pilot.pause()
        said = [told.message for told in pilot.app._notifications]
        assert said == ["the connection was lost", "no server answers there"]


async def test_quitting_waits_for_no_answer(store, runs):
    asked = threading.Event()
    release = threading.Event()

    async with FlightlogApp(lambda: store).run_test(size=(80, 24)) as pilot:
        await loaded(pilot)

        def slow():
            asked.set()
            release.wait(100)

        runs.totals = slow
        await pilot.press("r")
        await asyncio.to_thread(asked.wait, 30)
        began = time.monotonic()
        await pilot.press("q")
    assert time.monotonic() - began < 50
    release.set()


async def test_a_mistake_of_ours_ends_it_without_local_variables(store, runs, capsys):
    app = FlightlogApp(lambda: store)

    def wrong():
        password = "hunter2\x1b[2J"
        raise RuntimeError(f"no such thing {len(password)} \x1b]2;PWNED\x07")

    runs.totals = wrong
    with pytest.raises(RuntimeError):
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.return_code is not None)
    app._print_error_renderables()
    said = capsys.readouterr().err
    assert app.return_code == 1
    assert "RuntimeError" not in said and "\x1b]2" not in said
    report = Path(said.strip().rpartition(" lies in ")[2]).read_text()  # noqa: ASYNC240 - the program has ended
    assert "RuntimeError" in report
    assert "hunter2" not in report.replace('password = "hunter2', "")
    assert "\x1b]2" not in report


async def test_the_header_tells_of_the_newest_run_in_whatever_order_they_are_listed(app, runs):
    now = now_s()
    for n in range(1000):
        runs.put(make_run(n, last_event=from_seconds(now - 9000 + n)))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await until(pilot, lambda: app.pulse.beat is not None)
        for key in ("S", "b", "b"):
            await pilot.press(key)
            await until(pilot, lambda: screen.run_list.ready and not screen.loader.busy)
            assert screen._header().quiet == pytest.approx(8001, abs=60), key
