"""What hands expect everywhere: back to the last view, marks by range, and a mouse that does what keys do."""

from types import SimpleNamespace

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from flightlog.tui.personal.views import Seen, Views
from flightlog.tui.program.crash_report import farewell
from flightlog.tui.program.troubles import Troubles
from flightlog.tui.screens.costs import CostsScreen
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.screens.runs import RunsScreen
from flightlog.tui.widgets.key_bar import KeyBar
from flightlog.tui.widgets.line_list import HeadLine, title_at
from flightlog.tui.widgets.preview import Preview
from seeing import shows, text_of, until


@pytest.fixture
def folder(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        for n in range(8):
            with store.run("report" if n % 2 else "triage", name=f"n{n}", session="ana" if n > 3 else "bob") as run:
                run.cost("gpt-4o" if n % 2 else "haiku", input_tokens=10 * n, dollars=f"0.{n + 1}")
    return tmp_path / "data"


@pytest.fixture
def app(folder):
    return FlightlogApp(lambda: flightlog.open(folder))


def cell_of(app, word):
    """Where a word stands on screen."""
    for y, line in enumerate(text_of(app.screen).splitlines()):
        if (x := line.find(word)) >= 0:
            return x, y
    raise AssertionError(f"{word} is not on screen")


async def test_back_to_the_view_before_and_forth_again(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "n7", "n0")
        await pilot.press("slash", *"session:ana", "enter")
        await until(pilot, lambda: app.home.run_list.matching == 4)
        await pilot.press("3", "m")
        await shows(pilot, "haiku")
        await pilot.press("minus")  # before the axis was chosen
        await until(pilot, lambda: app.screen.chosen.by == "day")
        await pilot.press("minus")
        await until(pilot, lambda: app.screen is app.home and app.home.run_list.matching == 4)
        await pilot.press("minus")
        await shows(pilot, "n0", "n7")
        assert "session:ana" not in text_of(app.screen)
        await pilot.press("minus")
        assert any("no view before" in one.message for one in app._notifications)
        await pilot.press("equals_sign")
        await shows(pilot, "/ session:ana", "n4")
        assert app.home.run_list.matching == 4
        await pilot.press("equals_sign", "equals_sign")
        await until(pilot, lambda: app.screen is not app.home and app.screen.chosen.by == "model")
        await pilot.press("enter")  # to the runs of a model, which is no view of its own
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen is not app.home)
        await pilot.press("minus")
        await until(pilot, lambda: isinstance(app.screen, CostsScreen) and app.screen.chosen.by == "model")


async def test_a_range_is_marked_from_the_last_mark(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "n7")
        await pilot.press("M")
        assert any("mark one first" in one.message for one in app._notifications)
        await pilot.press("j", "space", "j", "j", "M")  # n6 … n3
        found = app.home.run_list
        names = {found.line(n).name for n in range(8) if found.line(n).id in found.marks}
        assert names == {"n6", "n5", "n4", "n3"}
        await pilot.press("k", "space", "g", "ctrl+at")  # the last mark was taken off: nothing to begin at
        assert found.marks.count(8) == 3
        await pilot.press("escape", "4")
        await shows(pilot, "triage")
        listed = app.screen.list
        await until(pilot, lambda: listed.page is not None)
        first, last = sorted(n for n, node in enumerate(listed.page.nodes) if node.kind == "workflow")
        listed.move_to(first)
        await pilot.press("M", "space")
        listed.move_to(last)
        await pilot.press("M")
        assert [node.name for node in listed.marked] == [listed.page.nodes[n].name for n in (first, last)]
        await pilot.press("escape", "M")  # here too the last mark was taken off
        assert not listed.marked and app.screen.list is listed


@pytest.mark.heavy
async def test_the_mouse_does_what_keys_do(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "n7", "n0")
        await pilot.click(offset=cell_of(app, "n5"))
        await until(pilot, lambda: app.home.run_list.line(app.home.run_list.cursor_line).name == "n5")
        await pilot.click(offset=cell_of(app, "Cost "))
        await until(pilot, lambda: app.home.run_list.sort.field == "cost")
        await pilot.click(offset=cell_of(app, "sort"))  # a key of the bottom line
        await until(pilot, lambda: app.home.run_list.sort.field != "cost")
        await pilot.click(offset=cell_of(app, "Costs"))
        await shows(pilot, "Calls", "Share")
        screen = app.screen
        await pilot.click(offset=cell_of(app, "model"))
        await shows(pilot, "gpt-4o")
        await pilot.click(offset=cell_of(app, "Calls"))
        await until(pilot, lambda: screen.chosen.orders["model"].name == "calls")
        await pilot.click(offset=cell_of(app, "Calls"))
        await until(pilot, lambda: not screen.chosen.orders["model"].descending)
        await pilot.click(offset=cell_of(app, "Workflows"))
        await shows(pilot, "Last run")
        await pilot.click(offset=cell_of(app, "Success"))
        await until(pilot, lambda: app.screen.order.name == "success")
        await pilot.click(offset=cell_of(app, "Space"))
        await shows(pilot, "Holds", "triage")
        await pilot.click(offset=cell_of(app, "Part"))
        await until(pilot, lambda: app.screen.sort == "name")
        await pilot.click(offset=cell_of(app, "Runs"))
        await until(pilot, lambda: app.screen is app.home)
        await pilot.click(offset=cell_of(app, "n6"), times=2)
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await shows(pilot, "Runs › triage › ")
        await pilot.click(offset=cell_of(app, "logs"))
        await until(pilot, lambda: app.screen.current == "logs")
        await pilot.click(offset=cell_of(app, "triage"))  # the way that led here leads back
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen is not app.home)
        assert "n5" not in await shows(pilot, "n6", "n0")


async def test_the_shell_has_the_terminal_and_gives_it_back_and_the_way_out_is_told(app, monkeypatch):
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "n7", "q quit")
        await pilot.press("question_mark")
        assert "esc back" not in await shows(pilot, "Look into the run", "q quit")
        await pilot.press("escape")
        await pilot.press("enter")
        await shows(pilot, "esc back  ? keys")
        bar = app.screen.query_one(KeyBar)
        bar.places = (*bar.places, "app")  # as a screen names them until it has read what it shows
        ids = [key.id for key in bar.keys]
        assert len(ids) == len(set(ids))
        assert {one.title for one in app.get_system_commands(app.screen)} == {"Theme", "Screenshot"}
        await pilot.press("ctrl+z")
        assert any("no shell" in one.message for one in app._notifications)
        drawn = []
        monkeypatch.setattr(type(app._driver), "can_suspend", True)
        monkeypatch.setattr(app, "action_suspend_process", app._resume_signal)
        monkeypatch.setattr(app, "refresh", lambda **how: drawn.append(how))
        await pilot.press("ctrl+z")
        await until(pilot, lambda: {"layout": True} in drawn)
        monkeypatch.undo()


def test_a_view_is_remembered_once_and_what_follows_an_old_one_is_new():
    views = Views()
    a, b, c = (Seen("runs", {"query": text}) for text in "abc")
    for one in (a, a, Seen("runs", {"query": "a", "run": "x"}), b, c):
        views.note(one)
    assert views.step(1) is None
    assert views.step(-1) == b
    views.note(b)
    assert views.step(-1).shown["run"] == "x"
    views.note(c)
    assert views.step(1) is None
    assert views.step(-1).shown["query"] == "a"
    assert views.step(-1, beyond=True).shown["query"] == "a"


@pytest.mark.parametrize(
    ("cell", "title"), [(0, "Run"), (4, "Run"), (9, "No price"), (14, "No price"), (20, "Cost"), (99, "Cost")]
)
def test_a_title_is_known_by_where_it_stands(cell, title):
    assert title_at("  Run    No price   Cost↓ ", cell) == title
    assert title_at("   ", cell) == ""
    assert HeadLine.Picked(title).title == title


async def test_every_size_is_used(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "n7")
        preview = app.screen.query_one(Preview)
        await until(pilot, lambda: preview.found is not None and preview.region.y > 10)  # below the list
        await pilot.resize_terminal(20, 5)
        assert "needs 40x10" in await shows(pilot, "q quits")
        await pilot.press("j", "question_mark", "escape")
        await pilot.resize_terminal(240, 60)
        text = await shows(pilot, "n7", "n0", "╭─")
        await until(pilot, lambda: preview.region.x > 120 and preview.region.y == 0)  # beside it
        assert "triage" in text.splitlines()[1][preview.region.x :] or await shows(pilot, "session ana")
        await pilot.press("v")
        await until(pilot, lambda: not preview.display)
        await pilot.press("v")
        await until(pilot, lambda: preview.display and preview.region.x > 120)
        await pilot.resize_terminal(120, 36)
        await until(pilot, lambda: preview.region.x == 0 and preview.region.y > 10)
        await pilot.resize_terminal(60, 14)  # too low for it, but for who wants it
        await pilot.press("v")
        await until(pilot, lambda: not preview.display)
        await pilot.press("v")
        await until(pilot, lambda: preview.display)


def test_a_report_is_kept_for_its_owner_and_no_more_of_them_than_somebody_reads(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for n in range(12):
        said = farewell(f"report {n}")
        assert said.count("\n") == 1 and str(tmp_path) in said
    reports = sorted((tmp_path / "flightlog" / "crashes").iterdir())
    assert len(reports) == 10 and reports[-1].stat().st_mode & 0o077 == 0
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert "report 13" in farewell("report 13")


async def test_a_place_that_is_opened_while_the_program_ends_is_no_crash(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "n7", "n0")
        place = app.whereabouts._made("workflows")
        app.exit(result=7)
        app.push_screen(place)
        await until(pilot, lambda: place.is_mounted or not place.is_running)
    assert (app.return_value, app.return_code) == (7, 0)


def test_the_report_is_on_the_first_mistake_and_not_on_what_came_of_it():
    program = SimpleNamespace(_report="", _close_messages_no_wait=lambda: None)
    for mistake in (ValueError("the cause"), LookupError("its consequence")):
        try:
            raise mistake
        except (ValueError, LookupError):
            Troubles._fatal_error(program)
    assert "the cause" in program._report and "its consequence" not in program._report
