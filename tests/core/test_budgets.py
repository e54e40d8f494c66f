"""Budgets: exact, honest about what is not known, and asked of the store in as few questions as there are queries."""

from datetime import date, timedelta

import flightlog
import pytest
from flightlog.core import budgets
from flightlog.core.budgets import Budget, Standing, alarming, asked, began, budget_of, look, standings
from flightlog.core.clock import pretending, to_seconds
from flightlog.core.costs import NANO, CostGroup, Money, Tokens
from hypothesis import given
from hypothesis import strategies as st

TODAY = date(2026, 11, 20)  # a Friday


def spent(day: str, nanousd: int, unknown: int = 0) -> CostGroup:
    money = Money(recorded_nanousd=nanousd, recorded=1, unknown=unknown)
    return CostGroup(key=day, calls=1 + unknown, tokens=Tokens(), money=money)


def standing(nanousd: int, most: str = "20", unknown: int = 0, **facts) -> Standing:
    sums = {"": [spent("2026-11-20", nanousd, unknown)]}
    (found,) = standings([budget_of("", "day", most, **facts)], sums, TODAY)
    return found


def test_a_period_begins_at_midnight_on_monday_or_on_the_first():
    assert [began(per, TODAY) for per in budgets.PER] == ["2026-11-20", "2026-11-16", "2026-11-01"]
    assert began("week", date(2026, 11, 16)) == "2026-11-16"
    assert began("week", date(2027, 1, 1)) == "2026-12-28"


@given(st.dates(date(1, 1, 8), date(9998, 12, 31)), st.sampled_from(budgets.PER))
def test_a_day_lies_in_its_period_and_the_next_period_begins_after_it(day, per):
    first = date.fromisoformat(began(per, day))
    assert first <= day < first + timedelta(days={"day": 1, "week": 7, "month": 31}[per])
    assert began(per, first) == began(per, day)


def test_only_the_period_that_goes_on_counts():
    days = [spent("2026-11-01", 1), spent("2026-11-16", 20), spent("2026-11-19", 300), spent("2026-11-20", 4000)]
    found = standings([budget_of("", per, 1) for per in budgets.PER], {"": days}, TODAY)
    assert [one.spent_nanousd for one in found] == [4000, 4320, 4321]
    # A clock that goes ahead has spent all the same.
    ahead = standings([budget_of("", "day", 1)], {"": [spent("2026-11-21", 7)]}, TODAY)
    assert ahead[0].spent_nanousd == 7


@given(st.lists(st.integers(0, 2**53), max_size=5), st.integers(1, 2**62))
def test_sums_are_exact_to_the_nano_dollar(amounts, most):
    budget = Budget(per="day", max_nanousd=most, warn_nanousd=most)
    (found,) = standings([budget], {"": [spent("2026-11-20", amount) for amount in amounts]}, TODAY)
    assert found.spent_nanousd == sum(amounts)
    assert (found.state == "spent") == (sum(amounts) >= most) == (found.percent >= 100)


def test_a_nano_dollar_more_is_near_and_then_spent():
    states = [standing(amount).state for amount in (0, 16 * NANO - 1, 16 * NANO, 20 * NANO - 1, 20 * NANO)]
    assert states == ["fine", "fine", "near", "near", "spent"]
    assert standing(20 * NANO - 1).percent == 99
    assert standing(10 * NANO, warn=0.5).state == "near"
    # A third of a dollar is no whole number of nano-dollars: the mark is the next one above.
    assert budget_of("", "day", 1, "1/3").warn_nanousd == 333_333_334


def test_what_is_not_known_is_no_zero():
    assert standing(5, unknown=2).at_least
    assert standing(5, unknown=2).unknown == 2
    assert not standing(5).at_least
    assert standing(20 * NANO, unknown=1).state == "spent"


@pytest.mark.parametrize(("dollars", "warn"), [(0, 0.8), (-1, 0.8), ("x", 0.8), (1e-11, 0.8), (1, 0), (1, 1.1)])
def test_what_is_no_budget_is_refused(dollars, warn):
    with pytest.raises(ValueError, match=r"no amount|no budget"):
        budget_of("", "day", dollars, warn)


def test_a_query_is_asked_once_from_the_earliest_day_that_is_wanted():
    many = [budget_of("", "day", 1), budget_of("", "month", 2), budget_of("a", "week", 3), budget_of("", "week", 3)]
    assert asked(many, TODAY) == {"": "2026-11-01", "a": "2026-11-16"}
    assert asked([], TODAY) == {}


def test_the_worst_comes_first():
    some = [standing(amount * NANO) for amount in (1, 17, 25, 20)]
    assert [one.spent_nanousd // NANO for one in alarming(some)] == [25, 20, 17]


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_a_store_answers_its_budgets_and_one_session_knows_only_its_part(tmp_path, storage):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "flightlog.yaml").write_text(
        "budgets: [{per: day, max: 2}, {query: 'session:ana', per: week, max: 1.5}, {query: 'no', per: day, max: 1}]"
    )
    now = [int(to_seconds("2026-11-16T23:59:59Z") * 1e9)]
    with flightlog.open(folder, storage=storage) as store, pretending(lambda: now[0]):
        for session, dollars in (("ana", "1.000000001"), ("bob", "0.5"), ("bob", None)):
            with store.run("triage", session=session) as run:
                run.cost(dollars=dollars, input_tokens=1)
        day, week, none = look(store.budgets, store.runs)
        assert (day.spent_nanousd, day.unknown, day.at_least, day.percent) == (1_500_000_001, 1, True, 75)
        assert (week.spent_nanousd, week.unknown, week.at_least) == (1_000_000_001, 0, False)
        assert none.spent_nanousd == 0
        scoped = store.scoped(session="ana")
        day, week, _ = look(scoped.budgets, scoped.runs)
        assert (day.spent_nanousd, day.unknown, day.at_least) == (1_000_000_001, 0, True)
        assert not week.at_least
        now[0] += 1_000_000_000
        day, week, _ = look(store.budgets, store.runs)
        assert (day.since, day.spent_nanousd, week.spent_nanousd) == ("2026-11-17", 0, 1_000_000_001)


def test_a_budget_may_be_for_each_run_workflow_or_version(tmp_path):
    noon = int(to_seconds("2026-11-20T12:00:00Z")) * 10**9
    with flightlog.open(tmp_path) as store:
        made = {}
        for name, back_days, workflow, version, dollars in (
            ("old", 3, "triage", 1, "5"),
            ("both", 3, "triage", 2, "0.50"),
            ("new", 0, "triage", 2, "0.85"),
            ("dear", 0, "labels", 1, "2"),
            ("unpriced", 0, "labels", 1, None),
        ):
            with pretending(lambda back=back_days: noon - back * 86_400 * 10**9):
                run = made[name] = store.run(workflow, version=version, session="ana" if name == "new" else "bob")
                run.cost("m", input_tokens=1, dollars=dollars)
        with pretending(lambda: noon):
            made["both"].cost("m", input_tokens=1, dollars="0.40")
            for run in made.values():
                run.finish()

            def told(*given):
                return [
                    (one.key, one.spent_nanousd * 100 // NANO, one.unknown, one.state)
                    for one in look([budget_of(*given)], store.runs)
                ]

            ids = {name: run.id for name, run in made.items()}
            # Runs that called today, with all that they spent; the worst first, those below their mark not at all.
            assert told("", "run", 1) == [
                (ids["dear"], 200, 0, "spent"),
                (ids["both"], 90, 0, "near"),
                (ids["new"], 85, 0, "near"),
            ]
            assert told("session:ana", "run", 2) == [(ids["new"], 85, 0, "fine")]
            assert told("", "workflow", 4) == [("triage", 675, 0, "spent")]
            assert told("", "workflow", 100) == [("triage", 675, 0, "fine")]
            assert told("", "version", 2) == [
                ("triage@1", 500, 0, "spent"),
                ("labels@1", 200, 1, "spent"),
                ("triage@2", 175, 0, "near"),
            ]
            assert told("workflow:labels", "version", 2) == [("labels@1", 200, 1, "spent")]
            assert told("workflow:nobody", "run", 2) == [("", 0, 0, "fine")]
            order = look([budget_of("", per, 100) for per in ("run", "day", "version")], store.runs)
            assert [one.budget.per for one in order] == ["run", "day", "version"]


def test_of_many_above_their_mark_the_worst_are_told_of():
    groups = [
        CostGroup(key=f"w{n:02}", calls=1, tokens=Tokens(), money=Money(recorded_nanousd=n, recorded=1))
        for n in range(30)
    ]
    found = budgets.each(budget_of("", "workflow", "0.00000001"), groups)
    assert [one.key for one in found] == [f"w{n}" for n in range(29, 19, -1)]
