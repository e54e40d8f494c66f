"""What stands in the titles of the frame is a click away, and so is all that lies round what one has looked into."""

import flightlog
import pytest
from flightlog.core.pages import Sort
from flightlog.tui.app import FlightlogApp
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.keys import row
from flightlog.tui.lines import Leading, fitted, lead_at, leading
from flightlog.tui.screens.costs import CostsScreen
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.widgets.filter_bar import FilterBar
from flightlog.tui.widgets.frame import FrameLine, frame_line
from mouse import click_at
from seeing import loaded, shows, text_of, until
from spacing import at_space, into, read


async def click_word(pilot, word, *, id):
    """Clicks on a word of a line of the frame."""
    frame = pilot.app.screen.query_one(f"#{id}")
    line = text_of(pilot.app.screen).split("\n")[frame.region.y]
    await click_at(pilot, line.rindex(word) + len(word) // 2, frame.region.y)


def test_a_cell_leads_where_its_text_does_also_where_that_is_cut_or_wide():
    line = [
        (" ", "text"),
        (leading("名前", "runs.sort"), "muted"),
        ("plain", "text"),
        (leading("", "runs.filter"), "text"),
    ]
    assert [lead_at(line, cell) for cell in range(7)] == [None, *["runs.sort"] * 4, None, None]
    cut = fitted([("a", "text"), (leading("long name", "runs.group"), "text")], 5)
    assert cut == [("a", "text"), ("lon…", "text")] and lead_at(cut, 4) == "runs.group" and lead_at(cut, 9) is None
    framed = frame_line("top", line, [(leading("by", "runs.group"), "text")], 40, UNICODE)
    assert [lead_at(framed, cell) for cell in (2, 3, 36, 37, 38)] == [
        None,
        "runs.sort",
        "runs.group",
        "runs.group",
        None,
    ]


async def test_what_is_in_force_in_the_run_list_is_changed_by_a_click_on_it(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        before = screen.run_list.sort
        await click_word(pilot, "started", id="list-top")
        await until(pilot, lambda: screen.run_list.sort not in (before, Sort()))
        await pilot.press("b", "f")
        await shows(pilot, "by session", "following")
        await click_word(pilot, "following", id="list-top")
        await until(pilot, lambda: "following" not in text_of(screen))
        assert not screen.run_list.following
        await click_word(pilot, "by session", id="list-top")
        await until(pilot, lambda: screen.run_list.grouping == "project")
        await pilot.press("b", "slash", *"flow-1", "enter")
        await shows(pilot, "[333/1,000]")
        assert screen.focused is screen.table
        await click_word(pilot, " flow-1 ", id="list-top")
        await until(pilot, lambda: screen.focused is screen.query_one(FilterBar).input)
        await pilot.press("escape")
        order = screen.run_list.sort
        await click_word(pilot, "1,000", id="list-top")  # which leads nowhere
        assert screen.run_list.sort == order and app.screen is screen


@pytest.fixture
def worked(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for name in ("one", "two"):
            with store.run("triage", name=name) as run:
                run.log("x" * 4000)
                run.checkpoint({"plan": ["p" * 900]})
                run.cost("gpt-4o", input_tokens=10, dollars="0.5")
    return FlightlogApp(lambda: flightlog.open(tmp_path / "data"))


async def test_every_part_of_the_way_in_space_leads_back_there_onto_what_one_came_out_of(worked):
    async with worked.run_test(size=(80, 24)) as pilot:
        screen = await at_space(pilot)
        await into(pilot, screen, "triage")
        run = screen.list.page.nodes[1].name
        await into(pilot, screen, run)
        await into(pilot, screen, "states")
        assert len(screen.path) == 3
        await click_word(pilot, "states", id="space-trail")  # where one is
        await read(pilot)
        assert len(screen.path) == 3
        await click_word(pilot, "triage", id="space-trail")
        await until(pilot, lambda: screen.found.space.node.name == "triage")
        await read(pilot)
        assert screen.list.current.name == run
        await into(pilot, screen, run)
        await click_word(pilot, "data", id="space-trail")
        await until(pilot, lambda: screen.found.space.node.kind == "store")
        await read(pilot)
        assert screen.path == () and screen.list.current.name == "triage"
        order = screen.sort
        await click_word(pilot, order, id="list-top")
        await until(pilot, lambda: screen.sort != order)


async def test_in_costs_time_filter_and_order_are_a_click_away_and_a_run_leads_to_its_costs(worked):
    async with worked.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: worked.store is not None and worked.home.run_list.ready)
        await pilot.press("3")
        await shows(pilot, "stacked by workflow", "triage")
        screen = worked.screen
        assert isinstance(screen, CostsScreen)
        window, order = screen.chosen.window, screen.chosen.order
        await click_word(pilot, window.name, id="list-top")
        await until(pilot, lambda: screen.chosen.window != window)
        await click_word(pilot, f"{order.name} ", id="axes")
        await until(pilot, lambda: screen.chosen.order != order)
        await click_word(pilot, "stacked by", id="plot-top")
        await until(pilot, lambda: screen.chosen.stack_by == "model")
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(worked.screen, RunScreen) and worked.screen.run is not None)
        await shows(pilot, "$0.50")
        await click_word(pilot, "$0.50", id="run-top")
        await until(pilot, lambda: worked.screen.current == "costs")
        await click_word(pilot, "Runs", id="run-top")
        await until(pilot, lambda: worked.screen is worked.home)


async def test_all_that_leads_somewhere_is_a_row_of_the_table_of_keys(worked, monkeypatch):
    seen, draw = set(), FrameLine.render_line

    def drawn(self, y):
        strip = draw(self, y)
        seen.update(text.to for text, _ in self._line if isinstance(text, Leading) and isinstance(text.to, str))
        return strip

    monkeypatch.setattr(FrameLine, "render_line", drawn)
    async with worked.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: worked.store is not None and worked.home.run_list.ready)
        for place in "12345L":
            await pilot.press(place)
            await pilot.pause(0.2)
    assert {row(id).id for id in seen} == seen and len(seen) > 15
