"""Markdown of messages as lines: what it means in inks, nothing dropped but marks, hostile text too."""

import pytest
from flightlog.core.text import safe_text
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.lines import Line, width_of
from flightlog.tui.parts.prose import LONG, MEASURE, marked, prose, verbatim

TEXT = """# The mistake

It is in `RunList.apply`, **not** in *the window*; see [the guide](https://example.org/g).

1. first, a line that is long enough to be wrapped where there are only forty cells
- an item
  - one below

> said before

| file | line |
|------|-----:|
| `run_list.py` | 212 |

```diff
-    old = *this* is no mark
+    new
```
---
the end"""


def shown(text: str, width: int = 90) -> list[Line]:
    return [piece.line for piece in prose(safe_text(text, lines=True, limit=None), width, UNICODE)]


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def inks(lines: list[Line]) -> dict[str, str]:
    return {text.strip(): ink for line in lines for text, ink in line if text.strip()}


def test_what_marks_mean_is_said_in_inks_and_the_marks_are_not():
    lines, by = texts(shown(TEXT)), inks(shown(TEXT))
    assert lines[0] == "The mistake" and by["The mistake"] == "title"
    assert lines[2] == "It is in RunList.apply, not in the window; see the guide (https://example.org/g)."
    assert (by["RunList.apply"], by["not"], by["the window"]) == ("key", "strong", "strong")
    assert "· an item" in lines and "  · one below" in lines
    assert "│ said before" in lines
    assert by["-    old = *this* is no mark"] == "bad" and by["+    new"] == "good"
    assert lines[-2] == "─" * 90 and lines[-1] == "the end"


def test_a_table_has_columns_where_it_fits_and_is_as_it_was_written_where_not():
    lines = texts(shown(TEXT))
    at = lines.index("file         line")
    assert lines[at + 1] == "─" * 17
    assert lines[at + 2] == "run_list.py  212"
    wide = f"| a | {'wide ' * 10}|\n|---|---|\n| `b` | c |"
    assert texts(shown(wide))[2] == "b  c" and texts(shown(wide, 40))[-1] == "| `b` | c |"


def test_what_is_wrapped_is_indented_as_far_as_its_item_and_prose_has_a_measure():
    lines = texts(shown(TEXT, 40))
    at = next(n for n, line in enumerate(lines) if line.startswith("1. first"))
    assert lines[at + 1].startswith("   ") and lines[at + 1][3] != " "
    assert max(map(width_of, shown(TEXT * 3, 40))) <= 40
    long = "word " * 100
    assert max(map(width_of, shown(long, 230))) <= MEASURE
    assert max(map(width_of, shown(f"```\n{long}\n```", 230))) > MEASURE


@pytest.mark.parametrize("text", ["2 * 3 * 4", "*args, **kwargs", "a_b_c", "#tag", "-5", "a | b", "[x] y", "` alone"])
def test_what_is_no_markdown_stays_as_it_was_written(text):
    assert texts(shown(text)) == [text]
    assert [piece.line for piece in verbatim(f"# {text}", 80)] == [[(f"# {text}", "text")]]


def test_no_word_is_dropped():
    kept = " ".join(" ".join(texts(shown(TEXT, 60))).split())
    for word in ("first,", "below", "said", "212", "old", "new", "https://example.org/g"):
        assert word in kept
    assert marked("**bold** and `code`") == [("bold", "strong"), (" and ", "text"), ("code", "key")]


@pytest.mark.parametrize("hostile", ["**a ", "[a", "`", "* a", "|-", "> ", "\t", " ", "~~~", "*a"])
def test_hostile_text_is_drawn_however_long(hostile):
    """Each would take minutes if a mark were looked for through all of it."""
    lines = shown("\n".join([hostile * 30_000, hostile * (LONG // len(hostile) - 1), "end"]), 20)
    assert max(map(width_of, lines)) <= 20
    assert texts(lines)[-1].strip("│ ") == "end"


def test_the_beginning_of_a_long_text_costs_no_more_than_that_of_a_short_one(monkeypatch):
    from flightlog.tui.parts import prose as module

    wrapped: list[Line] = []
    real = module.wrapped_spans
    monkeypatch.setattr(module, "wrapped_spans", lambda line, width: wrapped.append(line) or real(line, width))
    pieces = prose("\n".join(f"line {n}" for n in range(10_000)), 80, UNICODE)
    assert [next(pieces).told for _ in range(3)] == [1, 2, 3]
    assert len(wrapped) == 3
