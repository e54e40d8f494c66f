"""What a run is made of: rows of the query tables, and what only the recorded bytes hold.

A line that cannot be read is named by `damage`; here its content is None, and nothing else suffers.
"""

from collections.abc import Collection

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, case, select, tuple_

from ...core.audit import Act
from ...core.errors import Conflict, Corrupt, NotFound, NotSupported
from ...core.events import AnyEvent, ApprovalRequested, Json, MessageSent, SnapshotTaken, decode
from ...core.pages import ALL, Page, from_cursor, to_cursor
from ...core.query.query import EVERYTHING, Query
from ...core.runs import Approval, Artifact, Damage, Message, MetricValue, Note, Step
from . import tables
from .bodies import Bodies, Excerpt
from .detail_pages import of_runs, page
from .run_queries import conditions
from .run_rows import AnyRow, money_columns, token_columns
from .run_values import money_of, tokens_of
from .storable import LARGEST

_run: BindParameter[str] = bindparam("run")
_ids = msgspec.json.Decoder(tuple[str, ...])


def read(bodies: Bodies, run: str, seq: int) -> AnyEvent | None:
    """An event; None if its line is damaged or not there any more."""
    try:
        return decode(bodies.line(run, seq))
    except (Corrupt, NotFound, NotSupported):
        return None


def some_events(bodies: Bodies, run: str, seqs: Collection[int]) -> dict[int, AnyEvent]:
    """Events by their seqs; those that are damaged or not there any more are left out."""
    found: dict[int, AnyEvent] = {}
    for (_, seq), line in bodies.picked([(run, seq) for seq in sorted({*seqs})]).items():
        try:
            found[seq] = decode(line)
        except (Corrupt, NotSupported):
            continue
    return found


# --- steps -----------------------------------------------------------------------------------------

_s = tables.steps.c
STEP = (
    *(_s.id, _s.name, _s.status, _s.agent, _s.kind, _s.attempt, _s.parent, _s.depends_on),
    *(_s.started, _s.finished, _s.error, _s.logs),
    *(_s.started_seq, _s.finished_seq, _s.has_input, _s.has_output),
    *token_columns(tables.steps),
    *money_columns(tables.steps),
)
"""The columns that `step_of` reads."""
_steps = (
    select(*STEP)
    .where(_s.run == _run, _s.position > bindparam("place"))
    .order_by(_s.position)
    .limit(bindparam("limit"))
)
_place = select(_s.position).where(_s.run == _run, _s.id == bindparam("after"))


def steps(connection: Connection, run: str, after: str | None = None, limit: int = ALL) -> list[Step]:
    """Steps in the order they began, then the pending ones as declared."""
    place = -1 if after is None else connection.scalar(_place, {"run": run, "after": after})
    if place is None:
        raise NotFound(f"there is no step {str(after)[:60]!r}", where=f"run {run}")
    given = {"run": run, "place": place, "limit": max(limit, 1)}
    return [step_of(run, row) for row in connection.execute(_steps, given)]


def step_of(run: str, row: AnyRow) -> Step:
    """The step of a row that was selected by `STEP`."""
    return Step(
        run=run,
        id=row[0],
        name=row[1],
        status=row[2],
        agent=row[3],
        kind=row[4],
        attempt=row[5],
        parent=row[6],
        depends_on=_ids.decode(row[7]) if row[7] != "[]" else (),
        started=row[8],
        finished=row[9],
        error=row[10],
        logs=row[11],
        started_seq=row[12],
        finished_seq=row[13],
        has_input=row[14],
        has_output=row[15],
        tokens=tokens_of(row, 16),
        money=money_of(row, 21),
    )


# --- messages ----------------------------------------------------------------------------

_m = tables.messages.c
_said = select(_m.seq, _m.t, _m.sender, _m.recipient, _m.role, _m.step).where(_m.run == _run)
_said_after = _said.where(_m.seq > bindparam("place")).order_by(_m.seq).limit(bindparam("limit"))
_said_before = _said.where(_m.seq < bindparam("place")).order_by(_m.seq.desc()).limit(bindparam("limit"))


def messages(
    connection: Connection, bodies: Bodies, run: str, limit: int, after: str | None, before: str | None, last: bool
) -> Page[Message]:
    """Messages in the order they were sent; one read of the recorded bytes for all contents."""
    limit, forward = max(limit, 1), before is None and not last
    cursor = after if forward else before
    place = from_cursor(cursor, int)[0] if cursor else 0 if forward else LARGEST
    given = {"run": run, "place": place, "limit": limit + 1}
    rows = connection.execute(_said_after if forward else _said_before, given).all()
    more, rows = len(rows) > limit, rows[:limit]
    # What a cursor leads on from lies on its other side.
    follows, precedes = (more, bool(cursor)) if forward else (bool(cursor), more)
    if not rows:
        beside = to_cursor(place + 1 if forward else place - 1)
        return Page(items=[], next=beside if follows else None, previous=beside if precedes else None)
    if not forward:
        rows = rows[::-1]
    contents = _contents(bodies, run, rows[0].seq, rows[-1].seq, len(rows))
    found = [
        Message(
            run=run,
            seq=row.seq,
            t=row[1],  # `.t` is a row's own
            sender=row.sender,
            recipient=row.recipient,
            role=row.role,
            content=contents.get(row.seq),
            step=row.step,
        )
        for row in rows
    ]
    next, previous = (to_cursor(row.seq) for row in (rows[-1], rows[0]))
    return Page(items=found, next=next if follows else None, previous=previous if precedes else None)


def _contents(bodies: Bodies, run: str, first: int, last: int, limit: int) -> dict[int, Json]:
    lines = bodies.lines(run, Excerpt(after=first - 1, before=last + 1, limit=limit, types=frozenset({"message"})))
    found: dict[int, Json] = {}
    for seq, line in lines:
        try:
            event = decode(line)
        except (Corrupt, NotSupported):
            continue  # it is shown without what it says; `damage` names it
        if isinstance(event, MessageSent):
            found[seq] = event.content
    return found


# --- approvals -------------------------------------------------------------------------------------

_a = tables.approvals.c
_APPROVAL = (
    *("run", "id", "question", "status", "requested", "seq"),
    *("expires", "step", "decided", "by", "note", "answered"),
)
_approvals = select(*(_a[name] for name in _APPROVAL))
_of_run = _approvals.where(_a.run == _run, _a.seq > bindparam("after")).order_by(_a.seq).limit(bindparam("limit"))
_pending = _approvals.where(_a.status == "pending")


def approvals(connection: Connection, bodies: Bodies, run: str, after: int, limit: int) -> list[Approval]:
    """Approvals of a run in the order asked."""
    rows = connection.execute(_of_run, {"run": run, "after": after, "limit": max(limit, 1)})
    return [_approval(bodies, row) for row in rows.all()]


def pending(connection: Connection, bodies: Bodies, within: Query, limit: int, after: str | None) -> Page[Approval]:
    """Approvals that still wait, oldest first."""
    found = page(connection, of_runs(_pending, _a.run, within), (_a.requested, _a.run, _a.seq), limit, after)
    return Page(items=[_approval(bodies, row) for row in found.items], next=found.next)


def _approval(bodies: Bodies, row: AnyRow) -> Approval:
    event = read(bodies, row[0], row[5])
    details = event.details if isinstance(event, ApprovalRequested) else {}
    return Approval(**dict(zip(_APPROVAL, row, strict=False)), details=details)


def check_open(connection: Connection, run: str, approval: str) -> None:
    """NotFound or Conflict unless the approval still waits for an answer."""
    where = f"run {run}, approval {approval[:60]!r}"
    row = connection.execute(select(_a.status, _a.answered).where(_a.run == run, _a.id == approval)).first()
    if row is None:
        raise NotFound("there is no such approval", where=where)
    if row.status != "pending":
        raise Conflict(f"it is {row.status} already", where=where)
    if row.answered is not None:
        raise Conflict(f"somebody answered {row.answered!r}", where=where, advice="the run takes it up soon")


# --- short lists -------------------------------------------------------------------------------------

_ARTIFACT = ("seq", "t", "name", "path", "size", "sha256", "media_type", "step")
_f = tables.artifacts.c
_artifacts = (
    select(*(_f[name] for name in _ARTIFACT))
    .where(_f.run == _run, _f.seq > bindparam("after"))
    .order_by(_f.seq)
    .limit(bindparam("limit"))
)


def artifacts(connection: Connection, run: str, after: int, limit: int) -> list[Artifact]:
    """Artifacts in the order they were made."""
    rows = connection.execute(_artifacts, {"run": run, "after": after, "limit": max(limit, 1)})
    return [Artifact(run=run, **dict(zip(_ARTIFACT, row, strict=True))) for row in rows]


_METRIC = ("name", "value", "t", "seq", "step")
_n = tables.metrics.c
_metrics = select(*(_n[name] for name in _METRIC))
# Not as they arrived: what others gave and what the run reported come by different ways.
_in_time = (_n.t, case((_n.seq == 0, 1), else_=0), _n.seq, _n.id)


def metrics(connection: Connection, run: str, limit: int, after: str | None) -> Page[MetricValue]:
    """Numbers that the run reported or was given, in order."""
    found = page(connection, _metrics.where(_n.run == run), _in_time, limit, after)
    return Page(
        items=[MetricValue(run=run, **dict(zip(_METRIC, row, strict=False))) for row in found.items], next=found.next
    )


_o = tables.notes.c
_notes = select(_o.t, _o.by, _o.text)


def notes(connection: Connection, run: str, limit: int, after: str | None) -> Page[Note]:
    """Notes, oldest first."""
    found = page(connection, _notes.where(_o.run == run), (_o.t, _o.id), limit, after)
    return Page(items=[Note(run=run, t=t, by=by, text=text) for t, by, text, *_ in found.items], next=found.next)


_snapshots = select(tables.snapshots.c.name, tables.snapshots.c.seq).where(tables.snapshots.c.run == _run)


def snapshots(connection: Connection, bodies: Bodies, run: str) -> dict[str, Json]:
    """The latest snapshot of each name, whole."""
    found: dict[str, Json] = {}
    for name, seq in connection.execute(_snapshots, {"run": run}).all():
        event = read(bodies, run, seq)
        found[name] = event.value if isinstance(event, SnapshotTaken) else None
    return found


_t = tables.acts.c
_acts = select(_t.t, _t.action, _t.by, _t.run, _t.what, _t.detail, _t.note, _t.id)
_ACT = ("t", "action", "by", "run", "what", "detail", "note", "id")


def acts(connection: Connection, within: Query, limit: int, after: str | None) -> Page[Act]:
    """What was done to the runs that match, newest first."""
    statement, limit = _acts, max(limit, 1)
    if within != EVERYTHING:
        statement = statement.join(tables.runs, tables.runs.c.id == _t.run).where(*conditions(within))
    if after is not None:
        t, id = from_cursor(after, str, int)
        place = tuple_(bindparam("t", t, _t.t.type), bindparam("id", id, _t.id.type))
        statement = statement.where(tuple_(_t.t, _t.id) < place)
    rows = connection.execute(statement.order_by(_t.t.desc(), _t.id.desc()).limit(limit + 1)).all()
    found = [Act(**dict(zip(_ACT, row, strict=True))) for row in rows[:limit]]
    return Page(items=found, next=found[-1].cursor() if len(rows) > limit else None)


_d = tables.damage.c
_damage = select(_d.place, _d.what, _d.run, _d["offset"], _d.length, _d.raw)


def damage(connection: Connection, run: str | None, within: Query, limit: int, after: str | None) -> Page[Damage]:
    """What could not be read, of one run or of those that match."""
    statement = of_runs(_damage, _d.run, within)
    found = page(connection, statement if run is None else statement.where(_d.run == run), (_d.id,), limit, after)
    items = [
        Damage(where=place, what=what, run=of_run, offset=offset, length=length, raw=raw)
        for place, what, of_run, offset, length, raw, *_ in found.items
    ]
    return Page(items=items, next=found.next)
