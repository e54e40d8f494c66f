"""Edits between two texts: they always make the one of the other, and are few where little changed."""

import random

import pytest
from flightlog.core.edits import apply_edits, edits_between
from hypothesis import given
from hypothesis import strategies as st

MUCH = 1 << 30

pieces = st.lists(st.sampled_from(["a", "ä", "→", "🙂", "ab" * 20, "ü" * 40, '{"x":1},', "🙂" * 33]), max_size=12)
texts = pieces.map("".join)


@st.composite
def pairs(draw):
    """A text, and what became of it by some replacements at any place."""
    old = draw(texts | st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
    new = old
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(new)))
        end = draw(st.integers(at, len(new)))
        new = new[:at] + draw(texts) + new[end:]
    return old.encode(), new.encode()


@given(pairs())
def test_edits_make_the_new_text_of_the_old_one(pair):
    old, new = pair
    edits = edits_between(old, new, MUCH)
    assert apply_edits(old, edits) == new
    assert bool(edits) == (old != new)


def words(seed: int, count: int) -> bytes:
    choose = random.Random(seed)
    return b" ".join(b"%x" % choose.getrandbits(28) for _ in range(count))


def size(edits) -> int:
    return sum(len(text.encode()) for _, _, text in edits)


def test_scattered_changes_cost_what_was_changed():
    old = words(1, 200_000)
    new = bytearray(old)
    for n in range(40):
        new[n * 30_000 : n * 30_000 + 500] = words(n + 2, 60)
    edits = edits_between(old, bytes(new), MUCH)
    assert apply_edits(old, edits) == new
    assert len(edits) <= 80
    assert size(edits) < 40 * 700


@pytest.mark.parametrize("length", [10, 1_000, 60_000])
def test_what_was_put_in_or_taken_out_anywhere_is_one_edit(length):
    old, more = words(1, 40_000), words(2, length)[:length]
    for at in (0, 100_000, len(old)):
        new = old[:at] + more + old[at:]
        ((place, removed, text),) = edits_between(old, new, MUCH)
        assert (removed, len(text)) == (0, length)
        assert abs(place - at) < 40
        ((place, removed, text),) = edits_between(new, old, MUCH)
        assert (removed, text) == (length, "")


def test_a_window_that_slides_is_two_edits():
    old = words(1, 50_000)
    new = old[3_000:] + words(2, 200)
    edits = edits_between(old, new, MUCH)
    assert apply_edits(old, edits) == new
    assert len(edits) == 2


def test_more_than_is_worth_it_is_refused():
    old, new = words(1, 20_000), words(2, 20_000)
    assert edits_between(old, new, len(new) // 2) is None
    assert edits_between(old, old[:-50] + new[:50], 40) is None


@pytest.mark.parametrize(
    "edits", [[(4, 0, "x")], [(0, 4, "")], [(2, 0, "a"), (1, 0, "b")], [(-1, 0, "")], [(1, -1, "")]]
)
def test_edits_that_do_not_fit_are_refused(edits):
    with pytest.raises(ValueError, match="does not fit"):
        apply_edits(b"abc", edits)
