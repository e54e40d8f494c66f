"""Words that differ between two lines: what is not marked is the same on both sides."""

import itertools

from flightlog.core.diff import word_diff
from hypothesis import given
from hypothesis import strategies as st

lines = st.text(st.sampled_from("ab c:-é名"), max_size=30)


def without(text, places):
    at, kept = 0, ""
    for start, end in places:
        kept, at = kept + text[at:start], end
    return kept + text[at:]


@given(lines, lines)
def test_what_is_not_marked_is_the_same_but_for_blanks(before, after):
    gone, come = word_diff(before, after)
    for text, places in ((before, gone), (after, come)):
        assert all(0 <= start < end <= len(text) for start, end in places)
        assert all(end < start for (_, end), (start, _) in itertools.pairwise(places))
    if gone or come:
        assert "".join(without(before, gone).split()) == "".join(without(after, come).split())


@given(lines)
def test_a_line_does_not_differ_from_itself(line):
    assert word_diff(line, line) == ([], [])


def test_words_are_marked_whole_and_neighbours_together():
    gone, come = word_diff("model: gpt-4o mini", "model: gpt-5 mini")
    assert [
        ("model: gpt-4o mini"[a:b], "model: gpt-5 mini"[c:d]) for (a, b), (c, d) in zip(gone, come, strict=True)
    ] == [("4o", "5")]
    gone, come = word_diff("prompt: answer in one short word please", "prompt: answer in two long words please")
    assert ["prompt: answer in one short word please"[a:b] for a, b in gone] == ["one short word"]


def test_the_value_of_a_short_line_is_marked():
    gone, come = word_diff("  by: keywords", "  by: embedding")
    assert ["  by: keywords"[a:b] for a, b in gone] == ["keywords"]
    assert ["  by: embedding"[a:b] for a, b in come] == ["embedding"]


def test_lines_with_little_in_common_and_very_long_ones_are_left_alone():
    assert word_diff("limit: 4", "steps and nothing of it is the same") == ([], [])
    assert word_diff("a " * 5000, "b " * 5000) == ([], [])
