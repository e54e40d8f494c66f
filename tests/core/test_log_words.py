"""What a word is, and what a search asks for."""

import pytest
from flightlog.core.log_words import LONGEST, SEARCHED, in_line, phrase, wanted, words_in
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Retry 3: request_id=ab-12", ["retry", "3", "request", "id", "ab", "12"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("a\u0301 \xe1", ["\xe1", "\xe1"]),
        ("東京tower", ["東", "京", "tower"]),
        ("=> \x1b[0m 🔥", ["0m"]),
        ("\ud800x\0y", ["x", "y"]),
        ("z" * 100, ["z" * LONGEST]),
        ("a " * SEARCHED + "end", ["a"] * (SEARCHED // 2)),
    ],
)
def test_words(text, words):
    assert words_in(text) == words


@pytest.mark.parametrize(
    ("text", "message", "is_found"),
    [
        ("", "anything", True),
        ("timeout", "A TIMEOUT came", True),
        ("time", "a timeout came", False),
        ("time*", "a timeout came", True),
        ("came timeout", "a timeout came", True),
        ('"came timeout"', "a timeout came", False),
        ('"timeout came"', "a time-out; timeout, came", True),
        ('"a time"*', "a timeout came", True),
        ("ab-12", "id ab-12 is gone", True),
        ("ab-12", "12 ab", False),
        ("=>", "a => b", True),
        ("=>", "a = b", False),
        ("京", "東京", True),
        ("z" * 90, "z" * 70, True),
    ],
)
def test_what_is_found(text, message, is_found):
    assert wanted(text).accepts(message) is is_found


def test_behind_log_stands_one_phrase():
    assert phrase("retry 1").accepts("Retry 1 of 3")
    assert not phrase("retry 1").accepts("1 retry")
    assert phrase("retry 1*").accepts("retry 12")


@given(st.text(max_size=80))
def test_words_are_what_every_engine_can_keep(text):
    words = words_in(text)
    assert words_in(" ".join(words)) == words
    assert in_line(text).split() == words
    for word in words:
        assert not set(word) & set("'\"\\* \0") and word.encode()
        assert phrase(word).accepts(text) and wanted(word).accepts(text)
    assert phrase(text).accepts(text)
