"""Differences of JSON by path and of text by line: applied to the old, they give the new."""

import copy

import hypothesis.strategies as st
import msgspec
import pytest
from flightlog.core import diff
from flightlog.core.diff import ALIGNED, Change, hunks, json_diff, same, side_by_side, text_diff
from hypothesis import given, settings

SCALAR = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 0.5]) | st.text("ab", max_size=3)
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
)


def applied(value, changes):
    """The value after the changes: removals from the end of lists first, additions from their beginning."""
    box = [copy.deepcopy(value)]

    def parent(path):
        here = box
        for part in (0, *path)[:-1]:
            here = here[part]
        return here, (0, *path)[-1]

    for change in changes:
        if change.kind in ("changed", "appended"):
            holder, key = parent(change.path)
            holder[key] = holder[key] + change.after if change.kind == "appended" else change.after
    for change in reversed(changes):
        if change.kind == "removed":
            holder, key = parent(change.path)
            del holder[key]
    for change in changes:
        if change.kind == "added":
            holder, key = parent(change.path)
            if isinstance(holder, list):
                holder.insert(key, change.after)
            else:
                holder[key] = change.after
    return box[0]


@settings(max_examples=300)
@given(before=JSON, after=JSON)
def test_a_diff_applied_gives_the_new_value(before, after):
    changes = json_diff(before, after)
    assert same(applied(before, changes), after)
    assert (changes == []) == same(before, after)


@given(value=JSON)
def test_a_value_does_not_differ_from_itself(value):
    again = msgspec.json.decode(msgspec.json.encode(value))
    assert same(value, again)
    assert json_diff(value, again) == []


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, 1.0), ("1", 1), (None, False), ([1], [True])])
def test_values_that_python_takes_for_equal_are_told_apart(before, after):
    assert not same(before, after)
    assert len(json_diff(before, after)) == 1


def test_the_order_of_keys_makes_no_difference():
    assert same([{"a": 1, "b": {"c": 2, "d": 3}}], [{"b": {"d": 3, "c": 2}, "a": 1}])


def test_what_only_grew_is_told_by_what_was_added():
    state = {"messages": [{"n": 1}], "text": "ab"}
    grown = {"messages": [{"n": 1}, {"n": 2}, 3], "text": "abc"}
    assert json_diff(state, grown) == [
        Change(path=("messages",), kind="appended", before=[{"n": 1}], after=[{"n": 2}, 3]),
        Change(path=("text",), kind="appended", before="ab", after="c"),
    ]


def test_a_change_deep_inside_is_told_by_its_path():
    before = {"plan": [{"id": 1}, {"id": 2, "done": False}, {"id": 3}]}
    after = {"plan": [{"id": 1}, {"id": 2, "done": True}, {"id": 3}]}
    assert json_diff(before, after) == [Change(path=("plan", 1, "done"), kind="changed", before=False, after=True)]


def test_what_was_put_before_the_rest_moves_nothing():
    assert json_diff([1, 2, 3], [0, 1, 2, 3]) == [Change(path=(0,), kind="added", after=0)]
    assert json_diff([0, 1, 2, 3], [1, 2, 3]) == [Change(path=(0,), kind="removed", before=0)]


def test_deep_values_are_compared_all_the_same():
    before, after = 1, 2
    for _ in range(400):
        before, after = {"in": before}, {"in": after}
    (change,) = json_diff(before, after)
    assert len(change.path) == 400


# --- text ------------------------------------------------------------------------------------------

TEXT = st.lists(st.sampled_from(["a", "b", "", "c d"]), max_size=12).map("\n".join)


@given(before=TEXT, after=TEXT)
def test_a_text_diff_holds_both_texts(before, after):
    lines = text_diff(before, after, context=None)
    assert "\n".join(line.text for line in lines if line.kind != "added") == before
    assert "\n".join(line.text for line in lines if line.kind != "removed") == after
    assert [line.before for line in lines if line.before] == list(range(1, before.count("\n") + 2))
    assert [line.after for line in lines if line.after] == list(range(1, after.count("\n") + 2))


def test_context_leaves_out_what_is_far_from_a_difference():
    before = "\n".join(str(number) for number in range(100))
    after = before.replace("50", "fifty")
    lines = text_diff(before, after, context=2)
    assert [(line.kind, line.text) for line in lines] == [
        ("same", "48"),
        ("same", "49"),
        ("removed", "50"),
        ("added", "fifty"),
        ("same", "51"),
        ("same", "52"),
    ]
    assert text_diff(before, before) == []


@settings(max_examples=60)
@given(before=TEXT, after=TEXT, context=st.integers(0, 4))
def test_hunks_hold_every_line_and_have_no_gaps(before, after, context):
    lines = text_diff(before, after, context=context)
    pieces = hunks(lines)
    assert [line for piece in pieces for line in piece] == lines
    for piece in pieces:
        for numbers in ([line.before for line in piece if line.before], [line.after for line in piece if line.after]):
            assert not numbers or numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(hunks(text_diff(before, after, context=None))) == 1


@settings(max_examples=60)
@given(before=TEXT, after=TEXT)
def test_side_by_side_both_texts_stand_in_their_columns(before, after):
    rows = side_by_side(text_diff(before, after, context=None))
    assert "\n".join(left.text for left, _ in rows if left) == before
    assert "\n".join(right.text for _, right in rows if right) == after
    assert all(left is right or left is None or left.kind == "removed" for left, right in rows)


def test_what_was_changed_stands_beside_what_it_was():
    ((left, right),) = side_by_side(text_diff("a: 1", "a: 2"))
    assert (left.text, right.text) == ("a: 1", "a: 2")


def test_a_diff_of_very_different_texts_is_quick_and_whole():
    before = "\n".join(f"a{n % 50}" for n in range(ALIGNED + 100))
    after = "\n".join(f"b{n % 60}" for n in range(ALIGNED + 100))
    lines = text_diff(f"same\n{before}\nend", f"same\n{after}\nend")
    assert [line.text for line in lines if line.kind == "same"] == ["same", "end"]
    assert len(lines) == 2 * (ALIGNED + 100) + 2


UNLIKE = st.lists(st.integers(0, 30).map(str), max_size=30).map("\n".join)


@given(before=UNLIKE, after=UNLIKE, aligned=st.integers(0, 4))
def test_a_diff_of_long_texts_holds_both(before, after, aligned):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(diff, "ALIGNED", aligned)
        lines = text_diff(before, after, context=None)
        assert text_diff(before, before) == []
    assert "\n".join(line.text for line in lines if line.kind != "added") == before
    assert "\n".join(line.text for line in lines if line.kind != "removed") == after
    assert [line.before for line in lines if line.before] == list(range(1, before.count("\n") + 2))
    assert [line.after for line in lines if line.after] == list(range(1, after.count("\n") + 2))


def test_of_long_texts_the_lines_that_differ_are_told():
    before = [line for n in range(3 * ALIGNED) for line in (f"line {n}", "}")]
    after = [*before]
    after[7], after[4 * ALIGNED] = "inserted\nhere", "another"
    lines = text_diff("\n".join(before), "\n".join([*after, "more"]), context=0)
    assert [(line.kind, line.text) for line in lines] == [
        ("removed", "}"),
        ("added", "inserted"),
        ("added", "here"),
        ("removed", f"line {2 * ALIGNED}"),
        ("added", "another"),
        ("added", "more"),
    ]
