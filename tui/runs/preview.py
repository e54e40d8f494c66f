"""What the preview says of a run: why it stands as it stands, its steps on a time scale, its last log entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...core.clock import seconds_at
from ...core.errors import NotFound
from ...core.logs import LogEntry, LogFilter
from ...core.runs import Run, Step
from .. import format
from ..facts import evidence, last_moment
from ..glyphs import Glyphs
from ..lines import Line, one_line, status_ink
from ..logs.brief import brief
from ..steps.outline import outline_lines, outlined
from .sections import Head

if TYPE_CHECKING:
    from ...core.store import Store

MANY_STEPS = 5000
"""Runs with more steps are previewed without them: reading all for six lines would not be worth it."""


class Previewed(NamedTuple):
    """A run and what was read for its preview."""

    run: Run
    steps: tuple[Step, ...] = ()
    logs: tuple[LogEntry, ...] = ()
    """The newest ones, in order."""


def read_preview(store: Store, run: Run) -> Previewed | None:
    """Reads what the preview shows; None if the run is gone. Call it in a thread."""
    try:
        steps = store.runs.steps(run.id) if 0 < run.steps <= MANY_STEPS else []
        logs = store.logs.query(run.id, LogFilter(level="INFO"), limit=8)
    except NotFound:
        return None
    return Previewed(run, tuple(steps), tuple(logs))


def title(run: Run, glyphs: Glyphs) -> Line:
    """The run's name and kind, for the frame."""
    dot = f" {glyphs.dot} "
    version = "" if run.version is None else f"@{run.version}"
    line: Line = [(f" {one_line(run.name, 40) or format.short_id(one_line(run.id), glyphs)}", "strong")]
    line.append((f"  {one_line(run.workflow, 40)}{version}", "text"))
    session = format.session(run.session or "", glyphs)
    for label, value in (("session", session), ("project", run.project), ("from", run.source)):
        if value:
            line.append((f"{dot}{label} {one_line(value, 30)}", "muted"))
    if run.attempt > 1:
        line.append((f"{dot}attempt {run.attempt}", "muted"))
    for tag in run.tags[:4]:
        line.append((f"{dot}#{one_line(tag, 20)}", "accent"))
    return [*line, (" ", "text")]


def group_title(head: Head) -> Line:
    """What a group is of, for the frame."""
    return [(f" {head.by} ", "muted"), (one_line(head.group.id, 60) or "none", "strong"), (" ", "text")]


def group_lines(head: Head, now: float, glyphs: Glyphs) -> list[Line]:
    """What is known of a session or project as a whole."""
    group = head.group
    runs: Line = [(format.plural(group.runs, "run"), "strong")]
    if group.running:
        runs.append((f"  {glyphs.running} {group.running:,} running", "active"))
    if (last := seconds_at(group.last_event)) is not None:
        runs.append((f"  newest event {format.clock(group.last_event)}, {format.age(now - last)} ago", "muted"))
    lines = [runs]
    if group.tokens.total:
        lines.append([(f"{format.count(group.tokens.total)} tokens, {format.cost(group.money, glyphs)}", "text")])
    return [*lines, [("enter ", "accent"), ("folds it" if head.open else "shows its runs", "muted")]]


def preview_lines(found: Previewed, width: int, height: int, now: float, glyphs: Glyphs) -> list[Line]:
    """The preview in `height` lines: what it is about, then steps; the log takes what is left, two lines at least."""
    lines = list(_facts(found.run, now, glyphs))[: max(height - 2, 1)]
    logs = min(len(found.logs), 2 if height < 10 else 4)
    room = max(height - len(lines) - logs, 0)
    rows = outlined(found.steps, room, glyphs)
    lines += outline_lines(rows, found.run, width, last_moment(found.run, now), glyphs)
    room = max(height - len(lines), 0)
    shown = found.logs[-room:] if room else ()
    return [*lines, *(brief(entry) for entry in shown)]


def _facts(run: Run, now: float, glyphs: Glyphs) -> Iterator[Line]:
    sign = glyphs.status(run.status)
    if run.status in ("lost", "waiting") or (run.error and run.status == "failed"):
        why = one_line(run.error, 300) if run.status == "failed" else evidence(run, now)
        label = "waits for an answer" if run.status == "waiting" else run.status
        ink = status_ink(run.status)
        yield [(f"{sign} {label}", ink), (f"  {why}" if why else "", "text")]
    if run.damaged:
        where = format.plural(run.damaged, "part")
        yield [(f"{glyphs.damaged} {where} of this run could not be read; the rest is shown", "warn")]
    if run.objective:
        yield [(one_line(run.objective, 300), "muted")]
