"""What each kind of annotation does to the query tables."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from ...core import annotations as a
from ...core.audit import Action
from . import tables
from .run_state import RunState
from .words import section
from .writes import add_missing, insert

_Rule = Callable[[Connection, RunState, Any], None]


def apply(connection: Connection, state: RunState, annotation: a.Annotation) -> None:
    """Applies one annotation to its run; the caller saves the state."""
    RULES[type(annotation)](connection, state, annotation)
    action, what, detail = _told(connection, annotation)
    facts = {"run": annotation.run, "t": annotation.t, "by": annotation.by, "note": getattr(annotation, "note", "")}
    insert(connection, tables.acts, [facts | {"action": action, "what": what, "detail": detail}])


def _told(connection: Connection, annotation: a.Annotation) -> tuple[Action, str, str]:
    """What was done, to what of the run, and how: see `core.audit.Act`."""
    match annotation:
        case a.Tagged():
            return "tag" if annotation.tagged else "untag", annotation.tag, ""
        case a.Noted():
            return "note", annotation.text, ""
        case a.Scored():
            return "score", annotation.name, repr(annotation.value)
        case a.Answered():
            question = connection.scalar(_QUESTION, {"of": annotation.run, "which": annotation.approval})
            return "reject" if annotation.decision == "rejected" else "approve", annotation.approval, question or ""
        case a.StatesDropped():
            detail = f"{annotation.values} values, {annotation.size_bytes} bytes; {annotation.kept} states kept"
            return "drop-states", "", detail
        case _:
            return "pin" if getattr(annotation, "pinned", True) else "unpin", "", ""


def _pin(connection: Connection, state: RunState, annotation: a.Pinned) -> None:
    state.row["pinned"] = annotation.pinned


def _tag(connection: Connection, state: RunState, annotation: a.Tagged) -> None:
    row = {"run": annotation.run, "tag": annotation.tag}
    if annotation.tagged:
        add_missing(connection, tables.run_tags, [row])
    else:
        connection.execute(_UNTAG, {"of": annotation.run, "which": annotation.tag})
    _read_again(connection, state)


def _note(connection: Connection, state: RunState, annotation: a.Noted) -> None:
    facts = {"run": annotation.run, "t": annotation.t, "by": annotation.by, "text": annotation.text}
    insert(connection, tables.notes, [facts])
    state.count(notes=1)
    _read_again(connection, state)


def _score(connection: Connection, state: RunState, annotation: a.Scored) -> None:
    facts = {"name": annotation.name, "value": annotation.value, "t": annotation.t, "seq": 0}
    state.added["metrics"].append(state.blank("metrics", **facts))


def _answer(connection: Connection, state: RunState, annotation: a.Answered) -> None:
    # The question stays pending until the run itself takes the answer up; the first answer counts.
    answer = {"answered": annotation.decision, "by": annotation.by, "note": annotation.note}
    connection.execute(_ANSWER, answer | {"of": annotation.run, "which": annotation.approval})


def _nothing(connection: Connection, state: RunState, annotation: a.StatesDropped) -> None:
    """What it tells of was done by who wrote it."""


def _read_again(connection: Connection, state: RunState) -> None:
    run = {"of": state.row["id"]}
    texts = [*connection.scalars(_TAGS, run), *connection.scalars(_NOTES, run)]
    state.words.added = section(*texts)


RULES: dict[type[a.Annotation], _Rule] = {
    a.Pinned: _pin,
    a.Tagged: _tag,
    a.Noted: _note,
    a.Scored: _score,
    a.Answered: _answer,
    a.StatesDropped: _nothing,
}

_tags, _notes, _approvals = tables.run_tags.c, tables.notes.c, tables.approvals.c
_QUESTION = select(_approvals.question).where(_approvals.run == bindparam("of"), _approvals.id == bindparam("which"))
_UNTAG = delete(tables.run_tags).where(_tags.run == bindparam("of"), _tags.tag == bindparam("which"))
_TAGS = select(_tags.tag).where(_tags.run == bindparam("of")).order_by(_tags.tag).limit(100)
_NOTES = select(_notes.text).where(_notes.run == bindparam("of")).order_by(_notes.id).limit(100)
_ANSWER = update(tables.approvals).where(
    _approvals.run == bindparam("of"),
    _approvals.id == bindparam("which"),
    _approvals.status == "pending",
    _approvals.answered.is_(None),
)
