"""With which version a figure first rose: any lineage, any figures, too few runs anywhere."""

import itertools

from flightlog.core.lineage import ancestors
from flightlog.core.metrics import Change, success_change
from flightlog.core.numbers.rises import first_rise
from flightlog.core.workflows import Outcome
from hypothesis import given
from hypothesis import strategies as st


@st.composite
def lineages(draw, most=9):
    """Versions with parents before them, the figure of each, and which have runs enough."""
    count = draw(st.integers(1, most))
    parents = {n: tuple(draw(st.sets(st.integers(1, n - 1), max_size=2)) if n > 1 else ()) for n in range(1, count + 1)}
    figures = {n: draw(st.integers(0, 3)) for n in parents}
    enough = {n: draw(st.booleans()) or draw(st.booleans()) for n in parents}
    return parents, figures, enough


def found_in(parents, figures, enough, version, asked=None):
    def change(before, after):
        if asked is not None:
            asked.append((before, after))
        assert enough[before]
        assert enough[after]
        difference = figures[after] - figures[before]
        low, high = difference - 0.5, difference + 0.5
        return Change(before=figures[before], after=figures[after], low=low, high=high, runs_before=9, runs_after=9)

    return first_rise(parents, version, enough.__getitem__, change)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_along_a_line_it_is_the_first_that_is_above_the_one_before(figures):
    numbered = dict(enumerate(figures, 1))
    parents = {n: (n - 1,) if n > 1 else () for n in numbered}
    found = found_in(parents, numbered, dict.fromkeys(numbered, True), len(figures))
    assert found.version == next((n for n in numbered if n > 1 and numbered[n] > numbered[n - 1]), None)
    assert not found.too_few
    if found.version is None:
        assert found.compared == len(figures) - 1


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=12))
def test_versions_with_too_few_runs_are_passed_over_and_named(told):
    figures = {n: figure for n, (figure, _) in enumerate(told, 1)}
    enough = {n: judged for n, (_, judged) in enumerate(told, 1)}
    parents = {n: (n - 1,) if n > 1 else () for n in figures}
    found = found_in(parents, figures, enough, len(told))
    judged = [n for n in figures if enough[n]]
    wanted = next(((a, b) for a, b in itertools.pairwise(judged) if figures[b] > figures[a]), None)
    assert found.too_few == tuple(n for n in figures if not enough[n])
    assert found.version == (wanted[1] if wanted else None)
    if wanted:
        assert list(found.changes) == [wanted[0]]
        assert found.between == tuple(range(wanted[0] + 1, wanted[1]))


@given(lineages(), st.data())
def test_it_rose_above_all_it_came_from_and_nothing_before_it_did(told, data):
    parents, figures, enough = told
    version = data.draw(st.sampled_from(sorted(parents)))
    family = {version, *ancestors(parents, version)}
    found = found_in(parents, figures, enough, version)
    assert set(found.too_few) == {n for n in family if not enough[n]}
    if found.version is None:
        return
    assert found.version in family
    assert enough[found.version]
    assert found.changes
    assert all(figures[found.version] > figures[one] for one in found.changes)
    assert all(enough[one] and one in ancestors(parents, found.version) for one in found.changes)
    # An ancestor of what was found is no rise itself.
    for one in ancestors(parents, found.version):
        assert found_in(parents, figures, enough, one).version is None


@given(lineages(), st.data())
def test_circles_that_hands_drew_end(told, data):
    parents, figures, enough = told
    node = data.draw(st.sampled_from(sorted(parents)))
    circular = parents | {node: (*parents[node], max(parents))}
    asked = []
    found_in(circular, figures, enough, max(parents), asked)
    assert len(asked) <= 3 * len(parents) ** 2


def test_a_missing_parent_is_nobody_s():
    assert found_in({2: (1,), 3: (2,)}, {2: 1, 3: 2}, {2: True, 3: True}, 3).version == 3


@given(st.integers(5, 40), st.integers(5, 40), st.data())
def test_failures_are_what_is_left_of_successes(n, other_n, data):
    one, other = data.draw(st.integers(0, n)), data.draw(st.integers(0, other_n))
    before = Outcome(workflow="w", version=1, runs=n, completed=one, failed=n - one)
    after = Outcome(workflow="w", version=2, runs=other_n, completed=other, failed=other_n - other)
    success = success_change(before, after)
    failures = success.turned()
    assert failures.clear == success.clear
    assert abs((failures.difference or 0) + (success.difference or 0)) < 1e-9
    assert failures.low <= (failures.difference or 0) + 1e-9
    assert (failures.difference or 0) <= failures.high + 1e-9
