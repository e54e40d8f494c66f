"""The audit trail: who did what, and when, to runs and to versions of workflows."""

import base64
import binascii
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from .errors import NotFound, NotSupported, StorageError
from .operations import Kind, Operation
from .pages import Page, to_cursor
from .query.query import EVERYTHING, Query
from .query.query_nodes import Term
from .runs import Run
from .workflows import Version

if TYPE_CHECKING:
    from .repositories import RunRepository, UpkeepRepository, WorkflowRepository

Action = (
    Literal["pin", "unpin", "tag", "untag", "note", "score", "approve", "reject", "drop-states", "save", "delete"]
    | Kind
)


class Act(msgspec.Struct, kw_only=True, frozen=True):
    """What somebody did. What a run did itself is told by its events."""

    t: str
    action: Action
    by: str = ""
    """As it was signed; empty where nobody said."""
    run: str | None = None
    """Of an operation: if it was on one run alone. That one may be gone."""
    workflow: str | None = None
    version: int | None = None
    what: str = ""
    """The tag, the note's text, the score's name, the approval's id; of an operation how many runs, `12 runs`."""
    detail: str = ""
    """The approval's question, the score's value, what was dropped; of an operation how it stands."""
    note: str = ""
    """Why, in the words of who did it; of an operation the command line that does the same."""
    operation: str | None = None
    """The id of an operation, under which the record has all its runs."""
    id: int = 0
    """Tells acts of one moment apart; of no other meaning."""

    def cursor(self) -> str:
        """A cursor of `RunRepository.acts` just behind this one."""
        return to_cursor(self.t, self.id)


_Place = tuple[str, str, int, str]
_Record = tuple[str | None, str]
"""The cursor of a page of operations, and the last one on it that was told."""
_Cursor = tuple[str | None, _Place | None, _Record | None]
_cursors = msgspec.json.Decoder(_Cursor)
_PAGE = 100
_RULES = 3


def trail(
    runs: "RunRepository",
    workflows: "WorkflowRepository",
    upkeep: "UpkeepRepository",
    within: Query,
    limit: int,
    after: str | None,
) -> Page[Act]:
    """Acts on the runs that match, and with all runs those on versions, newest first; see `Store.audit`."""
    behind: list[Any] = list(_read(after)) if after else [None, None, None]
    told = (
        _on_runs(runs, within, limit, behind[0]),
        _on_versions(workflows, within, behind[1]),
        _operations(runs, upkeep, within, behind[2]),
    )
    both = merge(*(_from(n, stream) for n, stream in enumerate(told)), key=lambda one: one[0].t, reverse=True)
    shown: list[Act] = []
    for act, stream, cursor in islice(both, limit):
        shown.append(act)
        behind[stream] = cursor
    if next(both, None) is None:
        return Page(items=shown)
    return Page(items=shown, next=base64.urlsafe_b64encode(msgspec.json.encode(behind)).decode().rstrip("="))


def _read(cursor: str) -> _Cursor:
    try:
        found: _Cursor = _cursors.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise StorageError(f"{cursor[:60]!r} is not a cursor", advice="begin again with the first page") from error
    return found


def _from(number: int, stream: Iterator[tuple[Act, Any]]) -> Iterator[tuple[Act, int, Any]]:
    """Each act with the stream that tells it, and with that one's cursor behind it."""
    return ((act, number, cursor) for act, cursor in stream)


def _on_runs(runs: "RunRepository", within: Query, limit: int, after: str | None) -> Iterator[tuple[Act, str]]:
    while True:
        page = runs.acts(within, limit=limit + 1, after=after)
        yield from ((act, act.cursor()) for act in page.items)
        after = page.next
        if after is None:
            return


def _on_versions(workflows: "WorkflowRepository", within: Query, after: _Place | None) -> Iterator[tuple[Act, _Place]]:
    if within != EVERYTHING:
        return
    every = [act for workflow in workflows.list_all(deleted=True) for act in _of_workflow(workflows, workflow.id)]
    for act in sorted(every, key=_place, reverse=True):
        if after is None or _place(act) < after:
            yield act, _place(act)


def _of_workflow(workflows: "WorkflowRepository", workflow: str) -> Iterator[Act]:
    for version in workflows.list(workflow, deleted=True):
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


def _operations(
    runs: "RunRepository", upkeep: "UpkeepRepository", within: Query, after: _Record | None
) -> Iterator[tuple[Act, _Record]]:
    meant = _meant(runs, upkeep, within)
    page_after, told = after or (None, "")
    while True:
        try:
            page = upkeep.operations(limit=_PAGE, after=page_after)
        except NotSupported:
            return  # nothing is done with runs here
        ids = [one.id for one in page.items]
        # What was told last may have slid to the next page, for new ones come before it.
        first = 0 if not told else ids.index(told) + 1 if told in ids else len(ids)
        told = told if told and told not in ids else ""
        for one in page.items[first:]:
            if meant(one):
                yield _of_operation(one), (page_after, one.id)
        page_after = page.next
        if page_after is None:
            return


def _meant(runs: "RunRepository", upkeep: "UpkeepRepository", within: Query) -> Callable[[Operation], bool]:
    """Whether an operation is to be told: it was on a run that matches; of one that is gone only its id is known."""

    def on_them(one: Operation) -> bool:
        ids = [done.run for done in one.runs]
        if len(ids) < one.done + one.skipped + one.failed:
            ids = [done.run for done in upkeep.operation(one.id).runs]
        if within.keys() == {"id"}:
            return any(within.matches(Run(id=id, workflow="")) for id in ids)
        parts = (tuple(ids[n : n + _PAGE]) for n in range(0, len(ids), _PAGE))
        return any(runs.count(within & Query(root=Term(key="id", sign="=", values=part))) for part in parts)

    def told_otherwise(one: Operation) -> bool:
        """That states were dropped is among a run's own acts, as long as it is there."""
        return one.kind == "states" and all(_is_there(runs, done.run) for done in one.runs)

    return lambda one: not told_otherwise(one) and (within == EVERYTHING or on_them(one))


def _is_there(runs: "RunRepository", run: str) -> bool:
    try:
        return bool(runs.get(run))
    except NotFound:
        return False


def _of_operation(one: Operation) -> Act:
    count = one.done + one.skipped + one.failed
    rules = {done.rule for done in one.runs if done.rule}
    stands = (
        f"by {', '.join(sorted(rules)[:_RULES])}{', …' if len(rules) > _RULES else ''}" if rules else "",
        f"{one.skipped} left alone" if one.skipped else "",
        f"{one.failed} failed" if one.failed else "",
        f"of {one.of}" if one.of else "",
        "taken back" if one.undone else "",
        "cut off" if one.unfinished else "",
        f"in {one.elsewhere}" if one.elsewhere else "",
    )
    return Act(
        t=one.at,
        action=one.kind,
        by=one.by,
        run=(one.runs[0].run or None) if count == 1 and one.runs else None,
        what=f"{one.done} run{'' if one.done == 1 else 's'}" if count and one.kind != "compact" else "",
        detail=", ".join(filter(None, stands)),
        note=one.why,
        operation=one.id,
    )
