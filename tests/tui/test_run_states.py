"""The states of runs that the public recorder made: their graph, what changed, who wrote it, and two compared."""

from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from counting import counted
from flightlog.core.store import Store
from msgspec.structs import replace
from reading import opened, screen_of, settled, text_of, wait
from recorded import record_everything


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


async def test_scrubbing_shows_what_changed_against_the_parent_and_whose_branch_it_is(store):
    run = record_everything(store)
    async with opened(store, run, tab="states") as pilot:
        tab = screen_of(pilot).tab
        assert tab.shown.changed == {"messages", "n", "plan", "big", "blob"}
        assert "opaque, 12 bytes" in text_of(pilot)
        assert "├─●" in text_of(pilot)
        await pilot.press("left")
        await settled(pilot)
        assert tab.shown.changed == {"messages", "n"}
        assert "1 key unchanged" in text_of(pilot)
        await pilot.press("v")
        assert "plan" in text_of(pilot)
        await pilot.press("left")
        await settled(pilot)
        assert tab.shown.checkpoint.label == "planned"
        await pilot.press("right")
        await settled(pilot)
        assert tab.shown.checkpoint.id == tab.checkpoints[-2].id


async def test_large_values_are_read_when_they_are_unfolded(store):
    with store.run("w") as run:
        run.checkpoint({"big": "long " * 20_000, "n": 1})
    counts = counted(store)
    async with opened(store, run.id, tab="states") as pilot:
        read = [key for name, given, _ in counts["checkpoints"].calls if name == "values" for key in given[1]]
        assert "big" not in read
        tab = screen_of(pilot).tab
        await pilot.press("tab")
        tab.state.move_to(next(n for n, row in enumerate(tab.state.rows) if row.path.keys == ("big",)))
        await pilot.press("space")
        await settled(pilot)
        read = [key for name, given, _ in counts["checkpoints"].calls if name == "values" for key in given[1]]
        assert read.count("big") == 1
        assert "10,000 characters" in text_of(pilot) or "long long" in text_of(pilot)


async def test_the_states_of_a_branch_lead_to_the_run_it_came_from(store):
    run = record_everything(store)
    async with opened(store, run, tab="states") as pilot:
        assert "from checkpoint" in text_of(pilot) and "from run" in text_of(pilot)
        await pilot.press("home", "down")
        await settled(pilot)
        assert screen_of(pilot).tab.shown.checkpoint.label == f"from run {store.runs.get(run).parent}"
        await pilot.press("left", "home", "enter")
        await wait(pilot, lambda: screen_of(pilot).run_id == store.runs.get(run).parent)


async def test_blame_names_the_step_and_leads_to_its_checkpoint(store):
    run = record_everything(store)
    async with opened(store, run, tab="states") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("left")
        await settled(pilot)
        await pilot.press("v", "tab")
        tab.state.move_to(next(n for n, row in enumerate(tab.state.rows) if row.path.keys == ("plan",)))
        await pilot.press("b")
        await wait(pilot, lambda: "plan was last written by plan" in text_of(pilot))
        await pilot.press("enter")
        await settled(pilot)
        assert tab.shown.checkpoint.label == "planned"


async def test_who_wrote_a_key_is_in_sight_beside_it_also_where_its_value_is_longer_than_the_screen(store):
    with store.run("w") as run, run.step("write"):
        run.checkpoint({"report": "\n\n".join(f"{n}. a line of it, and more of the line" for n in range(99)), "z": 1})
    async with opened(store, run.id, tab="states") as pilot:
        state = screen_of(pilot).tab.state
        await pilot.press("tab", "home", "space")
        await wait(pilot, lambda: state.count() > 60)
        await pilot.press("end", "up", "pageup", "b")
        await wait(pilot, lambda: "report was last written by write" in text_of(pilot))
        assert state.current.node.target
        await pilot.press("down")
        assert state.current.path.keys == ("report",) and "last written by" in text_of(pilot)


async def test_how_a_value_of_some_pages_begins_is_told_without_unfolding_it_and_of_a_book_that_it_can_be_read(store):
    with store.run("w") as run:
        run.checkpoint({"messages": [{"text": "m" * 100}] * 99, "book": "b" * 60_000})
    counts = counted(store)
    async with opened(store, run.id, tab="states") as pilot:
        await wait(pilot, lambda: "messages: [99]" in text_of(pilot))
        assert "book: unfold to read it" in text_of(pilot)
        read = [key for name, given, _ in counts["checkpoints"].calls if name == "values" for key in given[1]]
        assert read == ["messages"]


async def test_the_keys_of_a_state_are_those_that_it_has_also_where_a_source_counted_it_as_one(store, monkeypatch):
    with store.run("w") as run:
        run.checkpoint({"messages": ["hi"], "plan": {}, "n": 0})
    repository, listed = type(store.checkpoints), store.checkpoints.list(run.id)
    told = [replace(one, keys=1) for one in listed]
    monkeypatch.setattr(repository, "list", lambda self, run, after=0: [] if after else told)
    async with opened(store, run.id, tab="states") as pilot:
        await wait(pilot, lambda: " 3 keys" in text_of(pilot))


async def test_two_marked_checkpoints_are_compared(store):
    run = record_everything(store)
    async with opened(store, run, tab="states") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("home", "down", "x", "end", "x")
        await settled(pilot)
        assert {change.key for change in tab.diff.changes} >= {"messages", "big"}
        assert "→" in text_of(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert not tab.marked
        assert tab.shown.checkpoint.id == tab.checkpoints[-1].id


async def test_a_state_that_was_dropped_says_so_and_hides_no_other(store):
    with store.run("w") as run:
        kept = run.checkpoint({"plan": "kept", "same": 1})
        run.checkpoint({"plan": "dropped", "same": 1})
    store.upkeep.drop_states(run.id, [kept])
    async with opened(store, run.id, tab="states") as pilot:
        await wait(pilot, lambda: "was dropped" in text_of(pilot))
        await pilot.press("left")
        await wait(pilot, lambda: "kept" in text_of(pilot) and "was dropped" not in text_of(pilot))
        assert pilot.app.troubles == []
