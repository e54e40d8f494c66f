"""A diff is looked for, and laid out, by the thread that reads it: the event loop makes what is on screen, however
much differs."""

import threading
from collections import Counter

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.compare import CompareScreen
from flightlog.tui.screens.compare_detail import DetailScreen
from flightlog.tui.trees.json_nodes import CHUNK
from flightlog.tui.trees.many_nodes import ROWS, folded_beyond, in_ranges
from flightlog.tui.trees.nodes import Folds, Node, Shape, rows
from reading import opened, screen_of, wait
from seeing import loaded, shows, until

FEW, MANY = 8, 1_600


@pytest.fixture
def made(monkeypatch):
    """How many nodes each thread has made."""
    counts: Counter[str] = Counter()
    real = Node.__init__

    def make(self, *args, **options):
        counts["loop" if threading.current_thread() is threading.main_thread() else "thread"] += 1
        real(self, *args, **options)

    monkeypatch.setattr(Node, "__init__", make)
    return counts


def state(size: int, letter: str) -> dict[str, object]:
    """Keys of which all differ, and one that holds as many members that do."""
    inner = {f"m{n:04}": [n, {"deep": f"{n}{letter}"}] for n in range(size)}
    return {f"k{n:04}": f"{letter}{n}" for n in range(size // 8)} | {"all": inner}


async def test_two_states_are_laid_out_where_they_are_read(tmp_path, made):
    on_loop = []
    for size in (FEW, MANY):
        with flightlog.open(tmp_path / f"{size}", storage="file") as store:
            with store.run("triage") as run:
                for letter in "ab":
                    run.checkpoint(state(size, letter))
            async with opened(store, run.id, tab="states") as pilot:
                tab = screen_of(pilot).tab
                await pilot.press("x", "k")
                made.clear()
                await pilot.press("x")
                await wait(pilot, lambda tab=tab: tab.diff is not None and len(tab.state.rows) > 1)
                assert made["thread"] > size  # the members too, which nobody may ever see
                on_loop.append(made["loop"])
                assert len(tab.state.rows) < 2 * ROWS
    assert on_loop[1] <= on_loop[0] + 2 * ROWS, on_loop


async def test_a_line_of_a_comparison_is_laid_out_where_it_is_read(tmp_path, made):
    with flightlog.open(tmp_path / "data", storage="sqlite") as store:
        for letter in "ab":
            with store.run("triage", name=letter) as run:
                text = "\n".join(f"{n} {letter if n % 2 else ''}" for n in range(MANY))
                run.snapshot("input", {"text": text})
                run.checkpoint({"all": state(MANY, letter)["all"]})
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("space", "space", "c", "t")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.tabs["states"].fresh)
        await pilot.press("n")
        made.clear()
        await pilot.press("enter")
        await shows(pilot, "a → b", "m0000")
        assert made["thread"] > MANY and made["loop"] < ROWS
        assert isinstance(app.screen, DetailScreen) and len(app.screen.tree_view.rows) < 2 * ROWS
        await pilot.press("escape", "i")
        await until(pilot, lambda: app.screen.tabs["inputs"].fresh and not app.screen.loader.busy)
        made.clear()
        await pilot.press("enter")
        await shows(pilot, "a → b", "- 1 a", "+ 1 b")
        assert made["thread"] > MANY / 2 and made["loop"] < ROWS
        made.clear()
        await pilot.resize_terminal(120, 30)  # texts are laid out anew, there too
        await until(pilot, lambda: app.screen.found.width == 116)
        shown = await shows(pilot, "- 1 a", "+ 1 b")
        assert any("- 1 a" in line and "+ 1 b" in line for line in shown.split("\n"))  # there is room beside it
        assert made["thread"] > MANY / 2 and made["loop"] < ROWS


def test_very_many_nodes_lie_in_ranges_and_are_unfolded_as_far_as_anybody_reads():
    nodes = [Node(n, [(f"{n}", "text")]) for n in range(CHUNK * CHUNK + 1)]
    assert in_ranges(nodes[:CHUNK]) == nodes[:CHUNK]
    outer = in_ranges(nodes)
    assert [node.line[0][0] for node in outer] == ["1…10,000", "10,001…10,001"]
    within = [inner for range_ in outer for inner in range_.children()]
    assert [node for inner in within for node in inner.children()] == nodes
    shown = list(rows(outer, Folds(), Shape(80)))
    assert len(shown) == 2 + CHUNK + CHUNK  # two ranges of ranges, those in the first, and what is in the first of them

    def tree(depth: int) -> list[Node]:
        inner = [tree(depth - 1) if depth else [] for _ in range(20)]
        return [Node(n, [], (lambda one=one: one) if one else None, open=True) for n, one in enumerate(inner)]

    deep = folded_beyond(tree(2), 100)
    assert 100 <= len(list(rows(deep, Folds(), Shape(80)))) <= 100 + 3 * 20
