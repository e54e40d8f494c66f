"""What the one sanitiser promises: nothing that acts, reorders or hides reaches a terminal."""

import unicodedata

import pytest
from flightlog.core.text import LIMIT, Shown, cells, fit, fold, safe_text, words
from hypothesis import given
from hypothesis import strategies as st

NASTY = "\x00\x07\x08\t\n\r\x1b\x7f\x85\x9b\x9d\u00ad\u200b\u200d\u200e\u202e\u2028\u2066\u2069\ufeff\ufe0f\ud800\udfff"
hostile = st.text(
    st.one_of(
        st.sampled_from(NASTY + "⏎…❤👩🚀\U000e0041"),
        st.characters(min_codepoint=0, max_codepoint=0x10FFFF, categories=None),
        st.characters(categories=["Cs", "Cf", "Cc"]),
    )
)
FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(hostile, st.booleans(), st.one_of(st.none(), st.integers(1, 120)))
def test_what_is_shown_draws_nothing_but_characters(text, lines, limit):
    shown = safe_text(text, lines=lines, limit=limit)
    assert type(shown) is Shown
    found = {character for character in shown if unicodedata.category(character) in FORBIDDEN}
    assert found <= ({"\n"} if lines else set())
    shown.encode("utf-8")


@given(hostile, st.booleans(), st.one_of(st.none(), st.integers(1, 120)))
def test_showing_twice_changes_nothing(text, lines, limit):
    shown = safe_text(text, lines=lines, limit=limit)
    assert safe_text(shown, lines=lines, limit=limit) == shown


@given(hostile, st.integers(1, 120))
def test_a_limit_holds_also_when_escapes_make_text_longer(text, limit):
    shown = safe_text(text, limit=limit)
    assert len(shown) <= limit
    if len(text) > limit:
        assert "…" in shown


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0")))
def test_plain_text_is_left_alone(text):
    assert safe_text(text) == text


def test_every_character_that_acts_or_hides_is_drawn():
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in FORBIDDEN:
            assert safe_text(f"a{character}b") not in (f"a{character}b", "ab"), hex(code)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b]52;c;UFdORUQ=\x07", "␛]52;c;UFdORUQ=␇"),
        ("\x9d0;title\x9c", "\\x9d0;title\\x9c"),
        ("pay\u202egnp.exe", "pay\\u202egnp.exe"),
        ("a\u200bb", "a\\u200bb"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("a\tb", "a    b"),
        ("a\r\nb\rc\n", "a⏎b␍c⏎"),
        ("👩\u200d🚀 ❤\ufe0f", "👩🚀 ❤"),
        ("a\u200db\ufe0f", "a\\u200db\\ufe0f"),
        ("[@click=app.bell()]x[/]", "[@click=app.bell()]x[/]"),
    ],
)
def test_how_it_is_drawn(raw, shown):
    assert safe_text(raw) == shown


def test_lines_stay_lines_when_asked():
    assert safe_text("a\r\nb\n\x0bc⏎", lines=True) == "a\nb\n␋c⏎"


def test_overlong_text_says_how_long_it_is():
    shown = safe_text("x" * 1_000_000)
    assert len(shown) <= LIMIT
    assert shown.endswith("… [1,000,000 characters]")
    assert safe_text("x" * 100_000, limit=None) == "x" * 100_000


@given(hostile, st.integers(0, 40))
def test_fitted_text_has_exactly_the_width(text, width):
    assert cells(fit(safe_text(text), width)) == width


def test_width_is_what_the_screen_library_measures():
    from rich.cells import cell_len

    for text in ["plain", "é", "e\u0301", "한국", "ｱ", "👍🏽", "🇩🇪", "क्षि", "…", "⏎␛", "\u1100\u1161", "𝕏", "🫠"]:
        assert cells(text) == cell_len(text), text


@given(st.text(), st.text())
def test_a_folded_part_is_found_in_the_words(a, b):
    assert fold(a) in words(b, a)


@given(hostile)
def test_folding_twice_changes_nothing_and_every_engine_can_store_it(text):
    folded = fold(text)
    assert fold(folded) == folded
    assert "\0" not in folded
    folded.encode("utf-8")


def test_folding_forgets_case_composition_and_white_space():
    assert fold("Straße\u00a0 É\n") == fold("STRASSE e\u0301") == "strasse é"


def test_a_phrase_does_not_reach_from_one_part_into_the_next():
    assert fold("one two") not in words("one", "two")
    assert fold("one two") in words("one\ntwo")
