"""Outcomes and their changes in words: honest where little is known."""

from flightlog.core.costs import Money, Tokens
from flightlog.core.metrics import Ended, compared
from flightlog.core.numbers.intervals import NEWCOMBE, WELCH
from flightlog.core.workflows import Outcome
from flightlog.tui.format import duration, fine_dollars, fine_duration
from flightlog.tui.glyphs import ASCII
from flightlog.tui.workflows.outcome_facts import change_rows, methods, outcome_facts, reported, trend
from hypothesis import given
from hypothesis import strategies as st


def outcome(version, runs, completed, **facts):
    return Outcome(workflow="w", version=version, runs=runs, completed=completed, failed=runs - completed, **facts)


def ended(n, took=10.0, nanousd=5_000_000, **metrics):
    return [
        Ended(run=str(i), started=None, took_s=took + i % 2, nanousd=nanousd, calls=1, metrics=metrics)
        for i in range(n)
    ]


def rows(*sides):
    return {row.cells[0]: (*row.cells[1:], row.ink) for row in change_rows(compared(*sides))}


def test_an_outcome_tells_its_counts_times_and_what_a_run_took():
    found = outcome(
        3, 12, 10, timed=11, took_us=110_000_000, p50_s=9.0, p95_s=70.0, steps=18, retries=3, unpriced=2,
        tokens=Tokens(input=12_000), money=Money(recorded_nanousd=120_000_000, recorded=10, unknown=2),
    )  # fmt: skip
    assert dict(outcome_facts(found)) == {
        "runs": "12 ended: 10 completed, 2 failed  83% success",
        "took": "0:09 p50  1:10 p95  0:10 mean  of 11 whose time is known",
        "per run": "steps 1.5  retries 0.25  tokens 1.0k  cost ≥$0.010",
        "no price": "calls of 2 runs are not in the cost",
    }
    assert dict(outcome_facts(outcome(3, 0, 0))) == {"runs": "none has ended yet"}
    assert "too few runs (under 5)" in dict(outcome_facts(outcome(3, 4, 4)))["runs"]


def test_a_change_has_its_interval_and_says_whether_it_may_be_chance():
    found = rows(outcome(2, 100, 95), ended(100, 8.0, score=2.0), outcome(1, 100, 60), ended(100, 10.0, score=1.0))
    assert found["success"][:3] == ("60%", "95%", "+35 points") and found["success"][4:] == ("better", "good")
    assert found["success"][3].endswith(" points") and " to " in found["success"][3]
    assert found["mean time"][2:] == ("-0:02", "-0:02 to -0:01", "better", "good")
    assert found["cost/run"][2:] == ("+$0.00", "+$0.00 to +$0.00", "the same", "muted")
    assert found["score"][4:] == ("differs", "strong")
    worse = rows(outcome(2, 100, 60), ended(100, 10.0), outcome(1, 100, 95), ended(100, 8.0))
    assert worse["success"][4:] == ("worse", "bad") and worse["mean time"][4:] == ("worse", "bad")


def test_too_few_runs_have_no_interval_and_nothing_known_no_row():
    found = compared(outcome(2, 4, 4), ended(4), outcome(1, 9, 9), ended(9, nanousd=None))
    said = {row.cells[0]: row.cells for row in change_rows(found)}
    assert said["success"][3:] == ("+0 points", "9 and 4 runs", "too few runs")
    assert said["cost/run"][1:] == ("–", "$0.005", "–", "0 and 4 runs", "too few runs")
    assert methods(found) == ""
    assert list(rows(outcome(2, 1, 1), [], outcome(1, 1, 1), [])) == ["success"]


def test_two_means_look_the_same_only_where_they_are():
    found = rows(
        outcome(2, 300, 240), ended(300, 2.4, nanousd=412_000, score=0.69990001),
        outcome(1, 301, 240), ended(301, 1.63, nanousd=353_000, score=0.69990002),
    )  # fmt: skip
    assert found["mean time"][:2] == ("0:02.12", "0:02.90")
    assert found["cost/run"][:2] == ("$0.000353", "$0.000412")
    assert found["success"][:2] == ("79.73%", "80.00%")
    assert found["score"][:2] == ("0.69990002", "0.69990001")
    same = rows(outcome(2, 10, 8), ended(10, 2.4), outcome(1, 10, 8), ended(10, 2.4))
    assert same["mean time"][:2] == ("0:02", "0:02") and same["success"][:2] == ("80%", "80%")


@given(st.integers(0, 10**14), st.floats(0, 10**7))
def test_what_is_told_finely_begins_with_what_is_told_coarsely(nanousd, seconds):
    assert fine_duration(seconds).startswith(duration(seconds))
    fine = fine_dollars(nanousd)
    assert fine.startswith("$") and abs(float(fine[1:].replace(",", "")) * 10**9 - nanousd) <= max(nanousd / 100, 1)


def test_a_trend_has_a_sign_for_each_day():
    days = [
        outcome(1, 8, 4, day="2026-11-20", p50_s=10.0),
        outcome(1, 1, 0, day="2026-11-21"),
        outcome(1, 4, 4, day="2026-11-24", p50_s=20.0),
    ]
    assert trend(days) == "success ▅▁█  p50 ▅ █  runs █▂▅  2026-11-20 to 2026-11-24"
    assert trend(days, ASCII) == "success -_^  p50 - ^  runs ^_-  2026-11-20 to 2026-11-24"
    assert trend(days[:1]) == trend([]) == ""


def test_methods_are_named_and_what_only_one_side_reported_is_there():
    found = compared(outcome(2, 9, 9), ended(9, new=1.0), outcome(1, 9, 9), ended(9))
    assert NEWCOMBE in methods(found) and WELCH in methods(found)
    assert rows(outcome(2, 9, 9), ended(9, new=1.0), outcome(1, 9, 9), ended(9))["new"][0] == "–"
    assert reported(found) == "new 1"
