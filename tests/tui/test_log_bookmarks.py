"""Bookmarks in a log, and entries that are copied: as a person uses them, at both sizes, and at the next start."""

import json
import random

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.logs import CutEntry, LogEntry
from flightlog.tui.app import FlightlogApp
from flightlog.tui.cli.main import main
from flightlog.tui.logs.bookmarks import MOST, beyond, toggled
from flightlog.tui.logs.copying import COPIED, as_json
from flightlog.tui.logs.lines import stamp
from flightlog.tui.personal.person import load_person
from flightlog.tui.personal.remembered import BOOKMARKED, Remembered
from flightlog.tui.screens.bookmarks import BookmarkScreen
from flightlog.tui.screens.run import RunScreen
from recorded import NASTY
from seeing import shows, text_of, until


@pytest.fixture
def folder(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("triage", name="inbox") as run:
        with run.step("plan") as step:
            for n in range(300):
                step.log(f"line {n}", level="ERROR" if n == 250 else "INFO", tokens=n)
        run.log(NASTY)
    return tmp_path / "data"


def app_of(folder):
    """The browser; it remembers what it said, also when that can no longer be read."""
    app = FlightlogApp(lambda: flightlog.open(folder), who=lambda: load_person(str(folder)))
    notify, app.said = app.notify, []
    app.notify = lambda text, **more: (app.said.append(text), notify(text, **more))[1]
    return app


async def log_of(pilot):
    """The log tab of the run, read."""
    app = pilot.app
    await shows(pilot, "inbox")
    await pilot.press("enter", "l")
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.current == "logs")
    await until(pilot, lambda: app.screen.tab is not None and app.screen.tab.lines.entry is not None)
    return app.screen.tab


async def at(pilot, tab, message):
    await until(pilot, lambda: tab.lines.entry is not None and tab.lines.entry.message == message)


async def test_bookmarks_are_set_gone_to_listed_taken_off_and_found_at_the_next_start(folder):
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        tab = await log_of(pilot)
        await pilot.press("u")
        assert "no entry is bookmarked yet: b does" in app.said
        await pilot.press("k", "k", "b", "k", "k", "b", "g")
        await at(pilot, tab, "line 0")
        await pilot.press("b")
        assert tab.bookmarks == tuple(sorted(tab.bookmarks)) and len(tab.bookmarks) == 3
        await shows(pilot, "3 ⚑", f"│ ⚑ {stamp(tab.lines.entry.t, wide=True)} INFO ")
        await pilot.press("u")
        await at(pilot, tab, "line 296")
        await pilot.press("u")
        await at(pilot, tab, "line 298")
        await pilot.press("u")
        await until(pilot, lambda: "No bookmark after this entry" in app.said)
        await pilot.press("U")
        await at(pilot, tab, "line 296")
        await pilot.press("4", "U")
        await until(pilot, lambda: any("is among what the filter shows" in text for text in app.said))
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, BookmarkScreen))
        await shows(pilot, "3 bookmarks", "line 0", "line 296", "line 298")
        await pilot.press("j", "j", "b", "b", "b", "g", "enter")
        await at(pilot, tab, "line 0")  # the filter that would hide it is gone
        await shows(pilot, "2 ⚑")
        app.exit()
    app.close()
    app = app_of(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await log_of(pilot)
        await shows(pilot, "2 ⚑")
        await pilot.press("U")
        await at(pilot, tab, "line 296")
        await pilot.press("u")
        await until(pilot, lambda: "No bookmark after this entry" in app.said)
        await pilot.press("b", "U")
        await at(pilot, tab, "line 0")
        await pilot.press("B")
        await shows(pilot, "1 bookmark ", "line 0")
        await pilot.press("b", "escape", "B")
        await shows(pilot, "No entry is bookmarked yet")
        await pilot.press("enter", "b", "escape", "y")
        app.exit()
    app.close()
    assert load_person(str(folder)).remembered.bookmarks == {}


async def test_an_entry_is_copied_as_the_json_that_the_command_line_gives(folder):
    app = app_of(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await log_of(pilot)
        await pilot.press("Y")
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard.isascii() and app.clipboard.isprintable()
        assert json.loads(app.clipboard)["message"] == NASTY
        await pilot.press("k", "Y")
        await until(pilot, lambda: "line 299" in app.clipboard)
        printed = CliRunner().invoke(main, ["--data", str(folder), "logs", "inbox", "--json"]).stdout.splitlines()
        assert app.clipboard == printed[-2]
        entry = tab.lines.entry
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == f'{entry.t} INFO [plan] line 299 {{"tokens":299}}')
        assert not [sign for sign in text_of(app.screen) if sign != "\n" and not sign.isprintable()]


async def test_of_a_long_entry_all_is_copied_or_nothing(folder):
    with flightlog.open(folder) as store, store.run("wordy", name="inbox") as run:
        run.log("b" * 3 * COPIED)
        run.log("a" * (COPIED // 2))
    app = app_of(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await log_of(pilot)
        assert isinstance(tab.lines.entry, CutEntry)
        await pilot.press("Y")
        await until(pilot, lambda: app.clipboard)
        assert json.loads(app.clipboard)["message"] == "a" * (COPIED // 2)
        await pilot.press("k", "Y")
        await until(pilot, lambda: any("more than terminals take" in text for text in app.said))
        assert json.loads(app.clipboard)["message"][0] == "a"


def test_what_lies_beyond_is_the_nearest_first_and_there_are_not_too_many():
    random.seed(3)
    marks = ()
    for seq in random.sample(range(1000), MOST):
        marks = toggled(marks, seq)
    assert list(marks) == sorted(marks)
    for here in range(0, 1000, 7):
        assert list(beyond(marks, here, 1)) == [one for one in marks if one > here]
        assert list(beyond(marks, here, -1)) == [one for one in reversed(marks) if one < here]
    with pytest.raises(ValueError, match=f"{MOST} bookmarks"):
        toggled(marks, 1001)
    assert len(toggled(marks, marks[5])) == MOST - 1


def test_the_runs_that_were_marked_last_are_remembered():
    kept = Remembered()
    for n in range(BOOKMARKED + 5):
        kept = kept.with_bookmarks(f"run-{n}", (n,))
    kept = kept.with_bookmarks("run-7", (1, 2)).with_bookmarks("run-8", ())
    assert list(kept.bookmarks)[-1] == "run-7"
    assert len(kept.bookmarks) == BOOKMARKED - 1
    assert "run-4" not in kept.bookmarks and "run-8" not in kept.bookmarks


def test_an_entry_that_is_not_whole_is_no_json():
    entry = LogEntry(run="r", seq=1, t="2026-11-20T10:00:00Z", level="INFO", message="x" * COPIED)
    assert as_json(entry)[0] == ""
    assert json.loads(as_json(LogEntry(run="r", seq=1, t="", level="INFO", message="é\x1b"))[0])["message"] == "é\x1b"
