"""What is asked of a state and takes long: told, stopped by who goes elsewhere, and over after little more work."""

import json

import flightlog
import pytest
from flightlog.backends.journal.states import States
from flightlog.backends.sql import checkpoint_repository
from flightlog.core.errors import Stopped
from flightlog.core.progress import Progress, telling
from flightlog.tui.states import export as exporting
from flightlog.tui.states import search as searching
from holding import Held
from reading import opened, screen_of, settled, text_of, wait

POINTS = 60
KEYS, KEY_BYTES = 12, 1 << 20


@pytest.fixture
def store(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


async def ended(pilot, held: Held) -> None:
    """Lets what is held go on, until its thread has come to its end."""
    held.go_on()
    await wait(pilot, lambda: not held.thread.is_alive())
    await settled(pilot)


async def test_who_wrote_a_key_is_told_and_looked_for_no_more(store, monkeypatch):
    with store.run("triage") as run, run.step("think"):
        for n in range(POINTS):
            run.checkpoint({"n": n, "old": 1})
    held = Held(checkpoint_repository._wrote)
    monkeypatch.setattr(checkpoint_repository, "_wrote", held)
    async with opened(store, run.id, tab="states") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("v", "tab", "end")
        assert tab.state.current.path.keys == ("old",)

        held.hold(20)
        await pilot.press("b")
        await wait(pilot, held.came.is_set)
        await wait(pilot, lambda: f"looking at checkpoints 19/{POINTS - 1} " in text_of(pilot))
        assert "esc stops" in text_of(pilot)
        await pilot.press("escape")
        assert "looking at" not in text_of(pilot)
        await ended(pilot, held)
        assert held.calls_of_thread == 20 and tab.state.has_focus  # esc did nothing else

        held.hold(10)
        await pilot.press("b")
        await wait(pilot, held.came.is_set)
        await pilot.press("o")  # another tab
        await wait(pilot, lambda: screen_of(pilot).current == "overview" and not tab.asking.question)
        await ended(pilot, held)
        assert held.calls_of_thread == 10
        await pilot.press("t", "tab", "end")

        held.hold(5)
        await pilot.press("J")
        await wait(pilot, held.came.is_set)
        await pilot.press("b")  # something else is asked
        await ended(pilot, held)
        assert held.calls_of_thread == 5 and screen_of(pilot).current == "states"
        await wait(pilot, lambda: "last written by think" in text_of(pilot))
        assert held.calls == 20 + 10 + 5 + POINTS - 1
        assert not pilot.app.told


async def test_a_search_is_told_and_goes_on_for_nobody(store, monkeypatch):
    with store.run("triage") as run:
        run.checkpoint({"little": 1})
        run.checkpoint({f"k{n:02}": f"{n:02}a" * (KEY_BYTES // 3) for n in range(KEYS)})
    held = Held(States.value)
    monkeypatch.setattr(States, "value", lambda states, digest: held(states, digest))
    async with opened(store, run.id, tab="states") as pilot:
        tab = screen_of(pilot).tab
        held.hold(10)
        await pilot.press("slash", *"11a1", "enter")
        await wait(pilot, held.came.is_set)
        # Nine of twelve were read, and what is read is decoded.
        await wait(pilot, lambda: "searching 4.7 MB of 12.6 MB" in text_of(pilot))
        await pilot.press("left")
        await wait(pilot, lambda: not tab.asking.question)
        await ended(pilot, held)
        assert held.calls_of_thread == 10 and tab.hits is None
        await pilot.press("right")
        await settled(pilot)
        await pilot.press("slash", "enter")  # the word stands there still
        await wait(pilot, lambda: "1 of 1" in text_of(pilot))
        assert tab.state.current.path.keys == ("k11", "value")


def test_a_search_stops_within_a_value_too(monkeypatch):
    progress, says = Progress(), Held(searching._says)

    def said(value, sought):
        if says.calls == 5000:
            progress.stop()
        return says(value, sought)

    monkeypatch.setattr(searching, "_says", said)
    with telling(progress), pytest.raises(Stopped):
        searching.find("nowhere", "c", {"few": 1, "many": list(range(100_000)), "more": list(range(100_000))})
    assert says.calls <= 5000 + searching._PORTION


async def test_an_export_that_is_stopped_leaves_no_file(store, tmp_path, monkeypatch):
    state = {f"k{n}": "x" * 1000 for n in range(200)}
    with store.run("triage") as run:
        point = run.checkpoint(state)
    held = Held(exporting.go_on)
    monkeypatch.setattr(exporting, "go_on", held)
    (folder := tmp_path / "out").mkdir()
    monkeypatch.chdir(folder)
    async with opened(store, run.id, tab="states") as pilot:
        held.hold(100)
        await pilot.press("e", "enter")
        await wait(pilot, held.came.is_set)
        await wait(pilot, lambda: "exporting " in text_of(pilot))
        assert list(folder.iterdir())
        await pilot.press("escape")
        await ended(pilot, held)
        await wait(pilot, lambda: pilot.app.told)
        assert held.calls == 100 and not list(folder.iterdir())
        assert pilot.app.told == ["stopped: no file was written"]
        await pilot.press("e", "enter")
        await wait(pilot, lambda: len(pilot.app.told) == 2)
        assert json.loads((folder / f"state-{point}.json").read_bytes()) == state
