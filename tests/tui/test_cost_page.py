"""What place 3 shows, as plain values: columns, orders, and the query that finds the runs of a line."""

from datetime import date

import flightlog
import pytest
from flightlog.core.budgets import Budget, Standing
from flightlog.core.costs import NANO, CostGroup, Money, Tokens
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.text import cells
from flightlog.tui.costs.budget_lines import BudgetColumns, amounts, warning
from flightlog.tui.costs.page import AXES, WINDOWS, Asked, CostPage, orders, runs_of
from flightlog.tui.format import Amounts, whole_dollars
from flightlog.tui.glyphs import ASCII, UNICODE
from flightlog.tui.lines import width_of
from hypothesis import given
from hypothesis import strategies as st

TODAY = date(2026, 11, 20)


def group(key: str, nanousd: int = 0, unknown: int = 0, **tokens: int) -> CostGroup:
    money = Money(recorded_nanousd=nanousd, recorded=1 if nanousd else 0, unknown=unknown)
    return CostGroup(key=key, calls=1 + unknown, tokens=Tokens(**tokens), money=money)


def page(by: str, *groups: CostGroup, order: int = 0) -> CostPage:
    return CostPage(Asked(by, EVERYTHING, WINDOWS[0], TODAY), groups, orders(by)[order], UNICODE)


def text(line) -> str:
    return "".join(part for part, _ in line)


def test_large_and_small_amounts_have_their_points_under_each_other():
    sums = [12_408_410_000_000, 3_100_000, 12, 1, 41_000_000, NANO]
    money = [*(Money(recorded_nanousd=one, recorded=1, unknown=one % 2) for one in sums), Money(unknown=1), Money()]
    column = Amounts(money)
    shown = [column(one) for one in money]
    assert shown == [
        "$12,408.41  ",
        "     $0.003 ",
        "    <$0.0001",
        "   ≥<$0.0001",
        "     $0.041 ",
        "     $1.00  ",
        "      ?     ",
        "      –     ",
    ]


@given(st.integers(-(2**63), 2**63))
def test_dollars_are_rounded_from_whole_numbers(amount):
    nanousd, shown = abs(amount), whole_dollars(amount)
    assert shown.startswith("-") is (amount < 0)
    shown = shown.removeprefix("-")
    if shown.startswith("<"):
        assert 0 < nanousd < 50_000
        return
    digits = shown.removeprefix("$").replace(",", "")
    decimals = len(digits.partition(".")[2])
    assert abs(int(digits.replace(".", "")) * 10 ** (9 - decimals) - nanousd) * 2 <= 10 ** (9 - decimals)


def test_columns_that_say_nothing_are_not_there_and_money_stays_where_it_is_narrow():
    plain = page("model", group("m", NANO, input=5))
    assert text(plain.head(100)).split() == ["Model", "Cost", "Share", "Calls", "In"]
    full = page("model", group("m", NANO, 2, input=5, output=6, cache_read=1, cache_write=1, reasoning=1))
    assert text(full.head(116)).split("  ")[-1] == "Reasoning"
    narrow = text(full.head(50))
    assert "Cost" in narrow and "No price" in narrow and "Reasoning" not in narrow
    day = page("day", group("2026-11-22", NANO, 2, input=5, output=6))
    assert "2026-11-22  Sun" in text(day.line(0, 36)) and "No price" in text(day.head(36))
    for width in (36, 40, 50, 76, 116):
        assert {width_of(full.head(width)), width_of(full.line(0, width)), width_of(full.total_line(width))} <= {width}


def test_money_stays_near_the_names_and_kinds_of_tokens_are_called_as_in_a_run():
    names = page("model", group("gpt-4o", NANO), group("m" * 40, NANO // 2, input=5, cache_read=1))
    head = text(page("model", group("gpt-4o", NANO)).head(196))
    assert head.index("Cost") < 40 and text(names.head(196)).index("Cost") < 60
    assert "m" * 40 in text(names.line(1, 116)) and "Cache read" in text(names.head(116))


def test_unknown_is_apart_and_what_is_a_little_is_not_nothing():
    some = page("agent", group("a", 999 * NANO), group("b", NANO), group("c", 0, 3))
    assert "<1%" in text(some.line(1, 100))
    assert text(some.line(2, 100)).split()[:3] == ["c", "?", "3"]
    assert text(some.total_line(100)).split()[:4] == ["total", "≥$1,000.00", "100%", "3"]
    assert ("3", "warn") in [(part.strip(), ink) for part, ink in some.line(2, 100)]


def test_versions_are_in_the_order_of_their_numbers():
    made = page("version", group("w@10", 1), group("w@9", 2), group("w", 3), group("a@1", 4), order=1)
    assert [one.key for one in made.groups] == ["a@1", "w", "w@9", "w@10"]
    assert [made.crumb(one) for one in made.groups[:3]] == ["version a@1", "w, no version", "version w@9"]


@pytest.mark.parametrize("days", [0, 1, 7, 30])
def test_a_window_ends_today(days):
    window = next(window for window in WINDOWS if window.days == days)
    first = window.since(TODAY)
    assert (TODAY - date.fromisoformat(first)).days == days - 1 if days else first == ""


ODD = ["m", "a*b", 'q"u', "x y", ""]


def test_the_runs_of_a_line_are_those_that_have_a_call_in_it(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for n in range(10):
            session = [None, "ana", "bo.2"][n % 3]
            with store.run(f"w{n % 2}", version=[None, 1, 2][n % 3], session=session) as run:
                for k in range(n % 4):
                    model, agent = ODD[(n + k) % 5], ODD[(n * k) % 5]
                    run.cost(model, input_tokens=1, agent=agent, dollars=None if k == 1 else "0.5")
        records = {run.id: store.runs.cost_records(run.id) for run in store.runs.query(EVERYTHING).items}
        runs = {id: store.runs.get(id) for id in records}
        keys = {
            "day": lambda run, call: call.t[:10],
            "workflow": lambda run, call: run.workflow,
            "version": lambda run, call: run.workflow + (f"@{run.version}" if run.version else ""),
            "model": lambda run, call: call.model,
            "agent": lambda run, call: call.agent,
            "session": lambda run, call: run.session or "",
        }
        for axis in AXES:
            asked = Asked(axis.by, EVERYTHING, WINDOWS[0], TODAY)
            for one in store.runs.costs(axis.by, EVERYTHING):
                query = runs_of(one, asked)
                assert parse(query.text) == query
                assert not parse(query.text).message
                wanted = {id for id, calls in records.items() if one.key in [keys[axis.by](runs[id], c) for c in calls]}
                # A workflow, version or session has runs that called no model as well.
                found = {run.id for run in store.runs.query(query & parse("has:cost")).items}
                assert found == wanted, (axis.by, one.key)


def test_the_filter_and_the_days_in_force_are_in_the_query():
    asked = Asked("agent", parse("status:failed"), WINDOWS[2], TODAY)
    assert str(runs_of(group("planner"), asked)) == "status:failed call.agent:planner call.day>=2026-11-14"


# --- budgets ----------------------------------------------------------------------------------------


def standing(spent: int, unknown: int = 0, query: str = "", **facts) -> Standing:
    budget = Budget(query=query, per="day", max_nanousd=20 * NANO, warn_nanousd=16 * NANO, **facts)
    return Standing(budget=budget, since="2026-11-20", spent_nanousd=spent, unknown=unknown)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_a_warning_says_in_words_and_sign_what_its_colour_says(glyphs):
    assert warning([standing(15 * NANO)], glyphs) == []
    (near,) = warning([standing(17 * NANO), standing(0)], glyphs)
    (spent,) = warning([standing(17 * NANO), standing(21 * NANO)], glyphs)
    assert near == (f"{glyphs.near} budget 85%", "warn")
    assert spent == (f"{glyphs.used_up} budget spent +1", "bad")
    assert len({glyphs.within, glyphs.near, glyphs.used_up}) == 3


def test_what_is_not_known_of_a_budget_is_said():
    assert amounts(standing(NANO)) == "$1.00 of $20.00"
    assert amounts(standing(NANO, 1)) == "at least $1.00 of $20.00"
    assert amounts(standing(NANO, partial=True)) == "at least $1.00 of $20.00"
    lines = [standing(NANO, 1), standing(41 * NANO), standing(16 * NANO, query="workflow:" + "名" * 60)]
    columns = BudgetColumns(lines)
    wide = [text(columns.draw(one, 116)) for one in lines]
    assert "1 call without a price" in wide[0]
    assert "205%" in wide[1] and UNICODE.bar_rest not in wide[1]
    for width in (68, 76, 116):
        ends = {cells(text(columns.draw(one, width)).rstrip().removesuffix("1 call without a price")) for one in lines}
        assert max(ends) <= width


def test_a_sum_of_a_budget_is_whole_or_not_there():
    lines = [standing(NANO, 1), standing(20 * NANO - NANO // 250), standing(16 * NANO, query="workflow:" + "名" * 60)]
    columns = BudgetColumns(lines)
    for width in range(30, 120):
        for one in lines:
            drawn = text(columns.draw(one, width))
            assert cells(drawn) <= width and f"{one.percent}%" in drawn
            assert "$" not in drawn or amounts(one) in drawn
    assert amounts(lines[1]) == "$19.9960 of $20.00"
    assert any(amounts(lines[0]) in text(columns.draw(lines[0], width)) for width in range(50, 60))


def test_a_bar_shows_its_mark_until_it_has_passed_it():
    def bar(spent: int) -> str:
        return "".join(
            part for part in text(BudgetColumns([standing(spent)]).draw(standing(spent), 66)) if part in "▇·│"
        )

    assert bar(0) == "·" * (len(bar(0)) * 8 // 10) + "│" + "·" * (len(bar(0)) - 1 - len(bar(0)) * 8 // 10)
    assert "│" not in bar(17 * NANO)
    assert "▇" not in bar(-NANO)
    assert bar(1).startswith("▇")
    assert set(bar(20 * NANO)) == {"▇"} != set(bar(20 * NANO - 1)) | {"·"}
