"""What is clicked on is what is meant: a line, wherever it stands by the second of two clicks."""

import pytest
from flightlog.tui.program.navigation import Navigation
from flightlog.tui.screens.help import Help
from flightlog.tui.trees.nodes import Node
from flightlog.tui.widgets.line_list import LineList
from flightlog.tui.widgets.tree_view import TreeView
from little_store import make_run, run_id
from mouse import click_at
from seeing import loaded, until
from textual.app import App

ROW = (20, 6)
"""A cell of the fourth run."""


@pytest.fixture
def opened(monkeypatch):
    """The runs that were opened."""
    found = []
    monkeypatch.setattr(Navigation, "on_open_run", lambda self, message: found.append(message.run))
    return found


async def test_the_run_that_was_clicked_on_is_opened_though_the_list_has_moved(app, runs, feed, opened, monkeypatch):
    monkeypatch.setattr(App, "CLICK_CHAIN_TIME_THRESHOLD", 60.0)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await click_at(pilot, *ROW)
        meant = screen.run_list.cursor
        for n in (1000, 1001):
            runs.put(make_run(n, status="running"))
            feed.note(run_id(n))
        await until(pilot, lambda: screen.run_list.lines == 1002)
        under = screen.run_list.line(screen.run_list.top + ROW[1] - 3).id
        assert under != meant == screen.run_list.cursor
        await click_at(pilot, *ROW)
        await until(pilot, lambda: opened)
        assert opened == [meant]


async def test_the_second_click_on_what_the_first_closed_is_a_first_one(app, opened):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        await click_at(pilot, 2, ROW[1], times=2)
        await until(pilot, lambda: app.screen is screen)
        await pilot.pause(0.2)
        assert not opened and app.screen is screen
        assert screen.run_list.cursor == screen.run_list.line(ROW[1] - 3).id


class Names(LineList):
    def __init__(self):
        super().__init__()
        self.names = list("abcdef")
        self.chosen = []

    def count(self):
        return len(self.names)

    def key_at(self, index):
        return self.names[index]

    def draw(self, index, width):
        return [(self.names[index], "text")]

    def action_choose(self):
        self.chosen.append(self.key_at(self.cursor))


async def test_in_every_list_of_lines_the_line_is_meant_and_not_the_place(app, monkeypatch):
    monkeypatch.setattr(App, "CLICK_CHAIN_TIME_THRESHOLD", 60.0)
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        listed = Names()
        await app.screen.mount(listed)
        listed.styles.height = 10
        await until(pilot, lambda: listed.size.height == 10)
        await click_at(pilot, 5, listed.region.y + 2)
        assert listed.key_at(listed.cursor) == "c" and not listed.chosen
        listed.lines_changed(lambda: listed.names.insert(3, "new") or listed.names.remove("a"))
        await click_at(pilot, 5, listed.region.y + 2)
        assert listed.chosen == ["c"]


async def test_the_first_cell_of_a_list_is_clicked_on_like_any_other(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        listed, tree = Names(), TreeView()
        await app.screen.mount(listed, tree)
        listed.styles.height = tree.styles.height = 5
        tree.show([Node(n, [(f"node {n}", "text")], lambda: [Node("in", [("inner", "text")])]) for n in range(2)])
        await until(pilot, lambda: listed.size.height == tree.size.height == 5 and len(tree.rows) == 2)
        listed.move_to(3)
        await click_at(pilot, listed.region.x, listed.region.y)
        assert listed.key_at(listed.cursor) == "a"
        for row in (1, 0):
            await click_at(pilot, tree.region.x, tree.region.y + row)
            assert [one.fold for one in tree.rows if one.path.depth == 1][row]
