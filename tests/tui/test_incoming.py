"""What a terminal sends: a paste presses no key, bytes that are no text end nothing, and nothing is held back."""

import pytest
from flightlog.tui.program.incoming import END, START, Incoming
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

KEYS = ["j", "é", "\x1b", "\x1b[A", "\r", "\x1b[<0;3;4M", "\x1b[20"]
PASTED = [
    "\x1b",
    "\x1b[A",
    "\x1bDy\r",
    "[201~",
    "\x1b[20",
    "a b",
    "日本\n",
    "\t",
    "\r",
    "\x9b3~",
    "\u202e",
    START,
    "\x07",
]


def typed(pieces):
    incoming = Incoming()
    return [incoming.text(piece) for piece in pieces]


def cut(data, places):
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(st.lists(st.sampled_from(PASTED)), st.lists(st.sampled_from(KEYS)), st.lists(st.integers(0, 200), max_size=6))
def test_what_is_pasted_is_one_paste_wherever_what_came_was_cut(pasted, keys, places):
    before, inside = "".join(keys), "".join(pasted)
    data = f"j{START}{inside}{END}{before}j".encode()
    found = "".join(typed(cut(data, places)))
    # Outside all is as it came; inside nothing begins an order.
    assert found.startswith("j" + START) and found.endswith(END + before + "j")
    kept = found[len("j" + START) : len(found) - len(END + before + "j")]
    assert not any(sign in kept for sign in "\x1b\x9b\x07\u202e")
    assert [sign for sign in kept if sign in "日本\n\t\r ab"] == [sign for sign in inside if sign in "日本\n\t\r ab"]


@pytest.mark.parametrize(
    "inside", ["\x1b[A", "\x1bDy\r", "one\ntwo\x1b[31m red\x1b]0;x\x07\r\nthree", "\x1b" * 40 + "y\r"]
)
def test_a_paste_is_never_taken_for_keys(inside):
    # Behind a paste comes something: only then Textual hands it on.
    found = list(XTermParser().feed(Incoming().text(f"{START}{inside}{END}\x1b[A".encode())))
    assert [type(one) for one in found] == [events.Paste, events.Key]
    assert found[1].key == "up"


def test_keys_are_handed_on_as_they_come():
    assert typed([b"\x1b", b"[", b"A", b"\x1b[2"]) == ["\x1b", "[", "A", "\x1b[2"]
    assert typed([b"j\x1b[200~ab\x1b[20", b"1~k"]) == ["j\x1b[200~ab", "\x1b[201~k"]


def test_bytes_that_are_no_text_are_signs_of_their_own():
    assert typed([b"\xe9", b"\xc3", b"\xa9", b"\xffj"]) == ["", "\ufffd", "é", "\ufffdj"]
