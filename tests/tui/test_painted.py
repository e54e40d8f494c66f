"""What goes to the terminal: the same stands there as if all had been written that Textual paints, and it is little."""

import re
from functools import partial

import pytest
from flightlog.tui.live.watching import osc9
from flightlog.tui.program.painted import Painted, turn
from hypothesis import given
from hypothesis import strategies as st
from screen_emulator import Emulator

COLUMNS, ROWS = 24, 5
STYLES = ["", "1", "2;3", "31", "38;2;9;8;7", "38;5;4;48;2;1;2;3", "1;38;2;9;8;7;48;2;1;2;3", "44", "91;104", "7"]
TEXTS = st.text("ab ─●0", min_size=1, max_size=8) | st.text("a中é👍\u0301", min_size=1, max_size=4)
RUNS = st.lists(st.tuples(st.sampled_from(STYLES), TEXTS), min_size=1, max_size=4)
PIECES = st.lists(st.tuples(st.integers(1, ROWS), st.integers(1, COLUMNS - 4), RUNS), max_size=6)
OTHERS = ["\x1b[2J", "\x1b[?2026h", "\a", "\x1b]52;c;YQ==\a", "\x1b]9;done\x1b\\", "\x1b[?1049h", "\x1b[1;1H\x1b[2J"]
OTHERS += [osc9("done", in_tmux=True), "\x1bPtmux;\x1b\x1b[2J\x1b\\"]


def rich(style: str, text: str) -> str:
    """A run as Rich writes it."""
    return f"\x1b[{style}m{text}\x1b[0m" if style else text


def frame(pieces, cursor=(1, 1)) -> str:
    """A frame as Textual writes it."""
    lines = [f"\x1b[{row};{column}H{''.join(rich(*run) for run in runs)}\n" for row, column, runs in pieces]
    return "".join(lines) + f"\x1b[{cursor[0]};{cursor[1]}H"


FRAMES = st.builds(frame, PIECES, st.tuples(st.integers(1, ROWS), st.integers(1, COLUMNS)))


WRITES = st.lists(FRAMES, min_size=1, max_size=5).flatmap(
    lambda few: st.lists(st.sampled_from(few + OTHERS), max_size=12)
)
"""The same frames come again, as on a screen."""


@given(WRITES)
def test_the_same_stands_on_the_terminal_as_if_all_had_been_written(writes):
    whole, spared, painted = Emulator(COLUMNS, ROWS), Emulator(COLUMNS, ROWS), Painted()
    for data in writes:
        whole.feed(data)
        spared.feed(painted.differing(data))
        assert spared.cells == whole.cells
        assert spared.cursor == whole.cursor


@given(st.sampled_from(STYLES), st.sampled_from(STYLES))
def test_one_look_becomes_another_as_if_none_had_been_before(before, after):
    short, long = Emulator(2, 1), Emulator(2, 1)
    short.feed(rich(before, "a")[:-4] + turn(before, after) + "b" if before else turn("", after) + "b")
    long.feed("a" + rich(after, "b"))
    assert short.cells[0][-1 if before else 0] == long.cells[0][1]


def test_what_stands_there_is_not_written_again():
    painted = Painted()
    line = (1, 1, [("1", "flightlog"), ("38;2;1;2;3", "  0.0s ago "), ("", "│")])
    other = (1, 1, [("1", "flightlog"), ("38;2;1;2;3", "  0.1s ago "), ("", "│")])
    assert painted.differing(frame([line])) == "\x1b[1;1H\x1b[1mflightlog\x1b[0;38;2;1;2;3m  0.0s ago \x1b[0m│\x1b[1;1H"
    assert painted.differing(frame([line])) == ""
    assert painted.differing(frame([line], (2, 2))) == "\x1b[2;2H"
    assert painted.differing(frame([other], (2, 2))) == "\x1b[1;10H\x1b[38;2;1;2;3m  0.1s ago \x1b[0m\x1b[2;2H"
    cleared = ("\x1b[?1049h", "\x1b[2J", "\x1bPtmux;\x1b\x1b[2J\x1b\\")
    for forget in (painted.forget, *(partial(painted.differing, data) for data in cleared)):
        forget()
        assert painted.differing(frame([other], (2, 2))).count("│") == 1
    for harmless in ("\x1b[?2026h", "\x1b[?2026l", "\a", "\x1b]52;c;YQ==\a", osc9("done"), osc9("done", in_tmux=True)):
        assert painted.differing(harmless) == harmless
        assert painted.differing(frame([other], (2, 2))) == ""


@pytest.mark.parametrize(
    "strange",
    [
        "\x1b[4:3mcurly\x1b[0m",
        "\x1b[4;58;2;1;2;3mcurly\x1b[0m",
        "\x1b]8;;x\x1b\\link\x1b]8;;\x1b\\",
        "\x1b[1mopen",
        "中",
    ],
)
def test_what_is_no_plain_run_is_written_as_it_is_and_what_lies_in_its_row_is_not_known_then(strange):
    painted = Painted()
    painted.differing(frame([(1, 10, [("", "known")])]))
    there = f"\x1b[1;1H{strange}\x1b[2;2H"
    assert painted.differing(there) == there == painted.differing(there)
    assert "known" in painted.differing(frame([(1, 10, [("", "known")])]))


def test_a_frame_that_is_left_open_is_written_as_it_is():
    painted = Painted()
    painted.differing(frame([(1, 1, [("", "known")])]))
    assert painted.differing("\x1b[1;1Hno cursor behind it") == "\x1b[1;1Hno cursor behind it"
    assert "known" in painted.differing(frame([(1, 1, [("", "known")])]))


def test_a_gap_is_stepped_over():
    painted = Painted()
    painted.differing(frame([(1, 1, [("31", "a"), ("32", "b" * 9), ("31", "c")])]))
    written = painted.differing(frame([(1, 1, [("31", "x"), ("32", "b" * 9), ("31", "y")])]))
    assert re.findall("[a-z]+", written.replace("m", "").replace("H", "")) == ["x", "y"]
