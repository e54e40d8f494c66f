"""What is read for long is told, and goes on for nobody: neither a comparison nor two states nor a loader's load."""

import threading

import flightlog
from flightlog.backends.journal.states import States
from flightlog.core.progress import counted
from flightlog.tui.app import FlightlogApp
from flightlog.tui.compare import step_rows
from flightlog.tui.loading import Loader
from flightlog.tui.screens.compare import CompareScreen
from holding import Held
from reading import opened, screen_of, wait
from reading import text_of as text_of_run
from seeing import loaded, shows, text_of, until
from textual.app import App

STEPS = 30
KEYS, KEY_BYTES = 12, 1 << 20


async def test_a_comparison_is_told_and_read_for_nobody_no_more(tmp_path, monkeypatch):
    with flightlog.open(tmp_path / "data", storage="sqlite") as store:
        for _ in range(2):
            with store.run("triage") as run:
                for n in range(STEPS):
                    with run.step(f"s{n}", input={"n": n}):
                        pass
    held = Held(step_rows.read_part, 5, 11)
    monkeypatch.setattr(step_rows, "read_part", held)
    monkeypatch.setattr(step_rows, "AT_ONCE", 4)
    parts = 2 * -(-STEPS // 4)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("space", "space", "c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.tabs["facts"].fresh)
        screen = app.screen
        await pilot.press("s")
        await until(pilot, held.came.is_set)
        await shows(pilot, f"comparing inputs and outputs 4/{parts} ")
        await pilot.press("f")  # another tab: the one that was read is there at once
        await shows(pilot, "workflow")
        held.go_on()
        await until(pilot, lambda: not screen.loader.busy)
        assert held.calls == 5  # that at hand
        held.may.clear()
        await pilot.press("s")  # goes on where it was
        await until(pilot, held.came.is_set)
        await shows(pilot, f"comparing inputs and outputs 5/{parts - 5} ")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.home and not screen.is_running)
        held.go_on()
        await until(pilot, lambda: not held.thread.is_alive())
        assert held.calls == 11
        assert "comparing" not in text_of(app.screen) and not app._notifications


async def test_two_states_are_told_and_read_for_nobody_no_more(tmp_path, monkeypatch):
    held = Held(States.value, 10)
    with flightlog.open(tmp_path / "data", storage="file") as store:
        with store.run("triage") as run:
            for letter in "ab":
                run.checkpoint({f"k{n:02}": f"{n:02}{letter}" * (KEY_BYTES // 3) for n in range(KEYS)})
        async with opened(store, run.id, tab="states") as pilot:
            tab = screen_of(pilot).tab
            monkeypatch.setattr(States, "value", lambda states, digest: held(states, digest))
            await pilot.press("x", "k", "x")
            await wait(pilot, held.came.is_set)
            # Nine of twenty-four were read, and what is read is decoded and compared.
            await wait(pilot, lambda: "reading 3.1 MB of 25.2 MB" in text_of_run(pilot))
            await pilot.press("escape")
            await wait(pilot, lambda: not tab.marked)
            held.go_on()
            await wait(pilot, lambda: not held.thread.is_alive())
            loader = screen_of(pilot).tabs.loaders["states"]
            await wait(pilot, lambda: not loader.busy)
            assert held.calls == 10 and tab.diff is None and len(tab.checkpoints) == 2
            await pilot.press("x", "j", "x")
            await wait(pilot, lambda: tab.diff is not None)
            assert held.calls == 10 + 2 * KEYS and len(tab.diff.changes) == KEYS


async def test_a_load_that_is_dropped_stops_and_nothing_comes_of_it():
    app: App[None] = App()
    async with app.run_test() as pilot:
        taken, told, found, came, may = [], [], [], threading.Event(), threading.Event()

        def job() -> str:
            for n in counted(range(100), 100, "taking"):
                taken.append(n)
                if n == 2 and not may.is_set():
                    came.set()
                    assert may.wait(30)
            return "all"

        def tell() -> None:
            told.append(loader.progress.look())

        loader = Loader(app, lambda: job, found.append, tell=tell)
        loader.request()
        await until(pilot, lambda: came.is_set() and len(told) > 1)
        assert (told[0].what, told[0].done, told[0].total) == ("taking", 2, 100)
        loader.request()
        loader.drop()  # nor is it loaded again
        may.set()
        await until(pilot, lambda: not loader.busy)
        assert (taken, found, loader.loads) == ([0, 1, 2], [], 1)
        loader.request()
        loader.drop()
        loader.request(at_once=True)  # but what is wanted since then is
        await until(pilot, lambda: found)
        assert found == ["all"] and loader.loads == 3
