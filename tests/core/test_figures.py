"""What some runs come to together."""

import flightlog
from flightlog.core.numbers.figures import Figures, Spread
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING, parse


def test_unknown_is_apart_and_never_nothing():
    found = Figures(
        [(2.0, 300, 1, 0, 10, 100), (None, None, 0, 2, None, 50), (4.0, 100, 0, 1, 0, None), (9.0, None, 0, 0, 5, 1)]
    )
    assert (found.runs, found.computed, found.unpriced) == (4, 1, 2)
    assert found.took == Spread(3, 15.0, 2.0, 4.0, 9.0)
    assert found.nanousd == Spread(2, 400, 100, 100, 300)
    assert found.tokens == Spread(3, 15, 0, 5, 10)
    assert found.size_bytes == Spread(3, 151, 1, 50, 100)
    assert Figures().took == Spread(0, 0, None, None, None)


def test_figures_of_two_stores_add_up():
    rows = [(float(n), n * 7 % 5, n % 3, n % 2, n, n * n) for n in range(9)]
    both, whole = Figures(rows[:4]) + Figures(rows[4:]), Figures(rows)
    for name in ("runs", "computed", "unpriced", "took", "nanousd", "tokens", "size_bytes"):
        assert getattr(both, name) == getattr(whole, name)


def test_what_runs_come_to_is_summed_up_and_spread(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        ids = []
        for n in range(6):
            with store.run("triage", session="ana" if n % 2 else "bob") as run:
                ids.append(run.id)
                if n < 4:
                    run.cost("gpt-4o", input_tokens=10 * n, dollars="0.01")
                if n == 5:
                    run.cost("no-such-model", input_tokens=7)
        found = store.runs.figures(EVERYTHING)
        assert (found.runs, found.nanousd.total, found.nanousd.known, found.unpriced) == (6, 40_000_000, 4, 1)
        assert (found.tokens.total, found.tokens.median, found.tokens.most) == (67, 7, 30)
        some = store.runs.figures(parse("session:ana"), ids=[*ids[:4], ids[0], "nobody"], without=[ids[1]])
        assert (some.runs, some.tokens.total) == (1, 30)
        assert store.runs.figures(parse("session:ana"), without=ids[:2]).runs == 2
        of_ana = store.scoped(session="ana").runs
        assert of_ana.figures(EVERYTHING).runs == 3 == of_ana.figures(EVERYTHING, ids=ids).runs
        assert sorted(of_ana.ids_between(EVERYTHING, Sort(), ids[1], ids[5])) == sorted(ids[1::2])


def test_the_order_of_runs_changes_no_sum():
    rows = [(took, None, 0, 0, None, None) for took in (0.1, 0.2, 0.3)]
    assert Figures(rows).took == Figures(rows[::-1]).took
