"""Definitions in colours: every character is there, none of them acts, and lines break where they fit."""

import pytest
from flightlog.core.diff import text_diff
from flightlog.core.text import cells, safe_text
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.workflows.diff_lines import Sides, diff_rows
from flightlog.tui.yaml_lines import COLOURED, wrapped_spans, yaml_lines
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = '# why\nname: triage\nlimit: 4\non: true\nprompt: |\n  Sort [/INST] them\nquoted: "x"\n'


def text_of(line):
    return "".join(text for text, _ in line)


def test_parts_of_yaml_have_their_inks():
    inks = {text: ink for line in yaml_lines(TEXT) for text, ink in line}
    assert (inks["# why"], inks["name"], inks["triage"], inks["4"], inks["true"]) == (
        "muted", "key", "text", "accent", "accent",
    )  # fmt: skip
    assert inks["Sort [/INST] them"] == "good"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120) | st.text("a:- \n'\"[]{}#|>&*!%@`\t\r\x1b\u202e\u2028", max_size=80))
def test_whatever_the_text_its_lines_are_the_safe_text(text):
    lines = yaml_lines(text)
    assert "\n".join(map(text_of, lines)) == safe_text(text, lines=True, limit=None)
    assert len(lines) == safe_text(text, lines=True, limit=None).count("\n") + 1
    assert all(part for line in lines for part, _ in line)


def test_a_huge_definition_is_shown_without_colours():
    lines = yaml_lines("a: 1\n" * COLOURED)
    assert len(lines) == COLOURED + 1
    assert lines[0] == [("a: 1", "text")]


@given(
    st.lists(st.tuples(st.text("ab 名é", min_size=1, max_size=30), st.sampled_from("xy")), max_size=5),
    st.integers(2, 30),
)
def test_a_broken_line_is_whole_and_fits(line, width):
    pieces = wrapped_spans(line, width)
    assert "".join(map(text_of, pieces)) == text_of(line)
    assert [(c, ink) for piece in pieces for part, ink in piece for c in part] == [
        (c, ink) for part, ink in line for c in part
    ]
    assert all(cells(text_of(piece)) <= width for piece in pieces)


def test_lines_break_behind_spaces():
    assert [text_of(piece) for piece in wrapped_spans([("one two three", "x")], 9)] == ["one two ", "three"]


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("width", [40, 76, 116])
def test_a_diff_fits_its_width_and_counts_its_differences(beside, width):
    before, after = TEXT, TEXT.replace("limit: 4", "limit: 8\nmore: \x1b[2J名前" + "長" * 90).replace("them", "you")
    sides = Sides(yaml_lines(before), yaml_lines(after))
    rows = diff_rows(text_diff(before, after), sides, width, UNICODE, beside=beside)
    assert [row.hunk for row in rows if row.hunk is not None] == [0, 1]
    assert all(cells(text_of(row.line)) <= width for row in rows)
    shown = "\n".join(text_of(row.line) for row in rows)
    assert "\x1b" not in shown and "limit: 4" in shown and "limit: 8" in shown
    inks = {ink for row in rows for _, ink in row.line}
    assert {"key.added", "key.removed", "bad.removed"} <= inks
