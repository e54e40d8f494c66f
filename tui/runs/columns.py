"""The columns of the run list: which of them fit, how wide they are, and what they say of a run."""

from collections.abc import Callable
from typing import NamedTuple

from ...core.clock import between
from ...core.pages import Sort, SortField
from ...core.runs import Run
from .. import format
from ..facts import evidence, until
from ..glyphs import Glyphs
from ..lines import Line, Span, fitted, one_line, right, status_ink, width_of
from .sections import Head


class Context(NamedTuple):
    """What a cell needs to know besides its run."""

    now: float
    """Unix seconds."""
    glyphs: Glyphs
    narrow: bool
    """Whether the screen has fewer than 100 columns."""


Cell = Callable[[Run, Context], Line]


class Column(NamedTuple):
    """One column."""

    title: str
    width: int
    cell: Cell
    sort: SortField | None = None
    from_right: bool = False
    fits: int = 0
    """If given: as wide as what it has to show, up to this."""
    rank: int = 0
    """Columns of the highest rank are left out first."""
    least: int = 0
    """Screens of fewer columns do not show it."""


class Slot(NamedTuple):
    """A column and where it is drawn."""

    column: Column
    start: int
    width: int


GAP = 2
LEAD = 6
"""Cells before the first column: cursor, mark, whether it is watched, status, pin, and a space."""
STEP_LEAST = 16
STEP_ROOM = 36
"""Cells that the step has, if it needs them, before there are columns that only wide screens show."""


def _name(run: Run, context: Context) -> Line:
    if not run.name:
        return [(one_line(format.short_id(run.id, context.glyphs)), "text")]
    return [(one_line(run.name, 80), "text")]


def _workflow(run: Run, context: Context) -> Line:
    version = "" if run.version is None else f"@{run.version}"
    return [(one_line(run.workflow, 80), "text"), (version, "muted")]


def _doing(run: Run, context: Context) -> Line:
    """What it is about now: the step, the question, the error, why it is called lost."""
    glyphs = context.glyphs
    if run.damaged:
        return [
            (f"{glyphs.damaged} {format.plural(run.damaged, 'unreadable part')} {glyphs.dot} ", "warn"),
            *_state(run, context),
        ]
    return _state(run, context)


def _state(run: Run, context: Context) -> Line:
    glyphs = context.glyphs
    if run.status == "failed":
        return [(one_line(run.error, 200) or "failed", "bad")]
    if run.status == "lost":
        return [(evidence(run, context.now) or "lost", "bad")]
    if run.status == "waiting":
        return [(one_line(run.evidence, 200) or "waiting for an answer", "warn")]
    if run.status == "running":
        done = f" {run.steps_done}/{run.steps}" if run.steps else ""
        return [(one_line(run.current_step, 80) or glyphs.dash, "text"), (done, "muted"), *_items(run, glyphs)]
    if run.status in ("paused", "pending", "cancelled"):
        return [(_at_rest(run, context), "muted"), *_items(run, glyphs)]
    return _done(run, glyphs)


def _at_rest(run: Run, context: Context) -> str:
    """How it rests and why, or what it is about; where there is little room the sign says how."""
    why = one_line(run.evidence or run.objective, 200)
    if context.narrow and why and run.status != "pending":
        return why
    return f"{run.status} {context.glyphs.dot} {why}" if why else run.status


def _done(run: Run, glyphs: Glyphs) -> Line:
    """What a completed run was about; rows that failed stand first, where no narrow column cuts them off."""
    done = one_line(run.objective, 200) or (format.plural(run.steps, "step") if run.steps else glyphs.dash)
    if run.items_failed:
        return [_failed_items(run), (f" {glyphs.dot} {done}", "muted")]
    return [(done, "muted"), *_items(run, glyphs)]


def _items(run: Run, glyphs: Glyphs) -> Line:
    if run.items_failed:
        return [(f" {glyphs.dot} ", "muted"), _failed_items(run)]
    return [(f" {glyphs.dot} {format.plural(run.items, 'item')}", "muted")] if run.items else []


def _failed_items(run: Run) -> tuple[str, str]:
    return f"{run.items_failed:,} of {format.plural(run.items, 'item')} failed", "bad"


def _started(run: Run, context: Context) -> Line:
    return [(format.clock(run.started, short=context.narrow), "muted")]


def _took(run: Run, context: Context) -> Line:
    return [(format.duration(took(run, context.now)), "text" if run.status == "running" else "muted")]


def _tokens(run: Run, context: Context) -> Line:
    return [(format.run_tokens(run, context.glyphs), "muted")]


def _cost(run: Run, context: Context) -> Line:
    return [(format.run_cost(run, context.glyphs), "text" if run.money.nanousd else "muted")]


def _size(run: Run, context: Context) -> Line:
    return [(format.size(run.size_bytes), "muted")]


def _session(run: Run, context: Context) -> Line:
    return [(one_line(format.session(run.session or "", context.glyphs), 80), "muted")]


STEP = Column("Step", STEP_LEAST, _doing)
COLUMNS = (
    Column("Run", 8, _name, "name", fits=24),
    Column("Workflow", 9, _workflow, "workflow", fits=24),
    STEP,
    Column("Session", 12, _session, rank=6, least=136),
    Column("Started", 8, _started, "started", fits=12, rank=3),
    Column("Took", 8, _took, "took", from_right=True, rank=1),
    Column("Tokens", 6, _tokens, "tokens", from_right=True, rank=4),
    Column("Cost", 8, _cost, "cost", from_right=True, rank=2),
    Column("Size", 8, _size, "size", from_right=True, rank=5),
)
_FITTING = tuple(column for column in COLUMNS if column.fits)
NARROW = 100
"""Screens of fewer columns show short times."""

SORTS: tuple[Sort, ...] = (
    Sort(field="started", descending=True),
    Sort(field="last_event", descending=True),
    Sort(field="took", descending=True),
    Sort(field="tokens", descending=True),
    Sort(field="cost", descending=True),
    Sort(field="size", descending=True),
    Sort(field="errors", descending=True),
    Sort(field="status", descending=False),
    Sort(field="workflow", descending=False),
    Sort(field="name", descending=False),
)
"""Orders that the sort key goes through, each in the direction that one looks for first."""


def took(run: Run, now: float) -> float | None:
    """Seconds that a run took, or has taken so far; to its last sign of life if it is lost or rests."""
    return between(run.started, until(run, now))


Needs = dict[str, int]
"""Cells that what is in a column takes, by title."""


def needs(run: Run, context: Context) -> Needs:
    """Cells that a run's names and its step take; columns grow with them, and never shrink while one looks."""
    return {column.title: width_of(column.cell(run, context)) for column in (*_FITTING, STEP)}


def wanted(needed: Needs) -> int:
    """Cells of a list in which nothing is cut, without the columns that only wide screens show."""
    columns = [column for column in COLUMNS if not column.least]
    sizes = {column.title: _size_of(column, NARROW, needed) for column in columns}
    return _taken(columns, sizes) + max(needed.get(STEP.title, 0) - STEP_LEAST, 0)


def slots(width: int, needed: Needs) -> list[Slot]:
    """The columns that fit in so many cells; the step takes what the others leave."""
    columns = [column for column in COLUMNS if column.least <= width]
    sizes = {column.title: _size_of(column, width, needed) for column in columns}
    while _taken(columns, sizes) > width and (last := max(columns, key=lambda column: column.rank)).rank:
        columns.remove(last)
    if STEP_LEAST + width - _taken(columns, sizes) < min(needed.get(STEP.title, 0), STEP_ROOM):
        columns = [column for column in columns if not column.least]
    sizes[STEP.title] = max(STEP_LEAST + width - _taken(columns, sizes), 1)
    placed, start = [], LEAD
    for column in columns:
        placed.append(Slot(column, start, sizes[column.title]))
        start += sizes[column.title] + GAP
    return placed


def _taken(columns: list[Column], sizes: dict[str, int]) -> int:
    return LEAD + sum(sizes[column.title] + GAP for column in columns) - GAP + 1


def _size_of(column: Column, width: int, needed: Needs) -> int:
    if column.sort == "started" and width < NARROW:
        return 6
    if column.fits:
        # Names may take a quarter of a narrow screen between them, more of a wide one.
        return max(column.width, min(needed.get(column.title, 0), column.fits, width // 6 if width < NARROW else 99))
    return column.width


def head_line(placed: list[Slot], sort: Sort, glyphs: Glyphs) -> Line:
    """The titles, with an arrow at the one sorted by."""
    line: Line = [(" " * LEAD, "muted")]
    arrow = glyphs.descending if sort.descending else glyphs.ascending
    for slot in placed:
        title, on = slot.column.title, slot.column.sort == sort.field
        if on or width_of([(title, "")]) > slot.width:
            # Without an ellipsis: a short word, `Start`, and not a broken one.
            title = title[: slot.width - 1]
        if on:
            title = f"{arrow}{title}" if slot.column.from_right else f"{title}{arrow}"
        line += [*_placed([(title, "title" if on else "muted")], slot), (" " * GAP, "muted")]
    return line[:-1]


def run_line(
    run: Run, placed: list[Slot], context: Context, *, cursor: bool, marked: bool, watched: bool = False
) -> Line:
    """One run."""
    glyphs = context.glyphs
    line: Line = [
        (glyphs.cursor if cursor else " ", "title"),
        (glyphs.mark if marked else " ", "accent"),
        (glyphs.watched if watched else " ", "accent"),
        (glyphs.status(run.status), status_ink(run.status)),
        _kept_where(run, glyphs),
    ]
    for slot in placed:
        line += [*_placed(slot.column.cell(run, context), slot), (" " * GAP, "text")]
    return line[:-1]


def _kept_where(run: Run, glyphs: Glyphs) -> Span:
    """The mark of a run that is pinned, or of one that lies in the archive."""
    if run.pinned:
        return f"{glyphs.pinned} ", "accent"
    return f"{glyphs.archived if run.archived else ' '} ", "muted"


def group_line(head: Head, placed: list[Slot], context: Context, *, cursor: bool) -> Line:
    """The head of a session or project: its runs and what they come to."""
    glyphs, group = context.glyphs, head.group
    line: Line = [
        (glyphs.cursor if cursor else " ", "title"),
        ("  ", "text"),
        (glyphs.open if head.open else glyphs.closed, "title"),
        (" ", "text"),
        (one_line(group.id, 60) if group.id else f"no {head.by}", "strong" if group.id else "muted"),
        (f"  {format.plural(group.runs, 'run')}", "muted"),
    ]
    if group.running:
        line.append((f"  {glyphs.running} {group.running:,} running", "active"))
    ends = placed[-1].start + placed[-1].width
    sums = [slot for slot in placed if slot.column.title in ("Tokens", "Cost")] if group.id else []
    at = sums[0].start if sums else ends
    line = fitted(line, at)
    for slot in sums:
        text = format.count(group.tokens.total) if slot.column.title == "Tokens" else format.cost(group.money, glyphs)
        line += [(right(text, slot.width), "text"), (" " * GAP, "text")]
    return line[:-1] if sums else line


def _placed(line: Line, slot: Slot) -> Line:
    if not slot.column.from_right:
        return fitted(line, slot.width)
    text, ink = line[0]
    return [(right(text, slot.width), ink)]
