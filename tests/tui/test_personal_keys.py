"""A person's own keys: what is pressed, and what the screen says is to be pressed, are the same."""

import json
import re

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.tui import keys
from flightlog.tui.app import FlightlogApp
from flightlog.tui.cli.main import main
from flightlog.tui.personal.person import Person
from flightlog.tui.personal.settings import settings_file, settings_in
from flightlog.tui.screens.help import Help
from seeing import shows, until
from textual.command import CommandPalette
from textual.screen import Screen

OWN = 'keys: {runs.pin: "P", runs.filter: "f5", app.quit: "Q", place.costs: "C", run.steps: "^s", runs.undo: "U"}'


@pytest.fixture
def folder(tmp_path):
    with flightlog.open(tmp_path / "data") as store, store.run("triage", name="inbox") as run, run.step("plan"):
        pass
    return tmp_path / "data"


def app_of(folder, text, tmp_path):
    settings = settings_in(text, tmp_path / "config.yaml", ("flightlog-light",))
    return FlightlogApp(lambda: flightlog.open(folder), who=lambda: Person(settings))


async def test_own_keys_are_pressed_and_shown_everywhere(folder, tmp_path):
    app = app_of(folder, OWN + "\ntheme: flightlog-light", tmp_path)
    async with app.run_test(size=(160, 50)) as pilot:
        text = await shows(pilot, "inbox", "Q quit", "P pin", "f5 filter", "C Costs")
        assert app.theme == "flightlog-light" and "q quit" not in text
        await pilot.press("p")
        await pilot.press("P")
        run = app.home.run_list.line(0).id
        await until(pilot, lambda: app.store.runs.get(run).pinned)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        help = await shows(pilot, "Pin or unpin")
        assert re.search(r"\bP +Pin or unpin", help)
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"pin")
        await shows(pilot, "a pinned run is kept from every clean-up")
        await pilot.press("escape", "escape", "enter")
        await shows(pilot, "^s steps")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen.current == "steps")
        await pilot.press("escape", "C")
        await shows(pilot, "C Costs")
        assert app.screen is not app.home


async def test_a_letter_that_means_something_is_still_typed(folder, tmp_path):
    app = app_of(folder, OWN, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "inbox")
        await pilot.press("f5", *"xPQC")
        await shows(pilot, "/ xPQC")
        await pilot.press("escape", "Q")
        await until(pilot, lambda: not app.is_running)


async def test_what_is_wrong_is_told_and_nothing_else_suffers(folder, tmp_path):
    app = app_of(folder, "keys: {runs.pin: j, runs.tga: x, runs.note: N}\nthem: x", tmp_path)
    async with app.run_test(size=(160, 50)) as pilot:
        await shows(pilot, "inbox", "p pin")
        told = " ".join(one.message for one in app._notifications)
        words = ("'j' is already move.down", "did you mean 'runs.tag'?", "did you mean 'theme'?")
        assert all(word in told for word in words), told


async def test_sentences_name_own_keys(folder, tmp_path):
    (folder / "flightlog.yaml").write_text("retention:\n  - match: pinned\n    then: trash\n")
    own = "keys: {plan.save: f6, policy.save: f7, retention.undo: U, runs.archive: f8}"
    app = app_of(folder, own, tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "inbox")
        await pilot.press("5")
        await shows(pilot, "saved in flightlog.yaml")
        await pilot.press("e", "end", "space")
        await shows(pilot, "not saved  f7 saves it")
        await pilot.press("escape")
        await shows(pilot, "not saved  f6 saves it")
        await pilot.press("A")
        await until(pilot, lambda: any("f6 saves it" in one.message for one in app._notifications))
        await pilot.press("t")
        await shows(pilot, "and U takes it back")
        await pilot.press("a")
        await shows(pilot, "f8 packs runs away")


def test_the_command_line_tells_own_keys_and_what_is_wrong_with_them(folder):
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text("keys: {runs.pin: P, runs.tag: j}\nbell: true")
    result = CliRunner().invoke(main, ["config", "--json", "--data", str(folder)])
    rows = {row["key"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert rows["keys.runs.pin"] == {"key": "keys.runs.pin", "value": "P", "from": str(settings_file())}
    assert rows["bell"]["value"] is True and "keys.runs.tag" not in rows
    assert result.exit_code == 3 and "'j' is already move.down" in result.stderr
    result = CliRunner().invoke(main, ["config", "--keys"])
    assert "keys.runs.pin" in result.stdout and "keys.app.palette" in result.stdout and "^p" in result.stdout


def test_places_beside_each_other_are_known_as_such():
    # What a screen says works on it, and what clashes are looked for in, must not drift apart.
    def classes(kind):
        return [kind, *(inner for one in kind.__subclasses__() for inner in classes(one))]

    for screen in classes(Screen):
        places = getattr(screen, "PLACES", ())
        if isinstance(places, tuple) and places:
            inner = keys.place(places[0])
            assert {one.id for one in keys.beside(inner)} >= set(places) - {inner.id}, screen
