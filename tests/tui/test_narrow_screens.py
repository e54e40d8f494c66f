"""What stays to be read where there is little room: names, whole numbers, and a key that helps."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import flightlog
import pytest
from flightlog.core.costs import Money
from flightlog.core.runs import Run, Totals
from flightlog.core.store import Store
from flightlog.core.upkeep import Finding
from flightlog.tui.compare.rows import BEST, WORST, narrowed
from flightlog.tui.doctor.rows import Row, cells_of, detail_lines
from flightlog.tui.facts import paired
from flightlog.tui.glyphs import ASCII, UNICODE
from flightlog.tui.keys import place
from flightlog.tui.lines import Columns
from flightlog.tui.runs.columns import Context, run_line, slots
from flightlog.tui.screens.doctor import TABLE
from flightlog.tui.widgets.header import Facts, header_line
from flightlog.tui.widgets.key_bar import key_spans
from flightlog.tui.widgets.tree_view import TreeView
from little_store import START
from reading import opened, screen_of, settled, text_of, wait

SLIM = (40, 12)
UUID = "01c9e2b6-7a44-4d5e-9a55-9f0a8a2b7f7c"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


@pytest.fixture
def run(store: Store) -> str:
    with store.run("triage", name="Fix the flaky test of a loaded machine", session=UUID) as run:
        with run.step("draft-reply") as step:
            step.log("the words that matter")
            step.cost(model="claude-sonnet-4-5", dollars=0.0123, input_tokens=1000)
            run.message("user", "claude", "short")
        run.checkpoint({"messages": ["a"], "plan": {"next": "search"}})
        run.checkpoint({"messages": ["a", "b"], "plan": {"next": "draft"}})
    return run.id


def texts(line) -> str:
    return "".join(text for text, _ in line)


async def test_at_40_columns_a_states_keys_have_their_names(store, run):
    async with opened(store, run, SLIM, tab="states") as pilot:
        assert "~ messages" in text_of(pilot) and "~ plan" in text_of(pilot)
        assert text_of(pilot).count("●") >= 2


@pytest.mark.parametrize(
    ("tab", "words"),
    [("logs", "the words that m"), ("costs", "$0.012 "), ("messages", "user → claude"), ("steps", "draft-reply")],
)
async def test_at_40_columns_words_and_numbers_are_whole(store, run, tab, words):
    async with opened(store, run, SLIM, tab=tab) as pilot:
        await settled(pilot)
        assert words in text_of(pilot)
        assert "──  ─╮" not in text_of(pilot)


async def test_the_name_of_a_run_weighs_more_than_the_number_of_its_session(store, run):
    async with opened(store, run, (120, 36)) as pilot:
        top = text_of(pilot).splitlines()[0]
        assert "Fix the flaky test of a loaded machine" in top and "01c…7f7c" in top
        assert screen_of(pilot).run.session == UUID


@pytest.mark.parametrize("where", ["runs", "steps", "messages"])
def test_at_40_columns_the_bottom_line_has_a_key_of_the_place(where):
    keys = [key for name in (where, "app") for key in place(name).keys if key.footer]
    spans = key_spans(keys, 34)
    assert spans[0][0].id.startswith(where)
    assert [key.id for key, _, _ in spans][-2:] == ["app.help", "app.quit"]
    assert "app.palette" in [key.id for key, _, _ in key_spans(keys, 74)]


def test_a_number_is_never_cut_for_the_name_before_it():
    columns = Columns(("model", "cost", "from"), [("n" * 24, "$1,234.56", "recorded")], align="lrl", wide=2)
    for width in range(16, 60):
        line = texts(columns.draw(("n" * 24, "$1,234.56", "recorded"), ["text"] * 3, width))
        assert "$1,234.56" in line
        assert len(line) <= width


def test_what_stands_alone_in_its_line_goes_on_over_empty_cells():
    columns = Columns(("name", "what", "for", "last"), [("a", "b", "0:00:00", "00 min")], align="llrr", wide=1)
    row, inks = ("a", "RateLimitError: slow down", "", "1 min"), ["text"] * 4
    assert "RateLimitError: slow down" not in texts(columns.draw(row, inks, 40))
    line = texts(columns.draw(row, inks, 40, spread=True))
    assert "RateLimitError: slow" in line and line.endswith(" 1 min") and len(line) == 40


def test_doctor_tells_a_run_in_few_cells_and_what_is_wrong_in_many():
    found = Finding(
        severity="warning", kind="lost-run", where="01m82aqz619hccg9nmj3z2nnm9", what="pid 31651 is gone; last event",
        advice="take it up", run="01m82aqz619hccg9nmj3z2nnm9",
    )  # fmt: skip
    cells = cells_of(Row(found), "/data/", START, UNICODE)
    assert cells[-1] == "01m…nnm9"
    columns = Columns(TABLE.heads, [cells], align=TABLE.align, wide=TABLE.wide, drop=TABLE.drop, least=TABLE.least)
    assert found.what in texts(columns.draw(cells, ["text"] * 5, 78))
    long = [*cells[:2], "w" * 60, "", "/a/folder/of/34/cells/file.jsonl"]
    columns = Columns(TABLE.heads, [long], align=TABLE.align, wide=TABLE.wide, drop=TABLE.drop, least=TABLE.least)
    assert texts(columns.draw(long, ["text"] * 5, 78)).count("w") >= 36
    assert sum(found.run in texts(line) for line in detail_lines(Row(found), 60)) == 1


def test_doctor_has_room_for_what_is_wrong_before_where_and_an_age_for_a_date():
    last = f"pid 99312 is gone; last event {datetime.fromtimestamp(START - 5400, UTC):%Y-%m-%d %H:%M:%S} UTC"
    states = "/data/runs/01m82aqz619hccg9nmj3z2nnm9.states.jsonl"
    rows = [
        Row(Finding(severity="warning", kind="lost-run", what=last, where="01m82aqz619hccg9nmj3z2nnm9", run="01m82")),
        Row(Finding(severity="warning", kind="orphaned-states", what="w" * 50, where=states)),
    ]
    cells = [cells_of(row, "/data/", START, UNICODE) for row in rows]
    columns = Columns(TABLE.heads, cells, align=TABLE.align, wide=TABLE.wide, drop=TABLE.drop, least=TABLE.least)
    lost, orphaned = (texts(columns.draw(row, ["text"] * 5, 115)) for row in cells)
    assert "pid 99312 is gone; last event 2 h ago" in lost
    assert "w" * 50 in orphaned and orphaned.rstrip().endswith("3z2nnm9.states.jsonl")


def test_of_a_cancelled_run_a_narrow_list_tells_what_it_was_about():
    run = Run(id="r", workflow="w", status="cancelled", objective="sort the inbox of today")
    for narrow, words in ((True, "sort the inbox"), (False, "cancelled · sor")):
        line = texts(run_line(run, slots(80, {}), Context(0.0, UNICODE, narrow), cursor=False, marked=False))
        assert words in line


def test_the_header_tells_the_same_however_long_nothing_has_happened():
    totals = Totals(runs=241, size_bytes=41_000_000, by_status={"lost": 23, "failed": 9}, today=Money())
    for width in range(40, 140):
        told = set()
        for quiet in (0.4, 9.0, 31.0, 400.0, 3540.0, 7200.0):
            line = texts(header_line(Facts("/some/long/path/DATA", totals, "watching", quiet), width, UNICODE))
            told.add(tuple(word in line for word in ("DATA", "watching", "23", "flightlog", "runs", "lost")))
        assert len(told) == 1, width


def test_where_there_is_no_room_for_a_verdict_its_sign_stands_and_the_change_too():
    cell = [("~$0.012", "text"), (" +414%", "bad"), (WORST, "bad")]
    assert texts(narrowed(cell, 19, UNICODE)) == "~$0.012 +414% worst"
    assert texts(narrowed(cell, 17, UNICODE)) == "~$0.012 +414% ▽"
    assert texts(narrowed(cell, 15, ASCII)) == "~$0.012 +414% !"
    assert texts(narrowed(cell, 14, UNICODE)) == "~$0.012 ▽"
    assert texts(narrowed([("12,345,678,901", "text"), (BEST, "good")], 17, UNICODE)) == "12,345,678,901 ★"
    calls = [("~$0.012", "text"), (" +414%", "bad"), ("  1 call, 2k", "muted")]
    assert narrowed(calls, 17, UNICODE) == calls


async def test_of_two_lists_the_one_that_has_the_keys_has_the_bright_cursor(store, run):
    async with opened(store, run, (80, 24), tab="states") as pilot:
        tab = screen_of(pilot).tab

        def grounds():
            seen = [one.render_line(one.cursor - one.scroll_offset.y) for one in (tab.graph, tab.state)]
            return [{segment.style.bgcolor for segment in strip} for strip in seen]

        before = grounds()
        await pilot.press("enter")
        await pilot.pause()
        after = grounds()
        assert tab.state.has_focus
        assert before[0] != after[0] and after[0] != after[1]
        assert after[1] == before[0]  # one is as bright as the other was


async def test_the_open_tab_is_in_sight_also_where_not_all_are(store, run):
    async with opened(store, run, SLIM) as pilot:
        for letter, name in (("m", "messages"), ("a", "artifacts"), ("o", "overview")):
            await pilot.press(letter)
            await wait(pilot, lambda name=name: screen_of(pilot).current == name)
            await settled(pilot)
            bar, rule = text_of(pilot).splitlines()[1:3]
            assert name in bar
            assert ("… " in bar[:5]) is (name != "overview")
            assert rule.startswith("├") and rule.endswith("┤")


async def test_what_is_cut_says_so_beside_the_scroll_bar(store):
    with store.run("long", objective="a word and a second one and a third one and a fourth") as run:
        run.snapshot("input", {f"key {n}": n for n in range(12)})
    async with opened(store, run.id, SLIM) as pilot:
        line = next(line for line in text_of(pilot).splitlines() if "objective" in line)
        assert "…" in line
        lines = screen_of(pilot).tab.query_one(TreeView)
        assert lines.across < lines.size.width


@pytest.mark.parametrize("width", [75, 76, 114, 115, 116])
def test_when_a_run_began_is_told_with_its_age_at_80_columns(width):
    began = ("started", "2026-11-22 19:11:49, 59 min ago", "text")
    (node,) = paired([("project", "search", "text"), began], width)
    assert began[1] in texts(node.line(width))[:width]
