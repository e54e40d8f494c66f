"""Messages, items, approvals and artifacts of a run as lines."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from ..core.clock import to_seconds
from ..core.events import Json
from ..core.runs import Approval, Artifact, Message
from ..core.text import safe_text
from . import format
from .facts import gap, label
from .glyphs import Glyphs
from .json_nodes import json_node, members
from .lines import Columns, Line, one_line, status_ink
from .lines import between as edges
from .nodes import Node

# --- messages ----------------------------------------------------------------------------------------


def message_nodes(messages: Sequence[Message], names: Mapping[str, str], glyphs: Glyphs) -> list[Node]:
    """A conversation: who said what to whom, the newest last."""
    nodes: list[Node] = []
    for message in messages:
        nodes += [_message(message, names, glyphs), gap(message.seq)]
    return nodes[:-1]


def _message(message: Message, names: Mapping[str, str], glyphs: Glyphs) -> Node:
    line: Line = [(one_line(message.sender, 40), "title")]
    if message.recipient:
        line += [(f" {glyphs.arrow} ", "faint"), (one_line(message.recipient, 40), "accent")]
    if message.role and message.role != message.sender:
        line.append((f"  {one_line(message.role, 24)}", "muted"))
    step = names.get(message.step, message.step) if message.step else ""
    end: Line = [(f"{one_line(step, 30)}  ", "faint"), (format.clock(message.t), "muted")]
    text, rest = spoken(message.content)
    children = None if rest is None else (lambda: _content(rest))
    shown = safe_text(text, lines=True)
    return Node(message.seq, lambda width: edges(line, end, width), children, open=True, text=shown)


def spoken(content: Json) -> tuple[str, Json]:
    """The text of a message, and what of its content is not text."""
    if isinstance(content, str):
        return content.strip("\n"), None
    if isinstance(content, dict) and isinstance(content.get("text"), str) and content.get("type") in ("text", None):
        others = {key: value for key, value in content.items() if key not in ("text", "type")}
        return content["text"].strip("\n"), others or None
    if isinstance(content, list):
        parts = [spoken(part) if isinstance(part, str | dict) else ("", part) for part in content]
        rest = [left for _, left in parts if left is not None]
        return "\n".join(text for text, _ in parts if text), rest or None
    return "", content


def _content(content: Json) -> Sequence[Node]:
    if isinstance(content, dict | list) and content:
        return members(content, 0)()
    return [json_node("", content, key="content")]


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
