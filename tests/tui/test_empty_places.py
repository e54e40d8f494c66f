"""What stands where nothing is: it fits the smallest usual terminal, and what is only read teaches no recording."""

import pytest
from flightlog.tui.facts import Lesson, teach
from flightlog.tui.lines import flowing, one_line, width_of
from flightlog.tui.widgets.empty import no_costs, no_space, no_workflows, nothing_live, nothing_yet
from little_store import make_run
from recorded import NASTY

INSIDE = 78
"""Cells between the frame's sides at 80 columns."""
LONG = "/home/somebody/a/long/way/to/where/agents/write/" + "their-runs/" * 6 + "data"


def texts(lines):
    return ["".join(text for text, _ in line) for line in lines]


@pytest.mark.parametrize("place", [nothing_yet, no_workflows, no_costs, no_space, lambda name: nothing_live()])
@pytest.mark.parametrize("name", ["./data", LONG, NASTY])
def test_an_empty_place_fits_80_columns_and_gives_the_path_whole(place, name):
    lines = place(name)
    assert max(map(width_of, lines)) <= INSIDE
    told = texts(lines)
    assert all(text.isprintable() for text in told)
    code = [text for text in told if text.strip().startswith(("data = ", '"'))]
    if code:
        assert "".join(piece.split('"')[1] for piece in code) == one_line(name, 400)


def test_a_path_on_two_lines_is_still_python():
    code = "\n".join(text[2:] for text in texts(nothing_yet(LONG)) if text.startswith("  data") or '"/' in text[:20])
    assert code.startswith("data = (")
    code = "\n".join(text[2:] for text in texts(nothing_yet(LONG))[4:7])
    found = {}
    exec(code, found)  # of this test's own making
    assert found["data"] == LONG


def test_of_what_lies_elsewhere_an_empty_tab_says_what_is_not_told_there():
    lesson = Lesson("No messages yet", "A message is what one agent said.", "run.message('a', 'b', 'c')", "messages")
    own = "\n".join(texts(node.line(80) for node in teach(lesson, make_run(0))))
    assert "No messages yet" in own and "run.message" in own
    foreign = "\n".join(texts(node.line(80) for node in teach(lesson, make_run(0, source="langgraph"))))
    assert "langgraph tells of no messages" in foreign and "run.message" not in foreign


def test_an_empty_store_names_what_is_to_be_seen_without_recording():
    told = texts(nothing_yet("./data"))
    assert [text.rpartition(": ")[2] for text in told[-2:]] == ["flightlog demo", "flightlog ~/.claude"]


@pytest.mark.parametrize("width", [34, 56, 74, 200])
def test_a_lesson_is_whole_at_any_width(width):
    code = "run.message('planner', 'searcher', 'Look for the price of eggs')"
    lesson = Lesson("No messages yet", "A message is what one agent said to another, or to a tool.", code, "messages")
    told = texts(node.line(width) for node in teach(lesson))
    assert max(map(len, told)) <= min(width, 74)
    assert " ".join(" ".join(told).split()) == f"{lesson.title} {lesson.text} {code}"


def test_a_sentence_in_several_inks_flows_and_keeps_them():
    line = [("e", "accent"), (" writes one: what it would do to every single run", "muted")]
    assert flowing(line, 80) == [line]
    told = flowing(line, 20, 2)
    assert max(map(width_of, told)) <= 20 and told[0][0] == ("e", "accent")
    assert {ink for part in told for _, ink in part} == {"accent", "muted", "text"}
    assert " ".join(" ".join(texts(told)).split()) == texts([line])[0]
