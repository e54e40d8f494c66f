"""What was spent when, as bars: cells worked out by hand, and the plot as a person uses it."""

from datetime import date

import flightlog
import pytest
from flightlog.core.budgets import budget_of, standings
from flightlog.core.clock import pretending, to_seconds
from flightlog.core.costs import NANO, CostGroup, Money, Spent, Tokens
from flightlog.core.numbers.rates import Rate
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.runs import Totals
from flightlog.tui.app import FlightlogApp
from flightlog.tui.costs.budget_lines import burn_line
from flightlog.tui.costs.page import WINDOWS, Asked
from flightlog.tui.costs.plot import Raster, dots, legend, money_ticks, part_at, stacked, time_ticks, told
from flightlog.tui.costs.spans import Wish, first_of, runs_of_bar, span_of
from flightlog.tui.glyphs import ASCII, UNICODE
from flightlog.tui.lines import width_of
from flightlog.tui.screens.costs import CostsScreen
from flightlog.tui.screens.runs import RunsScreen
from seeing import shows, text_of, until
from textual.events import MouseScrollDown, MouseScrollUp

NOW = "2026-11-20T12:34:56Z"
TODAY = date(2026, 11, 20)
NASTY = "\x1b]0;owned\x07[/INST] [@click=app.quit]x[/] \u202eevil"
ALL, MONTH, WEEK, DAY_LONG, TODAY_ONLY = WINDOWS


def spent(t, key, dollars, unknown=0):
    money = Money(recorded_nanousd=round(dollars * NANO), recorded=1 if dollars else 0, unknown=unknown)
    return Spent(t=t, key=key, calls=1, tokens=Tokens(), money=money)


def wish(window=WEEK, most=50):
    return Wish(window, TODAY, 12, most)


def drawn(stack, columns, rows, glyphs=UNICODE):
    """The cells as text, the highest row first."""
    grid = [[" "] * columns for _ in range(rows)]
    for dot in dots(stack, Raster(len(stack.span.buckets), columns, rows)):
        grid[dot.y][dot.x] = glyphs.stack[dot.part] if dot.part >= 0 else "?"
    return ["".join(row) for row in reversed(grid)]


def test_a_plot_is_of_days_or_of_the_hours_of_a_day():
    week = span_of(wish())
    assert (week.unit, week.buckets[0], week.buckets[-1], week.since) == (
        "day",
        "2026-11-14",
        "2026-11-20",
        "2026-11-14",
    )
    today = span_of(wish(TODAY_ONLY))
    assert (today.unit, today.buckets[0], today.buckets[-1]) == ("hour", "2026-11-20T00", "2026-11-20T23")
    last = span_of(wish(DAY_LONG))
    assert (last.buckets[0], last.buckets[-1], len(last.buckets)) == ("2026-11-19T13", "2026-11-20T12", 24)
    assert last.since == Asked("day", EVERYTHING, DAY_LONG, TODAY, 12).since == "2026-11-19T13:00:00.000000Z"


@pytest.mark.parametrize(
    ("first", "most", "unit", "bars", "begins"),
    [
        ("", 50, "day", 14, "2026-11-07"),
        ("2026-11-20", 50, "day", 14, "2026-11-07"),
        ("2026-10-21", 50, "day", 31, "2026-10-21"),
        ("2026-10-21", 30, "week", 5, "2026-10-19"),
        ("2025-11-20", 60, "week", 53, "2025-11-17"),
        ("2025-11-20", 33, "month", 13, "2025-11"),
        ("2019-02-28", 60, "year", 8, "2019"),
        ("0001-01-01", 60, "year", 60, "1967"),
        ("no day", 50, "day", 14, "2026-11-07"),
    ],
)
def test_all_time_is_all_of_it_in_bars_as_wide_as_it_takes(first, most, unit, bars, begins):
    span = span_of(wish(ALL, most), first)
    assert (span.unit, len(span.buckets), span.buckets[0]) == (unit, bars, begins)
    assert span.title == (f"all time by {unit} (UTC)" if begins != "1967" else "last 60 years (UTC)")
    days = [first] if first >= "2" and first != "no day" else []
    stack = stacked([spent(day[: len(begins)] if unit != "week" else day, "w", 1) for day in days], span, "model")
    assert sum(stack.totals) == len(days) * NANO  # nothing that was spent is left out


def test_a_window_is_shown_whole_where_there_is_room_for_few_bars():
    month = span_of(wish(MONTH, 20))
    assert (month.unit, month.since, month.title) == ("week", "2026-10-22", "last 30 days by week (UTC)")
    assert month.buckets == ("2026-10-19", "2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16")
    assert len(span_of(wish(MONTH, 33)).buckets) == 30


def test_a_day_that_was_none_or_is_to_come_is_no_beginning():
    assert first_of(["2027-01-01", "", "yesterday", "2026-03-01", "2026-02-01"], TODAY) == "2026-02-01"
    assert first_of(["2027-01-01", "never"], TODAY) == ""


def test_the_runs_of_a_bar_are_those_of_all_its_days():
    asked = Asked("day", parse("workflow:triage"), ALL, TODAY)
    week = "|".join(f"2026-11-{day}" for day in range(16, 23))
    assert runs_of_bar("2026-11-16", "week", asked) == (f"workflow:triage call.day:{week}", "week of 2026-11-16")
    assert runs_of_bar("2026-11", "month", asked._replace(query=EVERYTHING)) == ("call.day:2026-11", "2026-11")


@pytest.mark.parametrize("cents", [*range(1, 1000, 7), 12_345, 99_999])
def test_the_axis_is_used_and_its_ticks_are_exact(cents):
    stack = stacked([spent("2026-11-20", "w", cents / 100)], span_of(wish()), "model")
    assert sum(stack.totals) <= stack.top <= sum(stack.totals) * 4 // 3 + 1
    (_, half), (_, whole) = money_ticks(stack, Raster(7, 14, 9))[1:]
    assert [round(float(name.strip("$").replace(",", "")) * NANO) for name in (half, whole)] == [
        stack.top // 2,
        stack.top,
    ]


def test_bars_are_stacked_cell_by_cell():
    week = span_of(wish())
    stack = stacked(
        [
            spent("2026-11-14", "triage", 2),
            spent("2026-11-14", "report", 2),
            spent("2026-11-16", "triage", 1),
            spent("2026-11-17", "report", 0.001),
            spent("2026-11-18", "house", 0, unknown=3),
            spent("2026-11-20", "triage", 4),
            spent("2026-11-20", "report", 1, unknown=1),
            spent("2026-10-01", "triage", 99),
        ],
        week,
        "workflow",
    )
    assert [part.name for part in stack.parts] == ["triage", "report", "house"]
    assert (stack.top, stack.unknown) == (5 * NANO, (0, 0, 0, 0, 3, 0, 1))
    # Five rows of room for $5 would be odd: four, so that half of it has a row of its own.
    assert drawn(stack, 14, 6) == [
        "              ",
        "            ? ",
        "▓           ▓ ",
        "▓           █ ",
        "█           █ ",
        "█   █ ▓ ?   █ ",
    ]
    assert drawn(stack, 14, 6, ASCII)[-1] == "#   # = ?   # "
    assert money_ticks(stack, Raster(7, 14, 6)) == [(0, "$0"), (2, "$2.50"), (4, "$5")]
    assert time_ticks(stack, Raster(7, 70, 6))[-1] == (64, "11-20")


def test_more_than_there_are_signs_for_share_one_and_no_sum_is_lost():
    week = span_of(wish())
    stack = stacked([spent("2026-11-20", f"w{n}", n) for n in range(1, 9)], week, "model")
    assert [part.name for part in stack.parts] == ["w8", "w7", "w6", "w5", "w4", "3 others"]
    assert sum(part.money.known_nanousd for part in stack.parts) == 36 * NANO == stack.totals[-1]
    assert len(stacked([spent("2026-11-20", f"w{n}", n) for n in range(1, 7)], week, "model").parts) == 6


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_size_and_hostile_names_are_borne(window, glyphs):
    for columns in (4, 7, 24, 61, 110):
        span = span_of(wish(window, max(columns // 2, 2)), "2024-02-03")
        stack = stacked([spent(span.buckets[-1], f"{NASTY}{n}", n, unknown=n) for n in range(12)], span, "model")
        for rows in (2, 3, 9, 30):
            raster = Raster(len(span.buckets), columns, rows)
            assert all(0 <= dot.x < columns and 0 <= dot.y < rows for dot in dots(stack, raster))
            assert all(0 <= place < rows for place, _ in money_ticks(stack, raster))
            assert all(0 <= place < columns for place, _ in time_ticks(stack, raster))
        for width in (20, 78, 116):
            line = legend(stack, width, glyphs)
            assert all(text.isprintable() for text, _ in line)
            assert width_of(line) <= width or width == 20
    assert "nothing was spent" in legend(stacked([], span, "model"), 78, glyphs)[0][0]


def test_the_day_is_estimated_only_while_something_is_spent():
    now = to_seconds("2026-11-20T18:00:00Z")
    totals = Totals(runs=1, by_status={}, size_bytes=0, today=Money(recorded_nanousd=14 * NANO, recorded=9))
    days = [CostGroup(key="2026-11-20", calls=1, tokens=Tokens(), money=totals.today)]
    (day,) = standings([budget_of("", "day", 20)], {"": days}, TODAY)
    rate = Rate(seconds=300, tokens=5000, money=Money(recorded_nanousd=NANO // 10, recorded=2))
    told = "".join(text for text, _ in burn_line(rate, totals, day, now, 118, UNICODE))
    # $1.20 an hour for six hours, on top of $14
    assert (
        "≈ $1.20/h" in told
        and "1.0k tokens/min" in told
        and "≈ $21.20 by the end of the day (UTC), ◕ over its $20" in told
    )
    narrow = "".join(text for text, _ in burn_line(rate, totals, day, now, 76, UNICODE))
    assert narrow == "≈ $1.20/h  ·  1.0k tokens/min  ·  ≈ $21.20 by midnight UTC, ◕ over its $20"
    unpriced = Rate(seconds=300, tokens=5000, money=Money(recorded_nanousd=NANO // 10, recorded=2, unknown=1))
    told = "".join(text for text, _ in burn_line(unpriced, totals, day, now, 76, UNICODE))
    assert told == "≥ $1.20/h  ·  ≈ $21.20 by midnight UTC, ◕ over its $20  ·  without unknown prices"
    assert burn_line(Rate(), totals, day, now, 118, UNICODE) == []
    unknown = Rate(seconds=300, tokens=5000, money=Money(unknown=2))
    told = "".join(text for text, _ in burn_line(unknown, totals, None, now, 118, UNICODE))
    assert "? /h" not in told and "by the end" not in told and "without a price" in told


@pytest.fixture
def folder(tmp_path):
    noon = int(to_seconds(NOW)) * 10**9
    with flightlog.open(tmp_path) as store:
        for hours, workflow, model, dollars in (
            (1, "triage", "gpt", "0.30"),
            (3, "report", NASTY, "0.10"),
            (3, "report", "house", None),
            (90, "triage", "gpt", "5"),
        ):
            with pretending(lambda back=hours: noon - back * 3600 * 10**9), store.run(workflow) as run:
                run.cost(model, input_tokens=100, dollars=dollars)
    return tmp_path, noon


@pytest.mark.parametrize(("size", "ascii"), [((120, 36), False), ((80, 24), True)])
async def test_the_plot_by_keys_in_both_sizes(folder, size, ascii):
    path, noon = folder
    with pretending(lambda: noon):
        app = FlightlogApp(lambda: flightlog.open(path), ascii=ascii)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: hasattr(app, "home") and app.home.run_list.ready)
            await pilot.press("3")
            if ascii:
                assert "stacked by" not in await shows(pilot, "total")
                await pilot.press("p")
            signs = "#=" if ascii else "█▓"
            words = ("all time by day (UTC)", "stacked by workflow", f"{signs[0]} triage $5.30", "$5", "11-20")
            await shows(pilot, *words)
            shown = await shows(pilot, f"{signs[1]} report", "? 1 call without a price")
            assert ("total" in shown) is not ascii  # the table stays where there is room for both
            await pilot.press("t", "t", "t")
            await shows(pilot, "last 24 hours by hour (UTC)", f"{signs[0]} triage $0.300", "12:00")
            await pilot.press("b")
            shown = await shows(pilot, "stacked by model", f"{signs[0]} gpt $0.300")
            assert "\x1b" not in shown and "\u202e" not in shown
            await pilot.press("t")
            await shows(pilot, "today by hour (UTC)")
            await pilot.resize_terminal(100, 40)
            await shows(pilot, "total", "today by hour (UTC)", "23:00")
            await pilot.press("p")
            await until(pilot, lambda: "stacked by" not in text_of(app.screen))
            reads = app.screen.loader.loads
            assert app.screen.found.stack is None or reads
            await pilot.press("p", "slash", *"workflow:report", "enter")
            await shows(pilot, "stacked by model", "? 1 call without a price")
            assert isinstance(app.screen, CostsScreen)


@pytest.mark.parametrize("bars", [2, 7, 24, 60])
def test_each_column_belongs_to_a_bar_and_each_bar_s_cells_to_it(bars):
    for columns in range(bars, 130):
        raster = Raster(bars, columns, 9)
        for bar in range(bars):
            assert {raster.bar_at(raster.start(bar) + n) for n in range(raster.bar)} == {bar}
        assert raster.bar_at(columns + 3) == bars - 1


def test_each_name_of_a_legend_is_found_where_it_stands():
    days = span_of(wish())
    stack = stacked([spent("2026-11-20", f"flow-{n}", 9 - n, unknown=n) for n in range(8)], days, "workflow")
    for width in (30, 78, 116):
        line = "".join(text for text, _ in legend(stack, width, UNICODE))
        named = [part for part in stack.parts if f" {part.name} " in line]
        assert named or width == 30
        for part in named:
            assert part_at(stack, width, UNICODE, line.index(part.name)) is part
        assert part_at(stack, width, UNICODE, line.index("without")) is None
    assert stack.parts[-1].key is None and told(stack, "2026-11-20").startswith("2026-11-20: $4")
    assert told(stack, "2026-11-14") == "2026-11-14: $0.00"


async def plotted(pilot, size):
    """Place 3 with its plot."""
    app = pilot.app
    await until(pilot, lambda: hasattr(app, "home") and app.home.run_list.ready)
    await pilot.press("3")
    if size == (80, 24):
        await shows(pilot, "total")
        await pilot.press("p")
    await shows(pilot, "all time by day (UTC)", "█ triage $5.30", "11-20")
    await until(pilot, lambda: app.screen.query("CostPlot") and app.screen.query_one("CostPlot")._raster is not None)
    return app.screen


def bar_of(screen, bucket):
    """A cell over the bar of a day or an hour."""
    plot = screen.query_one("CostPlot")
    raster = plot._raster
    at = raster.start(plot._stack.span.buckets.index(bucket)) + plot.size.width - raster.columns
    return {"offset": (at, plot.size.height - 4)}


async def test_bars_and_names_of_the_plot_can_be_clicked_and_the_wheel_looks_closer(folder):
    path, noon = folder
    with pretending(lambda: noon):
        app = FlightlogApp(lambda: flightlog.open(path))
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await plotted(pilot, (120, 36))
            await pilot.press("m")
            await shows(pilot, "gpt")
            day = screen.query_one("CostPlot")._stack.span.buckets[-1]
            await pilot.click("CostPlot", **bar_of(screen, day))
            await until(pilot, lambda: screen.chosen.by == "day" and screen.list.current is not None)
            await until(pilot, lambda: screen.list.current.key == day)
            legend_line = next(line for line in text_of(screen).splitlines() if "█ triage" in line)
            await pilot.click(offset=(legend_line.index("report"), text_of(screen).splitlines().index(legend_line)))
            await until(pilot, lambda: screen.chosen.by == "workflow" and screen.list.current.key == "report")
            await pilot._post_mouse_events([MouseScrollUp], "CostPlot", offset=(40, 3), button=0)
            await until(pilot, lambda: screen.chosen.window is MONTH)
            for _ in range(9):
                await pilot._post_mouse_events([MouseScrollUp], "CostPlot", offset=(40, 3), button=0)
            await shows(pilot, "today by hour (UTC)")
            assert screen.chosen.window is TODAY_ONLY
            await pilot._post_mouse_events([MouseScrollDown], "CostPlot", offset=(40, 3), button=0)
            await until(pilot, lambda: screen.chosen.window is DAY_LONG)


@pytest.mark.parametrize("key", ["enter", "m", "right_square_bracket", "s", "S"])
async def test_where_the_plot_stands_alone_what_a_key_does_to_the_table_is_seen(folder, key):
    path, noon = folder
    with pretending(lambda: noon):
        app = FlightlogApp(lambda: flightlog.open(path))
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await plotted(pilot, (80, 24))
            assert "enter runs" not in text_of(screen) and "b stack" in text_of(screen)
            await pilot.press(key)
            assert app.screen is screen
            assert "stacked by" not in await shows(pilot, "total", "enter runs")


async def test_where_the_plot_has_no_table_beside_it_a_bar_tells_its_amount_and_leads_to_its_runs(folder):
    path, noon = folder
    with pretending(lambda: noon):
        app = FlightlogApp(lambda: flightlog.open(path))
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await plotted(pilot, (80, 24))
            day = screen.query_one("CostPlot")._stack.span.buckets[-1]
            await pilot.click("CostPlot", **bar_of(screen, day))
            said = f"{day}: $0.400, 1 call without a price"
            await until(pilot, lambda: [one.message for one in app._notifications] == [said])
            assert app.screen is screen and screen.plots
            await pilot.click("CostPlot", times=2, **bar_of(screen, day))
            await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen is not app.home)
            assert day in app.screen.run_list.query.text
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is screen)
