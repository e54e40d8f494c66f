"""One table of keys: whole, without clashes, and written as people read it."""

import re
from collections import Counter
from pathlib import Path

import pytest
from flightlog.tui import keys


def test_ids_are_unique_and_share_the_name_of_their_place():
    ids = [key.id for place in keys.PLACES for key in place.keys]
    assert max(Counter(ids).values()) == 1
    assert all(len({key.id.partition(".")[0] for key in place.keys}) == 1 for place in keys.PLACES)


def test_no_key_means_two_things_where_it_is_pressed():
    # The innermost place wins, so that only a place's own list and the moves beside it can clash.
    for place in ("app", "runs", "workflows", "version", "diff", "costs", "space", "compare"):
        rows = (*keys.place(place).keys, *keys.place("moves").keys, *keys.place("place").keys)
        pressed = [name for row in rows for name in row.keys.split(",")]
        assert {name: n for name, n in Counter(pressed).items() if n > 1} == {}


@pytest.mark.parametrize("tab", ["plan", "archive"])
def test_no_key_of_a_tab_of_retention_means_two_things(tab):
    rows = (*keys.place(tab).keys, *keys.place("retention").keys, *keys.place("moves").keys, *keys.place("place").keys)
    pressed = [name for row in rows for name in row.keys.split(",")]
    assert {name: n for name, n in Counter(pressed).items() if n > 1} == {}


def test_every_row_tells_what_it_does():
    assert all(key.help and key.label and key.action for place in keys.PLACES for key in place.keys)


def test_every_word_of_the_bottom_line_is_known_to_somebody():
    rooms = Path(keys.__file__).parents[1]
    known = {name for file in rooms.rglob("*.py") for name in re.findall(r"def when_(\w+)", file.read_text("utf-8"))}
    words = {key.footer for place in keys.PLACES for key in place.keys if isinstance(key.footer, str)}
    assert words == known


def test_every_key_that_has_words_for_its_other_state_is_in_it_somewhere():
    rooms = Path(keys.__file__).parents[1]
    known = {name for file in rooms.rglob("*.py") for name in re.findall(r"def other_(\w+)", file.read_text("utf-8"))}
    rows = [key for place in keys.PLACES for key in place.keys if key.other]
    assert {key.action.partition("(")[0] for key in rows} == known
    assert all(key.footer for key in rows)


def test_a_read_only_store_is_offered_no_change():
    assert not any(key.changes for key in keys.offered(("runs",), read_only=True))
    assert any(key.changes for key in keys.offered(("runs",), read_only=False))


def test_keys_are_written_as_people_read_them():
    assert keys.shown("ctrl+p") == "^p"
    assert keys.shown("question_mark") == "?"
    assert keys.all_shown(keys.place("moves").keys[0]) == "j down"


def test_bindings_carry_the_table_s_ids():
    assert [binding.id for binding in keys.bindings("moves", "runs")] == [
        row.id for row in (*keys.place("moves").keys, *keys.place("runs").keys)
    ]
