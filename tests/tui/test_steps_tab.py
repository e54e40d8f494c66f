"""The steps tab on runs that the public recorder made: every key, both sizes, three layouts, live and lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from flightlog.core.runs import Step
from flightlog.core.store import Store
from flightlog.tui.widgets.log_lines import LogLines
from flightlog.tui.widgets.step_tree import Found
from flightlog.tui.widgets.tree_view import TreeView
from reading import SIZES, opened, screen_of, settled, text_of, wait
from recorded import NASTY, record_everything


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


def here(pilot) -> str:
    """The name of the step under the cursor."""
    tab = screen_of(pilot).tab
    return tab.picture.forest.by_id[tab.lines.current.node.target].name


def side(pilot, name: str) -> str:
    """One side of the step's detail."""
    found = screen_of(pilot).query_one(f"#steps-{name}", TreeView)
    return "\n".join("".join(text for text, _ in found.draw(n, 60)) for n in range(found.count()))


async def test_a_step_leads_to_its_log_and_a_log_entry_to_its_step(store):
    run = record_everything(store)
    async with opened(store, run, tab="steps") as pilot:
        screen = screen_of(pilot)
        await pilot.press("e")
        await settled(pilot)
        assert "OSError" in text_of(pilot)
        await pilot.press("enter")
        await wait(pilot, lambda: screen.current == "logs")
        await settled(pilot)
        lines = screen.query_one(LogLines)
        assert [entry.level for entry in lines.window.entries] == ["WARNING", "ERROR"]
        await pilot.press("escape")
        await settled(pilot)
        assert len(lines.window.entries) > 2
        await pilot.press("g")
        await settled(pilot)
        await pilot.press("J")
        await wait(pilot, lambda: screen.current == "steps")
        await settled(pilot)
        assert screen.tab.lines.current.node.target == lines.window.entries[0].step


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_both_sides_of_a_step_stand_beside_each_other(store, size):
    run = record_everything(store)
    async with opened(store, run, size, tab="steps") as pilot:
        await pilot.press("j", "k")
        await wait(pilot, lambda: "what?" in side(pilot, "input") and "search" in side(pilot, "output"))
        input, output = (screen_of(pilot).query_one(f"#steps-{name}").region for name in ("input", "output"))
        assert input.y == output.y
        assert input.right < output.x
        assert output.height >= 2
        await pilot.press("e")
        await wait(pilot, lambda: "OSError: rate limit" in side(pilot, "output"))
        assert "traceback" in side(pilot, "output")
        # A pane that is read is larger, and esc leads back to the steps before it leads out.
        before = screen_of(pilot).query_one("#steps-pane").region.height
        await pilot.press("tab")
        await wait(pilot, lambda: screen_of(pilot).query_one("#steps-pane").region.height > before)
        await pilot.press("escape")
        await wait(pilot, lambda: screen_of(pilot).tab.lines.has_focus)
        await pilot.press("d")
        await wait(pilot, lambda: not screen_of(pilot).query_one("#steps-pane").region.height)
        await pilot.press("d")
        await wait(pilot, lambda: screen_of(pilot).query_one("#steps-pane").region.height)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_cursor_stays_on_its_step_through_all_layouts(store, size):
    run = record_everything(store)
    async with opened(store, run, size, tab="steps") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("e", "e")
        await settled(pilot)
        assert here(pilot) == "fetch"
        id = tab.lines.current.node.target
        assert "self" in text_of(pilot)
        await pilot.press("v")
        assert tab.picture.layout == "waterfall"
        assert tab.lines.current.node.target == id
        assert re.search(r" 0[.:]0+(m?s)? ", text_of(pilot).splitlines()[3])  # the axis, however long the run took
        await pilot.press("v")
        await wait(pilot, lambda: tab.picture.layout == "graph")
        assert tab.lines.current.node.target == id
        assert [row.node.key for row in tab.lines.rows] == tab.picture.order()
        assert any(sign in text_of(pilot) for sign in ("├─", "╰─", "─╯"))
        await pilot.press("G", "E")
        assert tab.lines.current.node.target == id
        await pilot.press("E", "v")
        assert tab.picture.layout == "tree"
        assert tab.lines.current.node.target == id
        assert pilot.app.told[-1] == "No failed step before this one"


async def test_the_waterfall_is_looked_at_closer_and_minus_folds_elsewhere(store):
    run = record_everything(store)
    async with opened(store, run, tab="steps") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("plus", "greater_than_sign", "f", "0")
        assert tab.picture.window.part is None  # keys of the waterfall alone
        folds = len(tab.lines.rows)
        await pilot.press("minus")
        assert len(tab.lines.rows) < folds
        await pilot.press("v", "j", "plus")
        whole, closer = tab.picture.scale, tab.picture.window.part
        assert closer[1] - closer[0] == pytest.approx((whole.last - whole.first) / 2, rel=0.01)
        await pilot.press("plus", "less_than_sign")
        earlier = tab.picture.window.part
        await pilot.press("greater_than_sign")
        assert tab.picture.window.part[0] > earlier[0]
        await pilot.press("minus", "minus")
        assert tab.picture.window.part is None
        await pilot.press("e", "f")
        assert tab.picture.window.part
        await pilot.press("0")
        assert tab.picture.window.part is None


async def test_cursor_and_folds_stay_with_their_step_while_steps_come(store):
    with store.run("live") as run:
        with run.step("first") as first, first.step("inner"):
            pass
        with run.step("second"):
            pass
        async with opened(store, run.id, tab="steps") as pilot:
            tree = screen_of(pilot).tab.lines
            assert len(tree.rows) == 2  # what is finished is folded while the run is live
            assert "1 step" in text_of(pilot)
            await pilot.press("space", "down", "down")
            assert here(pilot) == "second"
            with run.step("third") as third, third.step("inner"):
                pilot.app.changed()
                await wait(pilot, lambda: len(tree.rows) == 5)
                assert here(pilot) == "second"
                assert tree.rows[0].fold is True
                await pilot.press("v", "G")
                assert here(pilot) == "inner"
            pilot.app.changed()
            # Its end would fold the step that the cursor lies in.
            await wait(pilot, lambda: not screen_of(pilot).tab.picture.forest.open)
            assert here(pilot) == "inner"
            assert len(tree.rows) == 5
            await pilot.press("g")
            with run.step("fourth"):
                pass
            pilot.app.changed()
            await wait(pilot, lambda: screen_of(pilot).tab.picture.forest.all[-1].name == "fourth")
            assert [row.fold for row in tree.rows] == [True, None, None, False, None]


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_what_is_open_is_said_and_one_key_away(store, size):
    with store.run("live") as run, run.step("outer") as outer:
        with outer.step("before"):
            pass
        with outer.step("call " + NASTY, kind="llm") as call, outer.step("later", kind="tool"):
            async with opened(store, run.id, size, tab="steps") as pilot:
                assert "oldest open call  call " in text_of(pilot)
                assert "of 3 open" in text_of(pilot)
                await pilot.press("S")
                assert screen_of(pilot).tab.lines.current.node.target == call.id
                await pilot.press("S")
                assert here(pilot) == "later"
                await pilot.press("v", "v")
                await wait(pilot, lambda: screen_of(pilot).tab.picture.layout == "graph")
                await pilot.press("S")
                assert screen_of(pilot).tab.lines.current.node.target == call.id
                tab = screen_of(pilot).tab
                before = tab.picture.now
                tab.tick()
                assert tab.picture.now > before
    async with opened(store, run.id, size, tab="steps") as pilot:
        assert "oldest open" not in text_of(pilot)
        await pilot.press("S")
        assert pilot.app.told == ["No step is open"]


async def test_ten_thousand_steps_are_drawn_as_far_as_they_are_seen(store, monkeypatch):
    with store.run("many") as run:
        pass
    steps = [Step(run=run.id, id=f"s{n}", name=f"step {n}", status="completed") for n in range(10_000)]
    steps = [*steps, Step(run=run.id, id="bad", name="bad", status="failed", depends_on=("s5",), error=NASTY)]
    monkeypatch.setattr(type(store.reading.runs), "steps", lambda self, run, **more: list(steps))
    async with opened(store, run.id, (80, 24), tab="steps") as pilot:
        tab, height = screen_of(pilot).tab, 24
        assert len(tab.lines.rows) == 10_001
        # A scroll bar takes a cell of the lines, and of their heads.
        await wait(pilot, lambda: tab.lines.across == tab.lines.size.width - 1)
        assert sum(len(text) for text, _ in tab._head(80)) == tab.lines.across
        for keys in (("j",), ("G",), ("E", "e"), ("v",), ("g", "G"), ("v",), ("g", "G"), ("v",)):
            before, forest, layout = tab.lines.drawn, tab.picture.forest, tab.picture.layout
            await pilot.press(*keys)
            await wait(pilot, lambda: keys != ("v",) or tab.picture.layout != layout)  # noqa: B023
            await settled(pilot)
            assert tab.lines.drawn - before <= 3 * height, keys
            assert tab.picture.forest is forest  # nothing was read or counted again
        before = tab.lines.drawn
        tab.tick()
        await pilot.pause()
        assert tab.lines.drawn - before <= 2 * height


async def test_steps_are_searched_in_every_layout(store):
    with store.run("find") as run:
        for name in ("plan", "fetch one", "rank"):
            with run.step(name) as step, step.step(f"inner {name}", agent="Fetcher" if name == "rank" else ""):
                pass
    async with opened(store, run.id, (80, 24), tab="steps") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("n")
        assert pilot.app.told == ["/ searches"]
        await pilot.press("slash", *"FETCH")
        await wait(pilot, lambda: here(pilot) == "fetch one")
        await pilot.press("enter")
        await wait(pilot, lambda: tab.lines.has_focus)
        found = []
        for _ in range(3):
            await pilot.press("n")
            found.append(here(pilot))
        assert found == ["inner fetch one", "inner rank", "fetch one"]
        await pilot.press("N")
        assert here(pilot) == "inner rank"
        await pilot.press("v", "n")
        assert here(pilot) == "fetch one"
        await pilot.press("escape")
        assert tab.picture.word == ""
        await pilot.press("slash", *"nowhere", "enter")
        await wait(pilot, lambda: pilot.app.told[-1] == "No step has nowhere")
        await pilot.press("slash", "x", "escape")
        await wait(pilot, lambda: tab.lines.has_focus and not tab.has_class("searching"))


async def test_very_many_steps_are_not_read_again_for_every_key_and_all_are_there_at_the_end(store, monkeypatch):
    with store.run("many") as run:
        for name in ("one", "two", "three"):
            with run.step(name):
                pass
        async with opened(store, run.id, (80, 24), tab="steps") as pilot:
            tab = screen_of(pilot).tab
            tab._took = 1000.0  # as if it had taken so long
            before = tab.picture
            with run.step("four"):
                pass
            pilot.app.changed()
            await wait(pilot, lambda: tab._behind)
            await pilot.press("j")
            await wait(pilot, lambda: tab._detail and tab._detail.step.name == "two")
            assert tab.picture is before
            tab._took = 0.0
            tab.tick()
            await wait(pilot, lambda: len(tab.lines.rows) == 4)
            tab._took = 1000.0
            with run.step("five"):
                pass
            run.finish()
            pilot.app.changed()
            await wait(pilot, lambda: len(tab.lines.rows) == 5)
            assert not tab._behind


async def test_a_layout_chosen_while_steps_are_read_stays(store):
    with store.run("live") as run:
        with run.step("one"):
            pass
        async with opened(store, run.id, (80, 24), tab="steps") as pilot:
            tab = screen_of(pilot).tab
            with run.step("two"):
                pass
            found = Found(None, None)
            while found.picture is None:  # the tab's own thread may have read the same steps just now
                tab._seen = None
                found = tab.read(store, store.runs.get(run.id))
            await pilot.press("v", "slash", "o", "enter")
            tab.show(store.runs.get(run.id), found)
            assert tab.picture is found.picture
            assert (tab.picture.layout, tab.picture.word) == ("waterfall", "o")
