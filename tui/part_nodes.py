"""Messages, items, approvals and artifacts of a run as lines."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from ..core.clock import to_seconds
from ..core.runs import Approval, Artifact
from ..core.text import safe_text
from . import format
from .facts import gap, label
from .glyphs import Glyphs
from .json_nodes import members
from .lines import Columns, Line, one_line, status_ink
from .lines import between as edges
from .nodes import Node

# --- approvals ---------------------------------------------------------------------------------------


def approval_nodes(approvals: Sequence[Approval], now: float, glyphs: Glyphs, may_answer: str) -> list[Node]:
    """What waits first, then what was decided, newest first; `may_answer` says why not, if one may not."""
    waiting = [one for one in approvals if one.status == "pending"]
    decided = [one for one in reversed(approvals) if one.status != "pending"]
    nodes: list[Node] = []
    for one in (*waiting, *decided):
        nodes += [*_approval(one, now, glyphs, may_answer), gap(one.id)]
    return nodes[:-1]


def _approval(one: Approval, now: float, glyphs: Glyphs, may_answer: str) -> Iterator[Node]:
    pending = one.status == "pending"
    ink = "warn" if pending else status_ink(one.status)
    sign = glyphs.waiting if pending else glyphs.status(one.status)
    line: Line = [(f"{sign} {'waits' if pending else one.status}  ", ink), (one_line(one.question, 300), "strong")]
    when = f"{format.age(now - _at(one.requested))} ago" if pending else format.moment(one.decided or one.requested)
    whole = safe_text(one.question, lines=True)
    long = "\n" in whole.strip() or len(whole) > 120
    target = ("approval", one.id)
    text = whole if long else ""
    end: Line = [(f"  {when}", "muted")]
    yield Node(one.id, lambda width: edges(line, end, width), text=text, open=long, target=target)
    if pending and one.answered:
        yield Node(
            (one.id, "answered"), [(f"  {one.answered}; the run has not taken it up yet", "accent")], target=target
        )
    elif pending:
        yield Node((one.id, "answer"), [("  ", "text"), *_answer_line(may_answer)], target=target)
    if one.expires and pending:
        left = _at(one.expires) - now
        text = f"expires in {format.age(left)}" if left > 0 else "its time is over"
        yield Node((one.id, "expires"), [(f"  {text}", "muted")], target=target)
    if one.by or one.note:
        yield Node(
            (one.id, "by"), [("  ", "text"), (one_line(one.by, 60), "accent"), (f"  {one_line(one.note)}", "text")]
        )
    if one.details:
        yield Node((one.id, "details"), [("details", "muted")], members(one.details), open=True, target=None)


def _answer_line(may_answer: str) -> Line:
    if may_answer:
        return [(may_answer, "muted")]
    return [("y", "accent"), (" approve   ", "text"), ("n", "accent"), (" reject", "text")]


def _at(t: str) -> float:
    try:
        return to_seconds(t)
    except ValueError:
        return 0.0


# --- artifacts ---------------------------------------------------------------------------------------

_ARTIFACT_HEADS = ("name", "size", "type", "made", "step", "path")


def artifact_nodes(artifacts: Sequence[Artifact], names: Mapping[str, str]) -> list[Node]:
    """Files in the order they were made."""
    rows = [_artifact_cells(one, names) for one in artifacts]
    columns = Columns(_ARTIFACT_HEADS, rows, align="lrllll", wide=5, drop=(3, 4, 2))
    inks = ["strong", "text", "muted", "muted", "muted", "muted"]
    return [
        Node("head", columns.head),
        *(
            Node(
                one.seq,
                partial(columns.draw, cells, inks),
                lambda one=one: list(_artifact_detail(one, names)),  # type: ignore[misc]
            )
            for one, cells in zip(artifacts, rows, strict=True)
        ),
    ]


def _artifact_cells(one: Artifact, names: Mapping[str, str]) -> tuple[str, ...]:
    step = names.get(one.step, one.step) if one.step else ""
    return (
        one_line(one.name, 40),
        format.size(one.size),
        one_line(one.media_type, 24),
        format.clock(one.t),
        one_line(step, 20),
        one_line(one.path, 200),
    )


def _artifact_detail(one: Artifact, names: Mapping[str, str]) -> Iterator[Node]:
    yield Node("path", [label("path"), (one_line(one.path, 1000), "text")])
    yield Node("size", [label("size"), (f"{one.size:,} bytes" if one.size is not None else "unknown", "text")])
    if one.sha256:
        yield Node("sha256", [label("sha256"), (one_line(one.sha256, 80), "text")])
    if one.media_type:
        yield Node("type", [label("type"), (one_line(one.media_type, 80), "text")])
