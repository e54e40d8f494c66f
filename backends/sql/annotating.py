"""What each kind of annotation does to the query tables."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from ...core import annotations as a
from . import tables
from .run_state import RunState
from .words import section
from .writes import add_missing, insert

_Rule = Callable[[Connection, RunState, Any], None]


def apply(connection: Connection, state: RunState, annotation: a.Annotation) -> None:
    """Applies one annotation to its run; the caller saves the state."""
    RULES[type(annotation)](connection, state, annotation)


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


def _read_again(connection: Connection, state: RunState) -> None:
    run = {"of": state.row["id"]}
    texts = [*connection.scalars(_TAGS, run), *connection.scalars(_NOTES, run)]
    state.words = state.words._replace(added=section(*texts))


RULES: dict[type[a.Annotation], _Rule] = {
    a.Pinned: _pin,
    a.Tagged: _tag,
    a.Noted: _note,
    a.Scored: _score,
    a.Answered: _answer,
}

_tags, _notes, _approvals = tables.run_tags.c, tables.notes.c, tables.approvals.c
_UNTAG = delete(tables.run_tags).where(_tags.run == bindparam("of"), _tags.tag == bindparam("which"))
_TAGS = select(_tags.tag).where(_tags.run == bindparam("of")).order_by(_tags.tag).limit(100)
_NOTES = select(_notes.text).where(_notes.run == bindparam("of")).order_by(_notes.id).limit(100)
_ANSWER = update(tables.approvals).where(
    _approvals.run == bindparam("of"),
    _approvals.id == bindparam("which"),
    _approvals.status == "pending",
    _approvals.answered.is_(None),
)
