"""A key that can do nothing where one is tells whoever pressed it why."""

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.version import VersionScreen
from flightlog.tui.screens.version_diff import DiffScreen
from reading import opened, screen_of, settled
from seeing import until
from workflow_scene import fill, to_triage


@pytest.fixture
def folder(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        fill(store)
    return tmp_path / "data"


def told(app, words: str) -> bool:
    return any(words in one.message for one in app._notifications)


async def test_at_the_first_and_last_difference_and_version(folder):
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=(120, 36)) as pilot:
        await to_triage(pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen) and app.screen.found is not None)
        await pilot.press("N")
        await until(pilot, lambda: told(app, "no difference above this line"))
        assert not told(app, "no difference below this line")
        await pilot.press("G", "n")
        await until(pilot, lambda: told(app, "no difference below this line"))
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, VersionScreen) and app.screen.found is not None)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: told(app, "this is the newest version"))
        await pilot.press("left", "left", "left")
        await until(pilot, lambda: app.screen.number == 1)
        assert not told(app, "this is the first version")
        await pilot.press("left")
        await until(pilot, lambda: told(app, "this is the first version"))
    app.close()


async def test_of_runs_that_are_compared(folder):
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        await pilot.press("J", "J", "c")
        await until(pilot, lambda: app.screen is not app.home and app.screen.opening.is_set())
        await pilot.press("g", "N")
        await until(pilot, lambda: told(app, "no difference above this line"))
    app.close()


async def test_in_the_tabs_of_a_run_that_has_next_to_nothing(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        with store.run("bare") as run:
            pass
        for tab, pressed, words in (
            ("messages", "nNf", "no message is under the cursor"),
            ("costs", "vw", "no call of a model is recorded"),
            ("artifacts", "Ey", "no file is under the cursor"),
        ):
            async with opened(store, run.id, tab=tab) as pilot:
                await pilot.press(*pressed)
                assert pilot.app.told == [words] * len(pressed)


async def test_at_the_first_and_the_last_message(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        with store.run("chat") as run:
            for text in ("one", "two"):
                run.message("ana", "ben", text)
        async with opened(store, run.id, tab="messages") as pilot:
            await pilot.press("g", "N")
            assert pilot.app.told == ["nothing was said before this"]
            await pilot.press("n")
            await settled(pilot)
            assert screen_of(pilot).tab.current.content == "two" and len(pilot.app.told) == 1
            await pilot.press("n")
            await settled(pilot)
            assert pilot.app.told[1:] == ["nothing was said after this"]
