"""The run screen on runs that the public recorder made: every tab, every key, both sizes, hostile text, live."""

from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from counting import counted
from flightlog.core.store import Store
from flightlog.tui.app import FlightlogApp
from flightlog.tui.keys import place
from flightlog.tui.messages import OpenRun
from flightlog.tui.parts.tabs import NAMES
from flightlog.tui.screens.help import HelpLines
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.screens.run_tabs import kind_of
from flightlog.tui.widgets.tab_bar import TabBar
from flightlog.tui.widgets.tree_view import TreeView
from reading import LETTERS, SIZES, Reader, opened, screen_of, settled, text_of, wait
from recorded import NASTY, record_everything


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("tab", NAMES)
async def test_every_key_of_every_tab_leaves_a_screen_that_can_be_read(store, tab, size, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where a state is written that is exported to no named place
    run = record_everything(store)
    async with opened(store, run, size, tab) as pilot:
        screen = pilot.app.screen
        own = kind_of(tab).PLACE
        places = ("tree", "moves", own) if own else ("tree", "moves")
        for key in [key for name in places for key in place(name).keys]:
            for name in key.keys.split(","):
                await pilot.press(name)
                if screen.query("Input:focus"):
                    await pilot.press("x", "enter")
                if pilot.app.screen is not screen:  # a list of its own, which esc leads out of
                    await pilot.press("escape")
                await settled(pilot)
        assert isinstance(pilot.app.screen, RunScreen)
        assert "triage@4" in text_of(pilot)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_hostile_text_draws_nothing_but_characters_on_every_tab(store, size):
    run = record_everything(store, NASTY)
    async with opened(store, run, size) as pilot:
        for name in NAMES:
            await pilot.press(LETTERS[name])
            await settled(pilot)
            for lines in pilot.app.screen.tab.query(TreeView):
                lines.focus()
                await pilot.press("home", "asterisk", "asterisk", "asterisk")
                await settled(pilot)
            shown = text_of(pilot)
            assert "/INST]" in shown or size == (80, 24), name
            assert not [sign for sign in shown if sign != "\n" and not sign.isprintable()], name


# --- tabs ------------------------------------------------------------------------------------------


async def test_only_tabs_with_something_in_them_are_offered_and_the_others_teach(store):
    with store.run("small") as run:
        pass
    async with opened(store, run.id) as pilot:
        first = text_of(pilot).splitlines()[1]
        assert "costs" in first
        assert "messages" not in first
        assert "artifacts" not in first
        for name, code in (
            ("steps", "run.step("),
            ("logs", "run.log("),
            ("states", "run.checkpoint("),
            ("costs", "step.cost("),
            ("messages", "run.message("),
            ("items", "run.row("),
            ("approvals", "run.approve("),
            ("artifacts", "run.artifact("),
        ):
            await pilot.press(LETTERS[name])
            await settled(pilot)
            assert code in text_of(pilot), name


async def test_a_tab_is_read_when_it_is_opened_and_not_again_until_the_run_changes(store):
    run = record_everything(store)
    counts = counted(store)
    async with opened(store, run) as pilot:
        assert counts["runs"].named("steps") == 1  # the overview tells the outermost ones
        assert not counts["logs"].calls
        for key in ("s", "l", "t", "c", "o", "s", "l", "t", "c"):
            await pilot.press(key)
            await settled(pilot)
        assert counts["runs"].named("cost_records") == 1
        assert counts["runs"].named("snapshots") == 1
        assert counts["checkpoints"].named("list") == 1
        assert counts["logs"].named("query") == 1
        pilot.app.changed()
        await settled(pilot)
        assert counts["logs"].named("query") == 1


async def test_mouse_and_brackets_change_tabs(store):
    run = record_everything(store)
    async with opened(store, run) as pilot:
        screen = screen_of(pilot)
        start, _ = screen.query_one(TabBar).place_of("states")
        await pilot.click(TabBar, offset=(start + 3, 0))
        await settled(pilot)
        assert screen.current == "states"
        await pilot.press("right_square_bracket")
        assert screen.current == "costs"
        await pilot.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        assert screen.current == "steps"


async def test_escape_steps_out_one_layer_at_a_time(store):
    run = record_everything(store)
    async with opened(store, run, tab="logs") as pilot:
        screen = screen_of(pilot)
        await pilot.press("enter", "slash", "x", "escape")
        assert screen.tab.has_class("with-entry")
        await pilot.press("escape")
        assert not screen.tab.has_class("with-entry")
        assert screen.tab.word == "x"
        await pilot.press("escape")
        assert not screen.tab.word
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, RunScreen)


async def test_between_the_name_and_the_end_of_a_related_run_there_is_a_gap(store):
    with store.run("lead", name="a name that is much longer than there is room for " * 2) as lead:
        lead.log("begun")
    with store.run("scout", parent=lead.id) as run:
        pass
    async with opened(store, run.id, (80, 24)) as pilot:
        await wait(pilot, lambda: "parent" in text_of(pilot))
        line = next(line for line in text_of(pilot).splitlines() if "parent" in line)
        assert "…  completed" in line


async def test_lineage_leads_to_parent_and_child_and_back(store):
    run = record_everything(store)
    async with opened(store, run) as pilot:
        lines = screen_of(pilot).query_one(TreeView)
        lines.move_to(next(n for n, row in enumerate(lines.rows) if row.node.target and row.path.first == "origin"))
        await pilot.press("enter")
        await wait(pilot, lambda: screen_of(pilot).run_id != run and screen_of(pilot).tab is not None)
        await settled(pilot)
        assert "batch" in text_of(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert screen_of(pilot).run_id == run


# --- what is shown -------------------------------------------------------------------------------------


async def test_costs_name_where_each_number_comes_from_and_count_unknown_apart(store):
    run = record_everything(store)
    async with opened(store, run, tab="costs") as pilot:
        shown = text_of(pilot)
        assert "recorded" in shown
        assert "1 unknown" in shown
        assert "≥$0.004" in shown
        assert "lower bound" in shown


async def test_on_a_small_screen_each_fact_has_a_line_and_the_money_is_in_sight(store):
    with store.run("triage", session="ana", project="office", attempt=2) as run, run.step("plan", agent="p") as step:
        step.cost(model="gpt-4o", input_tokens=123_456, output_tokens=7_890, cache_read_tokens=12_000, dollars="0.0412")
    async with opened(store, run.id, (120, 36), tab="overview") as pilot:
        assert any("workflow" in line and "session" in line for line in text_of(pilot).splitlines())
        await pilot.resize_terminal(40, 30)
        await wait(pilot, lambda: "workflow    triage" in text_of(pilot))
        lines = [line.strip("│ ").rstrip() for line in text_of(pilot).splitlines()]
        assert {"session     ana", "project     office", "attempt     2"} <= set(lines)
        await pilot.press("c")
        await wait(pilot, lambda: "gpt-4o" in text_of(pilot))
        assert all("$0.041" in line for line in text_of(pilot).splitlines() if "gpt-4o" in line)
        await pilot.press("s")
        await wait(pilot, lambda: "agent       p" in text_of(pilot))
        await pilot.resize_terminal(120, 36)
        await wait(pilot, lambda: any("agent" in line and "started" in line for line in text_of(pilot).splitlines()))


async def test_a_run_that_is_gone_is_a_sentence(store):
    app = Reader(store, "01k00000000000000000000000")
    async with app.run_test() as pilot:
        await wait(pilot, lambda: app.troubles)
        assert isinstance(app.screen, RunScreen)


async def test_from_the_list_into_a_run_and_back_on_a_database(tmp_path):
    with flightlog.open(tmp_path / "data", storage="sqlite") as store:
        run = record_everything(store)
        app = FlightlogApp(lambda: store)
        async with app.run_test(size=(120, 36)) as pilot:
            await wait(pilot, lambda: "triage@4" in text_of(pilot))
            app.post_message(OpenRun(run))
            await wait(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tab is not None)
            for name in NAMES:
                await pilot.press(LETTERS[name])
                await settled(pilot)
                assert screen_of(pilot).current == name
            await pilot.press("question_mark")
            await pilot.press("escape", "escape")
            await wait(pilot, lambda: not isinstance(app.screen, RunScreen))
            assert "triage@4" in text_of(pilot)
        app.close()


async def test_the_places_are_one_key_away_inside_a_run_too_and_help_tells_each_key_once(tmp_path):
    with flightlog.open(tmp_path / "data") as made, made.run("w") as run:
        run.log("nothing")
        run.warning("something")
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(120, 36)) as pilot:
        await wait(pilot, lambda: app.store is not None and app.home.run_list.lines == 1)
        for tab, key, place in (
            ("o", "3", "costs"),
            ("s", "2", "workflows"),
            ("l", "5", "retention"),
            ("t", "L", "live"),
        ):
            await pilot.press("1", "enter", tab)
            await wait(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.tab is not None)
            await pilot.press(key)
            await wait(pilot, lambda place=place: app.whereabouts.on_screen == place)
        await pilot.press("1", "enter", "l")
        await wait(pilot, lambda: isinstance(app.screen, RunScreen) and "something" in text_of(pilot))
        await pilot.press("3")
        await wait(pilot, lambda: "nothing" not in text_of(pilot))
        assert isinstance(app.screen, RunScreen)
        await pilot.press("question_mark")
        await wait(pilot, lambda: app.screen.query(HelpLines) and app.screen.query_one(HelpLines).count())
        lines = app.screen.query_one(HelpLines)
        told = [lines.draw(n, lines.size.width) for n in range(lines.count())]
        marked = [text for line in told for text, ink in line[:1] if ink == "accent"]
        assert len([text for text in marked if text.split()[:1] == ["3"]]) == 1
        assert "5" in [text.strip() for text in marked]
    app.close()
