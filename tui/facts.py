"""The pieces that pages about one thing are made of: headings, facts under labels, what an empty page teaches."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from ..core.clock import from_seconds, seconds_at
from ..core.runs import FINISHED, Run, Step
from ..core.text import cells, safe_text
from . import format
from .lines import Line, fitted, flowing, one_line, width_of
from .trees.nodes import Node

LABEL = 12
"""Cells of a label."""

PAIRED = 60
"""Cells of a line on which two facts stand beside each other."""

NOBODY = "the run is lost: nobody may hear it"
"""What is said of an answer to a run whose writer is gone: it is kept for who takes the run up."""

LONG = 60
"""Characters after which a fact is unfolded below its label."""


def heading(text: str) -> Node:
    """The title of a section."""
    return Node(("heading", text), [(text, "title")])


def gap(key: object) -> Node:
    """An empty line."""
    return Node(("gap", key), [])


def label(text: str) -> tuple[str, str]:
    """A label as a span of its width."""
    return f"{text:<{LABEL}}", "muted"


def fact(name: str, value: str, ink: str = "text", *, room: int = 0) -> Node:
    """A recorded text beside its label if that fits into `room` cells; a long or many-lined one is unfolded below."""
    fits = len(value) <= LONG or cells(safe_text(value, limit=room + 1)) <= room - LABEL
    if fits and "\n" not in value.strip():
        return Node(("fact", name), [label(name), (one_line(value), ink)])
    return Node(("fact", name), [label(name)], text=safe_text(value.strip("\n"), lines=True), ink=ink, open=True)


Fact = tuple[str, str, str]
"""Label, safe value, ink."""


def paired(facts: Sequence[Fact], width: int) -> Iterator[Node]:
    """Short facts two on a line where there is room in so many cells; those without a value are left out."""
    kept = [one for one in facts if one[1]]
    if width < PAIRED:
        yield from (Node(("facts", name), partial(_pair, (name, value, ink), None)) for name, value, ink in kept)
        return
    for first, second in zip(kept[::2], [*kept[1::2], None], strict=False):
        yield Node(("facts", first[0]), partial(_pair, first, second))


def _pair(first: Fact, second: Fact | None, width: int) -> Line:
    line: Line = [label(first[0]), (first[1], first[2])]
    if second is None:
        return line
    left = min(width * 43 // 100, 56)
    room = left - LABEL - 1
    if width_of([(first[1], "")]) > room >= width_of([(second[1], "")]):
        # The right column has more room.
        return _pair(second, first, width)
    return [*fitted(line, left - 1), (" ", "text"), label(second[0]), (second[1], second[2])]


class Lesson(NamedTuple):
    """What an empty tab says."""

    title: str
    text: str
    """What would be here."""
    code: str
    """The lines that record it."""
    things: str
    """What is missing: `messages`."""


def teach(lesson: Lesson, run: Run | None = None) -> list[Node]:
    """What would be here, and the code that records it; of a run that lies elsewhere, that it is not told there."""
    title, text, code = lesson.title, lesson.text, lesson.code
    if run is not None and run.source:
        whose = one_line(run.source, 40)
        title, code = f"{whose} tells of no {lesson.things}", ""
        text = f"This run is read where it lies, as {whose} keeps it, and no {lesson.things} of it are kept there."
    lines = partial(_lesson, title, " ".join(text.split()), code)
    return [Node(("lesson", n), partial(_nth, lines, n)) for n in range(len(lines(SLIM)))]


SLIM, WIDEST = 34, 74
"""Cells that a lesson is made for at least, and at most."""


def _lesson(title: str, text: str, code: str, width: int) -> list[Line]:
    width = max(min(width, WIDEST), SLIM)
    lines: list[Line] = [[], *flowing([(title, "strong")], width), [], *flowing([(text, "muted")], width), []]
    for line in code.split("\n") if code else ():
        lines += flowing([("    " + line, "accent")], width, 8)
    return lines


def _nth(lines: Callable[[int], list[Line]], n: int, width: int) -> Line:
    """Of as many lines as there are where least fits into one: the last ones are empty where more does."""
    made = lines(width)
    return made[n] if n < len(made) else []


_LAST = re.compile(r"; last event ([-\d]+ [:\d]+) UTC$")
"""How the evidence of a lost run ends."""


def evidence(run: Run, now: float) -> str:
    """Why a run waits, rests or is lost; of a lost one also how long ago its last event was, and not when in UTC."""
    said = one_line(run.evidence, 300)
    return aged(said, now, run.last_event) if run.status == "lost" else said


def aged(said: str, now: float, last_event: str | None = None) -> str:
    """Such an evidence with the age of the last event, by default of the one it dates; every other text as it is."""
    last = _LAST.search(said)
    at = seconds_at(last_event or last[1]) if last else None
    return said if last is None or at is None else f"{said[: last.start()]}; last event {format.age(now - at)} ago"


def until(run: Run, now: float) -> str:
    """The time up to which a run lasted, or lasts: its end, its newest event if it is at rest, else now."""
    if run.status in FINISHED:
        return run.finished or run.last_event or ""
    if run.status in ("lost", "paused"):
        return run.last_event or run.started or ""
    return from_seconds(now)


def stands(step: Step, run: str) -> str:
    """How a step stands in a run of that status: nothing goes on in one that is lost, at rest or over."""
    if step.status != "running":
        return step.status
    return run if run in ("lost", "paused") else "left open" if run in FINISHED else step.status


_NO_ANSWER = {
    "running": "nothing came back yet",
    "lost": "nothing came back before the run was lost",
    "paused": "nothing came back before the run was paused",
    "left open": "nothing came back before the run ended",
}


def no_answer(stands: str) -> str:
    """What is said where the output of a step would be that stands so; empty if it is over, or has not begun."""
    return _NO_ANSWER.get(stands, "")


def last_moment(run: Run, now: float) -> float:
    """The moment that a run's steps are drawn for: one that is over, at rest or dead has none later than its last."""
    return seconds_at(until(run, now), now)
