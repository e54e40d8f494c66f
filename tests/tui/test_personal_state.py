"""The browser is found again as it was left, for each data directory by itself; what is gone is not looked for."""

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from flightlog.tui.personal.person import load_person
from flightlog.tui.personal.remembered import Remembered, state_file, write_remembered
from flightlog.tui.screens.live import LiveScreen
from seeing import shows, text_of, until


@pytest.fixture
def folder(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        for n in range(6):
            with store.run("triage", name=f"inbox-{n}", session="ana" if n % 2 else "bob") as run:
                run.cost("gpt-4o", input_tokens=10 * n, dollars="0.1")
    return tmp_path / "data"


def app_of(folder):
    return FlightlogApp(lambda: flightlog.open(folder), who=lambda: load_person(str(folder)))


async def left(folder, *keys, size=(120, 36), shown=()):
    """Opens the browser, presses these keys, and quits; returns what was on screen last."""
    app = app_of(folder)
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "inbox", *shown)
        for key in keys:
            await pilot.press(key)
        await until(pilot, lambda: not app.typed.busy and not app.home.loader.busy)
        text = text_of(app.screen)
        app.exit()
    app.close()
    return text


async def test_filter_order_preview_theme_and_cursor_are_found_again(folder):
    await left(folder, "slash", *"session:ana", "enter", "s", "S", "v", "j", "j", "k")
    remembered = load_person(str(folder)).remembered
    kept = remembered.screens["runs"]
    assert remembered.filters == ("session:ana",)
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        text = await shows(pilot, "/ session:ana", "inbox-3")
        assert "inbox-2" not in text and "├" not in text  # the preview was hidden
        found = app.home.run_list
        await until(pilot, lambda: found.cursor == kept["run"] != "")
        assert (found.sort.field, found.sort.descending) == (kept["sort"], kept["descending"]) != ("started", True)
        app.theme = "nord"
        await pilot.press("escape")  # the filter is a filter as if it had been typed
        await shows(pilot, "inbox-2")
        app.exit()
    app.close()
    assert load_person(str(folder)).remembered.theme == "nord"


async def test_groups_folds_and_the_place_are_found_again(folder):
    await left(folder, "b", "j", "enter")
    app = app_of(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "inbox-4", "by session")
        assert text_of(app.screen).count("inbox-") == 3
        await pilot.press("3")
        await until(pilot, lambda: app.screen is not app.home)
        await pilot.press("m", "t")
        await shows(pilot, "last 30 days", "gpt-4o")
        app.exit()
    app.close()
    app = app_of(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "last 30 days", "gpt-4o")
        await pilot.press("escape")
        await shows(pilot, "by session")


@pytest.mark.parametrize(
    "screens",
    [
        {"runs": {"query": 5, "sort": "sizes", "group": "x", "unfolded": 3, "preview": "no", "run": None}},
        pytest.param(
            {"runs": {"run": "01jgone"}, "costs": {"by": "x", "window": 3, "orders": {"day": ["x"], "model": 5}}},
            marks=pytest.mark.heavy,
        ),
        pytest.param(
            {"space": {"path": ["gone", 5], "sort": "x"}, "workflows": {"sort": []}, "retention": {"tab": {}}},
            marks=pytest.mark.heavy,
        ),
    ],
)
async def test_what_is_odd_or_gone_is_as_if_it_were_not_there(folder, screens):
    odd = Remembered(place="nowhere", theme="none", screens=screens)
    write_remembered(state_file(str(folder)), odd)
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "inbox-5")
        for key in ("2", "3", "4", "5"):
            await pilot.press(key)
        await until(pilot, lambda: app.screen is not app.home)
        await pilot.press("1")
        await shows(pilot, "inbox-5")


async def test_another_data_directory_has_a_memory_of_its_own(folder, tmp_path):
    await left(folder, "slash", *"session:ana", "enter")
    with flightlog.open(tmp_path / "other") as store, store.run("x", name="inbox-of-others", session="bob"):
        pass
    assert "inbox-of-others" in await left(tmp_path / "other", shown=("inbox-of-others",))
    assert load_person(str(folder)).remembered.screens["runs"]["query"] == "session:ana"


async def test_the_board_of_what_runs_now_is_a_view_to_go_back_to_and_is_as_it_was_left(folder):
    with flightlog.open(folder) as store:
        run = store.run("triage", name="inbox-live")
        await left(folder, "L", "v")
        app = app_of(folder)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LiveScreen) and bool(app.screen.entries))
            assert not app.screen.query_one("#live-detail").display
            await pilot.press("1")
            await until(pilot, lambda: app.screen is app.home)
            await pilot.press("minus")
            await until(pilot, lambda: isinstance(app.screen, LiveScreen))
            await pilot.press("v")
            await until(pilot, lambda: app.screen.query_one("#live-detail").display)
            app.exit()
        app.close()
        run.finish()
