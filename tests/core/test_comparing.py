"""Runs beside each other: every step once, in order, whichever run is named first; what is judged, and what is not."""

from flightlog.core.comparing.aligning import align
from flightlog.core.comparing.measures import Measure, better, run_measures
from flightlog.core.comparing.steps import aligned_steps
from flightlog.core.comparing.values import AT_MOST, places
from flightlog.core.costs import Money, Tokens
from flightlog.core.diff import same
from flightlog.core.runs import Run, Step
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

KEYS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "tool"])), max_size=12)


def steps(*names: str, run: str = "r", inside: str | None = None, **facts: object) -> list[Step]:
    made = {"status": "completed", "kind": "", "parent": inside, **facts}
    return [Step(run=run, id=f"{inside or ''}{n}-{name}", name=name, **made) for n, name in enumerate(names)]


def words(lists: list[str]) -> list[tuple[str, ...]]:
    """Rows of the letters of some words."""
    found = align([[(letter,) for letter in word] for word in lists])
    return [tuple("-" if n is None else word[n] for n, word in zip(row, lists, strict=True)) for row in found]


@given(st.lists(KEYS, min_size=1, max_size=5))
def test_every_element_stands_in_one_row_and_every_list_keeps_its_order(lists):
    rows = align(lists)
    for column, keys in enumerate(lists):
        assert [row[column] for row in rows if row[column] is not None] == list(range(len(keys)))
    for row in rows:
        names = {lists[column][n][0] for column, n in enumerate(row) if n is not None}
        assert len(names) == 1


@given(st.lists(KEYS, min_size=2, max_size=5), st.randoms())
def test_it_makes_no_difference_which_list_is_named_first(lists, dice):
    order = list(range(len(lists)))
    dice.shuffle(order)
    rows = align(lists)
    assert align([lists[n] for n in order]) == [tuple(row[n] for n in order) for row in rows]


@given(KEYS)
def test_a_list_belongs_to_itself(keys):
    assert align([keys, keys]) == [(n, n) for n in range(len(keys))]


@given(st.text("abcd", max_size=14), st.integers(0, 14), st.text("xyz", max_size=4))
def test_what_was_put_in_is_all_that_is_left_over(word, at, extra):
    rows = words([word, word[:at] + extra + word[at:]])
    assert "".join(b for a, b in rows if a == "-") == extra
    assert not [a for a, b in rows if b == "-"]


def test_what_repeats_finds_its_turn_and_a_kind_that_changed_keeps_its_name():
    assert words(["ABAB", "ABABAB"]) == [("A", "A"), ("B", "B"), ("A", "A"), ("B", "B"), ("-", "A"), ("-", "B")]
    assert align([[("a", "tool"), ("b", "")], [("a", "agent"), ("b", "")]]) == [(0, 0), (1, 1)]
    assert align([[("a", "x"), ("a", "y")], [("a", "y")]]) == [(0, None), (1, 0)]


class Counted(str):
    """A name that counts how often it is looked at."""

    looks = 0

    def __hash__(self) -> int:
        Counted.looks += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        Counted.looks += 1
        return super().__eq__(other)


def test_ten_thousand_steps_that_all_look_alike_cost_no_square():
    one = [(Counted("plan" if n % 3 else "fetch"), "") for n in range(10_000)]
    other = [(Counted("fetch" if n % 5 else "plan"), "") for n in range(10_000)]
    rows = align([one, other])
    assert sum(None not in row for row in rows) > 4_000
    assert Counted.looks < 100 * 20_000  # a square would be a hundred million


@settings(max_examples=60)
@given(st.lists(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 6)), max_size=8), min_size=2, max_size=4))
def test_steps_within_others_stand_once_each_below_what_they_lie_in(shapes):
    runs = []
    for run, shape in enumerate(shapes):
        made: list[Step] = []
        for n, (name, parent) in enumerate(shape):
            inside = made[parent % n].id if n and parent else None
            made.append(Step(run=str(run), id=f"{n}", name=name, status="completed", parent=inside))
        runs.append(made)
    rows = aligned_steps(runs)
    for column, made in enumerate(runs):
        there = [row.steps[column] for row in rows if row.steps[column] is not None]
        assert sorted(step.id for step in there) == sorted(step.id for step in made)
        places = {step.id: n for n, step in enumerate(there)}
        assert all(places[step.parent] < places[step.id] for step in made if step.parent)
    assert len({row.key for row in rows}) == len(rows)


def test_a_row_says_in_what_its_steps_differ():
    one = steps("plan", "search") + steps("fetch", "fetch", inside="1-search")
    other = steps("plan", "rank", status="failed", error="no")
    rows = aligned_steps([one, other])
    assert [(row.depth, row.name, row.standing, row.differences) for row in rows] == [
        (0, "plan", "differs", ("status", "error")),
        (0, "rank", "only", ()),
        (0, "search", "only", ()),
        (1, "fetch", "only", ()),
        (1, "fetch", "only", ()),
    ]
    assert aligned_steps([one, one])[0].standing == "same"


JSON = st.recursive(
    st.none() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, min_size=2, max_size=4))
def test_values_differ_where_they_are_told_to_and_nowhere_else(values):
    found = list(places(values))
    assert any(not place.same for place in found) is any(not same(values[0], value) for value in values)
    for place in found:
        there = [value for value in place.values if value is not UNSET]
        assert place.same is (len(there) in (0, len(values)) and all(same(there[0], value) for value in there))


def test_values_are_told_by_path_and_not_without_end():
    one, other = {"a": {"b": [1, 2, 9], "c": 1}}, {"a": {"b": [1, 3, 9], "c": 1}, "new": True}
    found = {place.path: place.values for place in places([one, other]) if not place.same}
    assert found == {("a", "b", 1): (2, 3), ("new",): (UNSET, True)}
    assert len(list(places([{str(n): n for n in range(9999)}, {}]))) == AT_MOST


def test_what_the_shortest_list_lacks_is_told_together_where_it_is_much():
    short, middle, long = [0, 1, "end"], [0, 2, 3, "end"], [0, 2, *range(3, 5000), "end"]
    found = {place.path: place.values for place in places([{"a": short, "b": 1}, {"a": middle, "b": 2}])}
    assert found == {("a", 1): (1, 2), ("a", 2): (UNSET, 3), ("b",): (1, 2)}
    found = {place.path: place.values for place in places([{"a": short, "b": 1}, {"a": long, "b": 2}, {"b": 3}])}
    assert found == {("a", 1): (1, 2, UNSET), ("a", "2…4998"): (UNSET, long[2:-1], UNSET), ("b",): (1, 2, 3)}
    found = {place.path: place.values for place in places([short, middle, long])}
    assert found == {(1,): (1, 2, 2), ("2…4998",): (UNSET, [3], long[2:-1])}


def test_best_and_worst_are_only_told_where_the_way_is_known_and_the_number_is_the_last_word():
    runs = [
        Run(
            id="a",
            workflow="w",
            status="completed",
            tokens=Tokens(input=9),
            money=Money(recorded_nanousd=5, recorded=1),
        ),
        Run(
            id="b", workflow="w", status="running", tokens=Tokens(input=3), money=Money(recorded_nanousd=1, recorded=1)
        ),
        Run(id="c", workflow="w", status="completed", errors=2, money=Money(recorded_nanousd=7, recorded=1, unknown=1)),
        Run(id="d", workflow="w", status="completed", errors=2, money=Money(recorded_nanousd=8, recorded=1)),
    ]
    measures = {
        one.name: one
        for one in run_measures(runs, [10.0, 1.0, 30.0, 20.0], [{"score": 0.5, "n": 1}, {}, {"score": 0.7, "n": 2}, {}])
    }
    assert (measures["duration"].best, measures["duration"].worst) == ({0}, {2})  # the second still runs
    assert (measures["cost"].best, measures["cost"].worst) == ({0}, {3})  # the third may cost more
    assert (measures["errors"].best, measures["errors"].worst) == ({0}, {2, 3})
    assert (measures["score"].best, measures["score"].worst) == ({2}, {0})
    assert not measures["n"].best and not measures["n"].worst
    assert measures["duration"].change(2, 0) == 20.0 and measures["score"].change(1, 0) is None
    assert not Measure("x", "count", "less", (1.0, 1.0), (True, True)).best


def test_what_broke_off_is_not_the_best_for_that():
    runs = [
        Run(id=str(n), workflow="w", status=status) for n, status in enumerate(("completed", "failed", "completed"))
    ]
    assert run_measures(runs, [20.0, 1.0, 30.0], [{}] * 3)[0].best == {0}
    assert run_measures(runs[:2], [20.0, 1.0], [{}] * 2)[0].best == frozenset()
    assert run_measures(runs[1:2] * 2, [20.0, 1.0], [{}] * 2)[0].best == {1}


def test_the_name_of_a_number_may_tell_which_way_is_better():
    told = {name: better(name) for name in ("rankScore", "tool_errors", "eval/loss", "speed", "score_error", "F1")}
    assert told == {
        "rankScore": "more",
        "tool_errors": "less",
        "eval/loss": "less",
        "speed": "",
        "score_error": "",
        "F1": "more",
    }
