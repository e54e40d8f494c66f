"""The command palette: what a person has in mind is found by the word they have for it."""

import re

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from flightlog.tui.keys import PLACES
from flightlog.tui.keys.words import MEANT
from flightlog.tui.program.finding import rank
from flightlog.tui.screens.palette import Palette
from flightlog.tui.screens.workflows import WorkflowsScreen
from seeing import shows, until
from textual.command import CommandList
from textual.fuzzy import Matcher

ROWS = {key.id: key for place in PLACES for key in place.keys}
RUNS = [key for place in PLACES if place.id in ("runs", "place", "moves", "app") for key in place.keys]
LOGS = [key for place in PLACES if place.id in ("run", "logs", "app") for key in place.keys]


def found(typed, keys):
    """Ids of the rows of the table that are found, best first."""
    matcher = Matcher(typed)
    ranked = [(rank(typed, key.label, key.help, matcher.match(key.label)), key.id) for key in keys]
    return [id for score, id in sorted(ranked, key=lambda one: -one[0]) if score > 0]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("delete", "runs.delete"),
        ("delete run", "runs.delete"),
        ("Delete the runs", "runs.delete"),
        ("remove", "runs.delete"),
        ("exit", "app.quit"),
        ("help", "app.help"),
        ("search", "runs.filter"),
        ("find", "runs.filter"),
        ("order", "runs.sort"),
        ("html", "runs.export"),
        ("share", "runs.export"),
        ("unarchive", "runs.restore"),
        ("undo", "runs.undo"),
        ("notif", "runs.watch"),
        ("keep", "runs.pin"),
        ("comment", "runs.note"),
        ("go to costs", "place.costs"),
        ("budget", "place.costs"),
        ("disk", "place.space"),
        ("dashboard", "place.live"),
        ("policy", "place.retention"),
        ("repair", "app.doctor"),
        ("cancel", "app.stop"),
        ("reload", "app.refresh"),
        ("save view", "runs.save_view"),
        ("group by session", "runs.group"),
        ("secrets", "runs.redacted"),
        ("history", "app.commands"),
    ],
)
def test_the_word_in_ones_head_finds_it(typed, wanted):
    assert wanted in found(typed, RUNS)[:4]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("tail", "logs.follow"), ("next error", "logs.next_error"), ("copy json", "logs.copy_json")],
)
def test_and_inside_a_run(typed, wanted):
    assert wanted in found(typed, LOGS)[:4]


def test_what_nothing_is_called_finds_nothing():
    assert found("zebra", RUNS) == [] and found("delete zebra", RUNS) == []


def test_a_name_comes_before_what_a_help_says_and_that_before_scattered_letters():
    name, told, scattered = (
        rank("pin", "pin", "", 9.0),
        rank("clean", "pin", "from a clean-up", 0),
        rank("pn", "pin", "", 3),
    )
    assert name > told > scattered > 0


def test_what_a_word_means_is_said_by_the_table():
    """Words that no row has any more would find nothing."""
    said = {word for key in ROWS.values() for word in re.findall(r"[^\W_]+", f"{key.label} {key.help}".lower())}
    assert {other for meant in MEANT.values() for other in meant.split()} <= said
    assert all(word == word.lower().strip() for word in MEANT)


@pytest.fixture
def app(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        for n, workflow in enumerate(("triage", "report", "research", "deploy")):
            with store.run(workflow, name=f"n{n}"):
                pass
        store.workflows.store("unrun", "a: 1\n")
    return FlightlogApp(lambda: flightlog.open(tmp_path / "data"))


async def typed_into(pilot, text):
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, Palette))
    for letter in text:
        await pilot.press("space" if letter == " " else letter)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
@pytest.mark.parametrize("workflow", ["report", "unrun"])
async def test_a_workflow_is_found_and_gone_to_from_anywhere(app, size, workflow):
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "n0", "n3")
        await pilot.press("4")
        await until(pilot, lambda: app.screen is not app.home)
        await typed_into(pilot, workflow)
        await shows(pilot, f"workflow {workflow}")
        await until(pilot, lambda: all(search.is_finished for search in app.workers))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        await until(pilot, lambda: app.screen.list.current is not None and app.screen.list.current.id == workflow)
        await until(pilot, lambda: app.screen.found.about.id == workflow)


async def test_a_theme_is_found_by_its_name(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "n0")
        await typed_into(pilot, "light")
        await shows(pilot, "theme flightlog-light")
        await pilot.press("escape")
        await typed_into(pilot, "theme flightlog-l")
        await until(pilot, lambda: all(search.is_finished for search in app.workers))
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == "flightlog-light")


async def test_the_keys_of_the_screen_come_first_and_what_is_found_tells_its_key(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "n0")
        await typed_into(pilot, "")
        listed = app.screen.query_one(CommandList)
        await until(pilot, lambda: listed.option_count > 20)
        names = [str(listed.get_option_at_index(n).prompt).split("\n")[0] for n in range(listed.option_count)]
        assert names[0] == "open  (enter)"
        assert names[-2:] == ["theme", "screenshot"] and not any(name.startswith("workflow ") for name in names)
        for letter in "remove":
            await pilot.press(letter)
        await shows(pilot, "delete  (D)")
