"""The audit trail: who did what, and when, to runs and to versions of workflows."""

import base64
import binascii
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from .errors import StorageError
from .pages import Page, to_cursor
from .query.query import EVERYTHING, Query
from .workflows import Version

if TYPE_CHECKING:
    from .repositories import RunRepository, WorkflowRepository

Action = Literal["pin", "unpin", "tag", "untag", "note", "score", "approve", "reject", "drop-states", "save", "delete"]


class Act(msgspec.Struct, kw_only=True, frozen=True):
    """What somebody did. What a run did itself is told by its events."""

    t: str
    action: Action
    by: str = ""
    """As it was signed; empty where nobody said."""
    run: str | None = None
    workflow: str | None = None
    version: int | None = None
    what: str = ""
    """The tag, the note's text, the score's name, the approval's id."""
    detail: str = ""
    """The approval's question, the score's value, what was dropped."""
    note: str = ""
    """Why, in the words of who did it."""
    id: int = 0
    """Tells acts of one moment apart; of no other meaning."""

    def cursor(self) -> str:
        """A cursor of `RunRepository.acts` just behind this one."""
        return to_cursor(self.t, self.id)


_Place = tuple[str, str, int, str]
_cursors = msgspec.json.Decoder(tuple[str | None, _Place | None])


def trail(
    runs: "RunRepository", workflows: "WorkflowRepository", within: Query, limit: int, after: str | None
) -> Page[Act]:
    """Acts on the runs that match, and with all runs those on versions, newest first; see `Store.audit`."""
    runs_after, versions_after = _read(after) if after else (None, None)
    acts = runs.acts(within, limit=limit, after=runs_after)
    others = sorted(_of_versions(workflows), key=_place, reverse=True) if within == EVERYTHING else []
    if versions_after is not None:
        others = [act for act in others if _place(act) < versions_after]
    both = sorted([*acts.items, *others[: limit + 1]], key=lambda act: (act.t, act.id), reverse=True)
    shown = both[:limit]
    if len(both) <= limit and acts.next is None:
        return Page(items=shown)
    for act in shown:
        if act.run is None:
            versions_after = _place(act)
        else:
            runs_after = act.cursor()
    cursor = base64.urlsafe_b64encode(msgspec.json.encode((runs_after, versions_after))).decode().rstrip("=")
    return Page(items=shown, next=cursor)


def _read(cursor: str) -> tuple[str | None, _Place | None]:
    try:
        return _cursors.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise StorageError(f"{cursor[:60]!r} is not a cursor", advice="begin again with the first page") from error


def _of_versions(workflows: "WorkflowRepository") -> Iterator[Act]:
    for workflow in workflows.list_all(deleted=True):
        for version in workflows.list(workflow.id, deleted=True):
            yield from _of_version(version)


def _of_version(version: Version) -> Iterator[Act]:
    workflow, number, deleted = version.workflow, version.number, version.deleted
    if version.created:
        saved, by, note = version.created, version.author, version.note
        yield Act(t=saved, by=by, action="save", workflow=workflow, version=number, note=note)
    if deleted:
        yield Act(t=deleted.t, by=deleted.by, action="delete", workflow=workflow, version=number, note=deleted.note)


def _place(act: Act) -> _Place:
    return act.t, act.workflow or "", act.version or 0, act.action
