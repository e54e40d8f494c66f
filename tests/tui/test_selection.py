"""Ranges of marks to rows far away, and what the marked runs come to together: in the real list, on a real store."""

import flightlog
import pytest
from counting import Counting
from flightlog.core.clock import pretending
from flightlog.core.numbers.figures import Figures
from flightlog.core.query.query import parse
from flightlog.tui.app import FlightlogApp
from flightlog.tui.glyphs import ASCII, UNICODE
from flightlog.tui.runs.marks import Marks
from flightlog.tui.runs.selection import selection_lines
from flightlog.tui.screens.help import Help
from flightlog.tui.screens.prompt import Prompt
from mouse import click_at, drag, moved
from seeing import shows, text_of, until
from textual import events

RUNS = 700
START = 1_795_168_800 * 10**9


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Runs of three workflows, a second each, a minute apart; the larger the number the dearer."""
    folder, now = tmp_path_factory.mktemp("many") / "data", [START]
    with pretending(lambda: now[0]), flightlog.open(folder, storage="sqlite") as store:
        for n in range(RUNS):
            with store.run(f"flow-{n % 3}", name=f"n{n:04}", session=f"s{n % 3}") as run:
                if n % 50:
                    run.cost("gpt-4o", input_tokens=n, dollars=f"0.{n:06}")
                else:
                    run.cost("no-such-model", input_tokens=n)
                now[0] += 10**9
            now[0] += 59 * 10**9
    return folder


def counted(store):
    reading = store.reading
    runs = Counting(reading.runs)
    store._reading = reading._replace(runs=runs)
    return runs


async def listed(pilot):
    await until(pilot, lambda: pilot.app.store is not None and pilot.app.home.run_list.ready)
    return pilot.app.home


def names(store, ids):
    return sorted(run.name for run in store.runs.some(sorted(ids)))


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=str)
async def test_a_range_to_a_row_far_away_marks_the_runs_between_and_says_what_they_come_to(many, size):
    app = FlightlogApp(lambda: flightlog.open(many, read_only=True))
    async with app.run_test(size=size) as pilot:
        home = await listed(pilot)
        asked = counted(app.store)
        await pilot.press("slash", *"-workflow:flow-1", "enter")
        await until(pilot, lambda: home.run_list.matching is not None and home.run_list.matching < RUNS)
        while home.run_list.sort.field != "cost" or home.run_list.sort.descending:
            await pilot.press("S" if home.run_list.sort.field == "cost" else "s")
        await until(pilot, lambda: home.run_list.ready and home.run_list.lines == home.run_list.matching)
        await pilot.press("j", "j", "j", "space")
        await pilot.press("G", "k", "k", "k", "k", "k")
        await until(pilot, lambda: not app.typed.busy and not home.loader.busy)
        assert home.run_list.between(next(iter(home.run_list.marks.ids))) is None  # not in memory
        before = asked.named("query")
        await pilot.press("M")
        await until(pilot, lambda: len(home.run_list.marks.ids) > 1)
        assert asked.named("ids_between") == 1
        assert asked.named("query") <= before + 2  # the list alone is read, not what lies between
        shown = [
            run.name for run in app.store.runs.query(parse("-workflow:flow-1"), home.run_list.sort, limit=RUNS).items
        ]
        assert names(app.store, home.run_list.marks.ids) == sorted(shown[3:-5])
        await shows(pilot, "took 7:39", "cost ≥$0.160, unknown in 5 (", "tokens 161k (", "p50", "size 2")
        await until(pilot, lambda: not home.query_one("#selection").busy)
        figures = home.query_one("#selection").found
        of_them = app.store.runs.figures(parse(""), ids=home.run_list.marks.ids)
        assert (figures.runs, figures.nanousd, figures.unpriced) == (len(shown) - 8, of_them.nanousd, of_them.unpriced)
        await pilot.press("escape")
        await until(pilot, lambda: not home.query_one("#selection").display)


async def test_runs_that_the_mouse_is_drawn_over_are_marked_and_no_click_moves_them(many):
    app = FlightlogApp(lambda: flightlog.open(many, read_only=True))
    async with app.run_test(size=(120, 36)) as pilot:
        home = await listed(pilot)
        await shows(pilot, "n0699", "n0690")
        await drag(pilot, (12, 5), (30, 9))
        await until(pilot, lambda: home.marked == 5)
        assert names(app.store, home.marks.ids) == ["n0693", "n0694", "n0695", "n0696", "n0697"]
        assert home.run_list.line(home.run_list.cursor_line).name == "n0693" and app.mouse_captured is None
        await click_at(pilot, 12, 4)  # which is none
        moved(app, events.MouseMove, 12, 12, 0)
        await pilot.pause()
        assert home.marked == 5
        await pilot.press("escape")
        # Upwards, and back beyond where it began: what counts is where it is let go.
        moved(app, events.MouseDown, 12, 10)
        for row in (9, 8, 12, 11):
            moved(app, events.MouseMove, 12, row)
        await until(pilot, lambda: home.run_list.line(home.run_list.cursor_line).name == "n0691")
        assert not home.marked and [shown.marked for shown in home.table._drawn[6:10]] == [False, True, True, False]
        moved(app, events.MouseUp, 12, 11)
        await until(pilot, lambda: home.marked == 2)
        assert names(app.store, home.marks.ids) == ["n0691", "n0692"]


@pytest.mark.parametrize("button", [2, 3])
async def test_only_the_first_button_marks_and_beyond_the_edge_the_list_scrolls(many, button):
    app = FlightlogApp(lambda: flightlog.open(many, read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        home = await listed(pilot)
        await shows(pilot, "n0699", "n0690")
        moved(app, events.MouseDown, 12, 5, button)
        moved(app, events.MouseMove, 12, 9, button)
        moved(app, events.MouseUp, 12, 9, button)
        await pilot.pause()
        assert not home.marked
        rows = home.table.rows
        await drag(pilot, (12, 3), (12, 23))
        await until(pilot, lambda: home.marked > rows)
        assert home.run_list.top > 0
        await pilot.press("escape")
        moved(app, events.MouseDown, 12, 5)
        moved(app, events.MouseMove, 12, 8)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        moved(app, events.MouseUp, 12, 8)
        await pilot.press("escape")
        here = home.run_list.cursor
        moved(app, events.MouseMove, 12, 10, 0)
        await pilot.pause()
        assert home.run_list.cursor == here and not home.marked and not any(shown.marked for shown in home.table._drawn)


async def test_what_is_typed_behind_a_range_is_for_the_marks_that_come(many):
    app = FlightlogApp(lambda: flightlog.open(many))
    async with app.run_test(size=(120, 36)) as pilot:
        home = await listed(pilot)
        await pilot.press("space", "G")
        await until(pilot, lambda: not home.loader.busy and home.run_list.current is not None)
        for key in ("M", "n"):
            await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        assert f"{RUNS} runs" in text_of(app.screen)
        await pilot.press("escape", "asterisk", "asterisk")
        await shows(pilot, "tokens", "size", "p50")
        assert home.query_one("#selection").found.runs == RUNS


async def test_a_range_in_a_grouped_list_reaches_over_groups_that_were_never_read(many):
    app = FlightlogApp(lambda: flightlog.open(many, read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        home = await listed(pilot)
        asked = counted(app.store)
        await pilot.press("b")
        await until(pilot, lambda: home.run_list.ready and home.run_list.lines == 3)
        for key in ("G", "enter", "k", "enter", "k", "enter"):  # from the last head to the first
            await pilot.press(key)
        await pilot.press("j", "j", "j")
        await until(pilot, lambda: not home.loader.busy and home.run_list.current is not None)
        await pilot.press("space", "G", "k", "k")
        await until(pilot, lambda: not app.typed.busy and not home.loader.busy and home.run_list.current is not None)
        assert home.run_list.between(next(iter(home.run_list.marks.ids))) is None  # not in memory
        before = asked.named("query")
        await pilot.press("M")
        await until(pilot, lambda: len(home.run_list.marks.ids) > 1)
        assert asked.named("ids_between") == 3  # for each of the groups
        assert asked.named("query") <= before + 2
        shown = [f"n{n:04}" for group in (0, 2, 1) for n in range(RUNS - 1, -1, -1) if n % 3 == group]
        assert names(app.store, home.run_list.marks.ids) == sorted(shown[2:-2])
        assert not app._notifications


@pytest.mark.parametrize("far", [False, True])
async def test_a_range_says_that_it_passes_over_a_folded_group(many, far):
    app = FlightlogApp(lambda: flightlog.open(many, read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        home = await listed(pilot)
        if not far:  # of each group few: what lies between is in memory
            await pilot.press("slash", *"name:n000", "enter")
            await until(pilot, lambda: home.run_list.matching == 10)
        await pilot.press("b")
        await until(pilot, lambda: home.run_list.ready and home.run_list.lines == 3)
        first, last = (home.run_list.line(at).group.runs for at in (0, 2))
        await pilot.press("G", "enter", "g", "enter")  # the first and the last, not the one between
        await until(pilot, lambda: not home.loader.busy and home.run_list.lines == 3 + first + last)
        moves = ("j", "space", "G") if far else ("j", *["j"] * (first - 1), "space", "j", "j")
        for key in moves:
            await pilot.press(key)
            await until(pilot, lambda: not home.loader.busy and home.run_list.current is not None)
        assert (home.run_list.between(next(iter(home.run_list.marks.ids))) is None) is far
        await pilot.press("M")
        await until(pilot, lambda: len(home.run_list.marks.ids) > 1)
        assert len(home.run_list.marks.ids) == (first + last if far else 2)
        await until(pilot, lambda: any("a folded group is passed over" in n.message for n in app._notifications))


def test_the_lines_fit_and_unknown_is_never_nothing():
    rows = [(n * 3600.5, n * 10**11, 1, n % 2, n * 10**6, n * 10**9) for n in range(1, 1000)]
    for glyphs in (UNICODE, ASCII):
        for found in (Figures(rows), Figures(rows[:2]), Figures([(None, None, 0, 3, None, None)] * 2)):
            for line in selection_lines(found, 78, glyphs):
                assert sum(len(text) for text, _ in line) <= 78, line
    unknown = "".join(
        text for line in selection_lines(Figures([(None, None, 0, 3, None, None)] * 2), 78, UNICODE) for text, _ in line
    )
    assert "cost ?, unknown in 2" in unknown and "$0" not in unknown
    first, second = ("".join(text for text, _ in line) for line in selection_lines(Figures(rows[:3]), 120, UNICODE))
    assert (
        "took 6:00:03 (1:00:00–3:00:01, p50 2:00:01)   cost ≥$600.00, unknown in 2 ($100.00–$300.00, p50 $200.00)"
        in first
    )
    assert "tokens 6.0M (1.0M–3.0M, p50 2.0M)   size 6.0 GB (1.0 GB–3.0 GB, p50 2.0 GB)" in second
    same = Figures([rows[0], rows[0]])
    assert "(each 1:00:00)" in "".join(text for text, _ in selection_lines(same, 120, UNICODE)[0])


def test_marks_of_a_range_are_put_together():
    marks = Marks()
    marks.put_all(["a", "b"])
    assert marks.count(9) == 2 and "a" in marks
    marks.everything()
    marks.put("a", False)
    marks.put_all(["a", "c"])
    assert marks.count(9) == 9
    revision = marks.revision
    marks.forget(("x",))
    assert marks.revision == revision
