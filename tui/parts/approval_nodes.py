"""Approvals as lines: what waits first, then what was answered, by whom and how fast."""

from collections.abc import Iterator, Mapping, Sequence

from ...core.clock import seconds_at
from ...core.runs import Approval
from ...core.text import safe_text
from .. import format
from ..facts import NOBODY, gap
from ..glyphs import Glyphs
from ..lines import Line, one_line, status_ink
from ..lines import between as edges
from ..trees.json_nodes import members
from ..trees.nodes import Node


def approval_nodes(
    approvals: Sequence[Approval],
    names: Mapping[str, str],
    now: float,
    glyphs: Glyphs,
    answer: Line,
) -> list[Node]:
    """What waits first, then what was decided, newest first.

    `names` are those of the steps that asked, by id; `answer` stands below what waits, see `answer_line`.
    """
    waiting = [one for one in approvals if one.status == "pending"]
    decided = [one for one in reversed(approvals) if one.status != "pending"]
    nodes: list[Node] = []
    for one in (*waiting, *decided):
        nodes += [*_approval(one, now, glyphs, answer), *_asked_in(one, names), *_details(one), gap(one.id)]
    return nodes[:-1]


def _approval(one: Approval, now: float, glyphs: Glyphs, answer: Line) -> Iterator[Node]:
    pending = one.status == "pending"
    ink = "warn" if pending else status_ink(one.status)
    sign = glyphs.waiting if pending else glyphs.status(one.status)
    line: Line = [(f"{sign} {'waits' if pending else one.status}  ", ink), (one_line(one.question, 300), "strong")]
    waits = format.age(now - seconds_at(one.requested, 0.0))
    when = f"{waits} ago" if pending else format.moment(one.decided or one.requested)
    whole = safe_text(one.question, lines=True)
    long = "\n" in whole.strip() or len(whole) > 120
    text = whole if long else ""
    end: Line = [(f"  {when}", "muted")]
    yield Node(one.id, lambda width: edges(line, end, width), text=text, open=long)
    if pending and one.answered:
        yield Node((one.id, "answered"), [(f"  {one.answered}; the run has not taken it up yet", "accent")])
    elif pending:
        yield Node((one.id, "answer"), [("  ", "text"), *answer])
    if one.expires and pending:
        left = seconds_at(one.expires, 0.0) - now
        text = f"expires in {format.age(left)}" if left > 0 else "its time is over"
        yield Node((one.id, "expires"), [(f"  {text}", "muted")])
    if not pending and (one.by or one.note or one.decided):
        yield Node((one.id, "by"), _decided(one))


def _asked_in(one: Approval, names: Mapping[str, str]) -> Iterator[Node]:
    if one.step:
        name = one_line(names.get(one.step, one.step), 60)
        yield Node((one.id, "step"), [("  asked in ", "muted"), (name, "accent")], target=one.step)


def _details(one: Approval) -> Iterator[Node]:
    if one.details:
        yield Node((one.id, "details"), [("details", "muted")], members(one.details), open=True)


def _decided(one: Approval) -> Line:
    """Who answered, after how long, and what he said to it."""
    line: Line = [("  ", "text")]
    if one.by:
        line.append((f"{one_line(one.by, 60)}  ", "accent"))
    if one.decided:
        took = seconds_at(one.decided, 0.0) - seconds_at(one.requested, 0.0)
        line.append((f"after {format.duration(took)}  ", "muted"))
    return [*line, (one_line(one.note), "text")]


def answer_line(why_not: str, approve: str, reject: str, *, lost: bool) -> Line:
    """The keys that answer, or why nobody can; of a `lost` run nobody may be left to hear it."""
    if why_not:
        return [(why_not, "muted")]
    gone: Line = [(f"   {NOBODY}", "warn")] if lost else []
    return [(approve, "accent"), (" approve   ", "text"), (reject, "accent"), (" reject", "text"), *gone]
