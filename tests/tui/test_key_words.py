"""The bottom line says what a key does now: where it would take back what it did, in words for that."""

import flightlog
import pytest
from flightlog.tui import keys
from flightlog.tui.app import FlightlogApp
from flightlog.tui.widgets.key_bar import KeyBar
from recorded import record_everything
from seeing import shows, until

TURNED = {
    "runs.open": ("b", "enter"),
    "runs.mark": ("space", "k"),  # to mark goes on to the next one
    "runs.follow": ("f",),
    "runs.pin": ("p",),
    "costs.plot": ("3", "p"),
    "space.mark": ("4", *"jjj", "space", "k"),
    "workflows.mark": ("2", "enter", "x"),
    "workflows.patterns": ("2", "p"),
    "diff.view": ("2", "enter", "d", "v"),
    "diff.all": ("2", "enter", "d", "a"),
    "tree.fold": ("enter", "i", "space"),
    "steps.detail": ("enter", "s", "d"),
    "logs.choose": ("enter", "l", "enter"),
    "logs.follow": ("enter", "l", "f"),
    "logs.bookmark": ("enter", "l", "b"),
    "logs.wrap": ("enter", "l", "v"),
    "bookmarks.take_off": ("enter", "l", "b", "B", "b"),
    "states.view": ("enter", "t", "v"),
    "states.mark": ("enter", "t", "x"),
    "messages.whole": ("enter", "m", "g", "enter"),
    "messages.pair": ("enter", "m", "f"),
    "items.failed": ("enter", "i", "f"),
}
"""By key what is pressed on the list of all runs; the last one is the key, or comes after it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words") / "data"
    near = "".join(f"k{n}: {n}\n" for n in range(20))
    with flightlog.open(folder) as store:
        store.workflows.store("w", f"steps: [plan]\n{near}")
        store.workflows.store("w", f"steps: [plan, send]\n{near}", parents=[1])
        record_everything(store)
        with store.run("w", name="last", version=2) as last:
            last.message("planner", "writer", "a word and another\n" * 400)
            last.message("writer", "editor", "b")
            for n in range(3):
                last.item(n, "failed" if n else "completed")
            with last.step("plan") as step:
                step.log("one", n=1)
                step.cost(model="gpt-4o", input_tokens=8, output_tokens=7)
            last.checkpoint({"a": 1, "b": 2})
            last.checkpoint({"a": 1, "b": 3})
    return folder


def word_of(app, id):
    """What the bottom line says of a key."""
    return next((key.label for key in app.screen.query_one(KeyBar).keys if key.id == id), None)


@pytest.mark.parametrize("id", TURNED)
async def test_a_key_that_turns_something_says_which_way(folder, id):
    app, row = FlightlogApp(lambda: flightlog.open(folder)), keys.row(id)
    *way, last = TURNED[id]
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "last")
        await pilot.press(*way)
        words = {row.label, row.other}
        if last == row.keys:
            await until(pilot, lambda: word_of(app, id) in words)
            words -= {word_of(app, id)}
        else:
            words = {row.other}
        await pilot.press(last)
        await until(pilot, lambda: {word_of(app, id)} == words)
        bar = app.screen.query_one(KeyBar)
        await until(pilot, lambda: bar._drawn == bar.keys)


def test_all_of_them_are_tried():
    elsewhere = {"live.open", "live.watch", "steps.log_of"}
    assert {key.id for place in keys.PLACES for key in place.keys if key.other} == {*TURNED} | elsewhere
