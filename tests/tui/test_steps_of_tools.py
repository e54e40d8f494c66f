"""A run of many turns with calls of tools in them, as a coding agent's: an outline first, each call by what it did."""

from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from counting import counted
from flightlog.core.clock import from_seconds
from flightlog.core.runs import Run
from flightlog.core.store import Store
from flightlog.tui import format
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.runs.columns import Context, run_line, slots
from flightlog.tui.runs.preview import preview_lines, read_preview
from flightlog.tui.steps.briefs import APART, PATH, TOGETHER, Briefs, brief
from flightlog.tui.steps.picture import MANY
from flightlog.tui.widgets.message_view import WIDEST
from flightlog.tui.widgets.tree_view import TreeView
from msgspec import structs
from reading import SIZES, opened, screen_of, settled, text_of, wait

PROMPT = "Fix the flaky test in test_upkeep_files.py that fails on a lo"
FILE = "/home/ana/work/flightlog/tests/tui/test_upkeep_of_many_files.py"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


def record_turns(store: Store, turns: int = 100) -> str:
    """A run of so many turns, each with three calls of which one failed."""
    with store.run("coding") as run:
        for n in range(turns):
            with run.step(f"{n} {PROMPT}", kind="turn") as turn:
                with turn.step("Bash", kind="tool", input={"command": f"pytest -k {n}", "timeout": 5}) as call:
                    call.output = "\n".join(f"line {line}" for line in range(40))
                with turn.step("Read", kind="tool", input={"file_path": FILE}) as call:
                    call.output = [{"type": "text", "text": "import re\nimport os"}]
                turn.step("Edit", kind="tool", input={"old_string": f"{n} is\nold"}).fail("no such text")
    return run.id


def rows(pilot) -> list[str]:
    tab = screen_of(pilot).tab
    lines = tab.lines
    return ["".join(text for text, _ in lines.draw(n, lines.across)) for n in range(lines.count())]


@pytest.mark.parametrize("size", [*SIZES, (240, 60)], ids=str)
async def test_turns_are_an_outline_also_where_a_call_failed_in_each(store, size):
    async with opened(store, record_turns(store), size, tab="steps") as pilot:
        found = rows(pilot)
        assert len(found) == 100
        assert all("3 steps ✖1" in line for line in found)
        await pilot.press("space")
        assert [line.split()[2] for line in rows(pilot)[1:4]] == ["Bash", "Read", "Edit"]


async def test_few_failures_stand_in_sight_and_so_does_what_lies_alone(store):
    with store.run("batch") as run, run.step("all") as whole:
        for n in range(MANY + 10):
            with whole.step(f"part {n}") as part:
                call = part.step("call")
                call.finish("failed" if n == 50 else "completed")
    async with opened(store, run.id, tab="steps") as pilot:
        assert len(rows(pilot)) == 1 + MANY + 10
    with store.run("few") as run:
        for n in range(MANY):
            with run.step(f"part {n}") as part:
                part.step("call").finish("failed" if n == 50 else "completed")
    async with opened(store, run.id, tab="steps") as pilot:
        assert len(rows(pilot)) == MANY + 1
        assert "part 50" in rows(pilot)[50]


async def test_each_call_is_told_by_what_it_was_given_and_only_those_in_sight_are_read(store):
    run = record_turns(store)
    counters = counted(store)
    async with opened(store, run, (120, 36), tab="steps") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("space", "down")
        await wait(pilot, lambda: "Bash  pytest -k 0" in text_of(pilot))
        await settled(pilot)
        shown = text_of(pilot)
        assert f"…{FILE[-PATH:].partition('/')[2]}" in shown and FILE[-24:] in shown
        assert "Edit  0 is old  no such text" in shown
        asked = [len(args[1]) for name, args, _ in counters["runs"].calls if name == "some_events"]
        assert sum(asked) == 3
        await pilot.press("up", "space", "space", "v")
        await settled(pilot)
        assert "Bash  pytest -k 0" in text_of(pilot)
        assert counters["runs"].named("some_events") == len(asked)
        assert tab.picture.briefs is tab.briefs


async def test_what_came_back_is_read_as_text(store):
    async with opened(store, record_turns(store, 2), (120, 36), tab="steps") as pilot:
        await pilot.press("down")
        await settled(pilot)
        assert "40 lines" in text_of(pilot) and "line 3" in text_of(pilot)
        await pilot.press("down")
        await settled(pilot)
        assert "import os" in text_of(pilot)
        await pilot.press("down")
        await settled(pilot)
        sides = screen_of(pilot).query_one("#steps-input", TreeView)
        assert [row.text for row in sides.rows if row.part] == ["0 is", "old"]


async def test_the_bottom_line_of_a_waterfall_says_how_it_is_looked_at_closer(store):
    async with opened(store, record_turns(store, 2), (120, 36), tab="steps") as pilot:
        assert "this step" not in text_of(pilot) and "its log" not in text_of(pilot)
        await pilot.press("v")
        await settled(pilot)
        bottom = text_of(pilot).splitlines()[-1]
        assert "f this step" in bottom and "+ closer" in bottom and "whole run" not in bottom
        await pilot.press("plus")
        await pilot.pause()
        assert "0 whole run" in text_of(pilot).splitlines()[-1]
        folded = screen_of(pilot).tab.lines.rows[0].fold
        await pilot.press("enter")
        assert screen_of(pilot).current == "steps"
        assert screen_of(pilot).tab.lines.rows[0].fold is not folded


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (" git status\n--short ", "git status --short"),
        ({"path": "/etc/hosts", "limit": 3}, "/etc/hosts"),
        ({"limit": 3, "more": {}}, "limit=3"),
        ({"nested": {"a": "b"}}, ""),
        (["first", "second"], "first"),
        ([1, 2], ""),
        ({"todos": [{"content": "a"}, {"content": "b"}]}, "2 todos"),
        (None, ""),
        ({"path": "/" + "long/" * 40 + "file.py"}, "…" + "long/" * 7 + "file.py"),
    ],
)
def test_an_input_in_a_few_words(given, said):
    assert brief(given) == said


def test_inputs_far_apart_are_read_one_after_the_other(store):
    with store.run("far") as run:
        first = run.step("a", input="one")
        for n in range(APART + 1):
            run.log(f"word {n}")
        run.step("b", input="two")
    steps = store.runs.steps(run.id)
    wishes: list[int] = []
    briefs = Briefs(lambda: wishes.append(1))
    assert [briefs.of(step) for step in steps] == ["", ""]
    assert len(wishes) == 2 and first.name == "a"
    counters = counted(store)
    briefs.add(briefs.read(store))
    assert [briefs.of(step) for step in steps] == ["one", "two"]
    assert counters["runs"].named("some_events") == 2


def test_the_preview_of_many_turns_tells_the_turns_and_what_leads_to_an_open_call(store):
    found = read_preview(store, store.runs.get(record_turns(store)))
    lines = ["".join(text for text, _ in line) for line in preview_lines(found, 100, 12, 0.0, UNICODE)]
    assert [line.split()[1] for line in lines] == [str(n) for n in range(88, 100)]
    assert all("Fix the flaky test in test_upkeep" in line for line in lines)
    begun = [one for one in found.steps if one.name == "Bash"][5]
    steps = tuple(structs.replace(one, status="running") if one == begun else one for one in found.steps)
    lines = [
        "".join(text for text, _ in line) for line in preview_lines(found._replace(steps=steps), 100, 12, 0, UNICODE)
    ]
    assert "Bash" in lines[6] and lines[5].split()[1] == "5"


async def test_a_wide_screen_has_the_detail_beside_the_steps_and_its_conversation_together(store):
    run = record_turns(store, 3)
    with store.run("talk") as talk:
        talk.message("user", "claude", "word " * 100)
    async with opened(store, run, (240, 60), tab="steps") as pilot:
        tree, detail = (screen_of(pilot).query_one(name).region for name in ("#steps-tree", "#steps-detail"))
        assert detail.x > tree.right and detail.y <= tree.y
        await pilot.press("d")
        await pilot.pause()
        assert screen_of(pilot).query_one("#steps-tree").region.width > 200
        await pilot.resize_terminal(120, 36)
        await pilot.press("d")
        await settled(pilot)
        tree, detail = (screen_of(pilot).query_one(name).region for name in ("#steps-tree", "#steps-detail"))
        assert detail.y > tree.y and detail.x <= tree.x + 2
    async with opened(store, talk.id, (240, 60), tab="messages") as pilot:
        lines = [row.node.line for row in screen_of(pilot).tab.lines.rows]
        assert max(sum(len(text) for text, _ in line) for line in lines) <= WIDEST


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("ana", "ana"),
        ("nightly-of-the-long-name", "nightly-of-the-long-name"),
        (f"{'0' * 8}{'-1234' * 3}-{'a' * 12}", "000…aaaa"),
    ],
)
def test_a_session_is_told_by_its_name_and_a_uuid_by_its_ends(id, said):
    assert format.session(id) == said


def test_ten_hours_are_not_cut_in_the_list():
    run = Run(id="r", workflow="w", status="completed", started=from_seconds(0), finished=from_seconds(59_950))
    for width in (78, 118, 160):
        cells = run_line(run, slots(width, {}), Context(0.0, UNICODE, width < 100), cursor=False, marked=False)
        assert "16:39:10" in "".join(text for text, _ in cells)


async def test_steps_are_searched_by_what_they_were_given_also_where_that_was_not_read(store):
    run = record_turns(store, 400)
    counters = counted(store)
    async with opened(store, run, (120, 36), tab="steps") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("slash", *"pytest -k 377", "enter")
        await wait(pilot, lambda: tab.lines.current.node.target in by_name(tab, "Bash"))
        assert tab.picture.forest.path(tab.lines.current.node.target)[0] == by_name(tab, f"377 {PROMPT}")[0]
        assert not pilot.app.told
        asked = [len(args[1]) for name, args, _ in counters["runs"].calls if name == "some_events"]
        assert max(asked) <= TOGETHER
        await pilot.press("slash", *"nowhere", "enter")
        await wait(pilot, lambda: pilot.app.told == ["No step has nowhere"])
        again = [len(args[1]) for name, args, _ in counters["runs"].calls if name == "some_events"]
        assert sum(again) <= 1200  # none is read twice


def by_name(tab, name: str) -> list[str]:
    return [step.id for step in tab.picture.forest.all if step.name == name]


async def test_who_did_it_is_told_only_where_it_is_news(store):
    with store.run("one") as one, one.step("turn", agent="claude") as turn:
        turn.step("Bash", agent="claude", input="ls").finish()
    with store.run("two") as two, two.step("turn", agent="claude") as turn:
        turn.step("Bash", agent="claude", input="ls").finish()
        turn.step("Task", agent="explorer", input="look").finish()
    async with opened(store, one.id, tab="steps") as pilot:
        await wait(pilot, lambda: "Bash  ls" in text_of(pilot))
        assert not any("claude" in line for line in rows(pilot))
    async with opened(store, two.id, tab="steps") as pilot:
        await wait(pilot, lambda: "Bash  ls" in text_of(pilot))
        assert ["claude" in line for line in rows(pilot)] == [True, False, False]
        assert "explorer  look" in text_of(pilot)


async def test_a_page_begins_with_its_heads_also_where_it_is_longer_than_the_screen(store):
    with store.run("dear") as run:
        for n in range(40):
            with run.step(f"step {n}") as step:
                step.cost(model="m", dollars=n + 1, input_tokens=1)
    async with opened(store, run.id, (80, 24), tab="costs") as pilot:
        lines = screen_of(pilot).tab.lines
        assert "by model" in text_of(pilot)
        assert (lines.cursor, lines.scroll_offset.y) == (1, 0)
