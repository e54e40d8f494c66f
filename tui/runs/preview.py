"""What the preview says of a run: why it stands as it stands, its steps on a time scale, its last log entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...core.clock import between, seconds_at
from ...core.errors import NotFound
from ...core.logs import LogEntry, LogFilter
from ...core.runs import Run, Step
from .. import format
from ..facts import evidence, last_moment
from ..glyphs import Glyphs
from ..lines import Line, fitted, one_line, right, status_ink
from ..logs.brief import brief
from .sections import Head

if TYPE_CHECKING:
    from ...core.store import Store

MANY_STEPS = 5000
"""Runs with more steps are previewed without them: reading all for six lines would not be worth it."""

OUTLINE = 60
"""Steps from which on only the outermost are told, and what leads to those that run."""


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
    steps = list(_steps(found, width, room, last_moment(found.run, now), glyphs))
    lines += steps
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


class _Row(NamedTuple):
    step: Step
    guide: str


def _tree(steps: tuple[Step, ...], glyphs: Glyphs) -> list[_Row]:
    """Steps below their parents, each with the lines of the tree before it."""
    by_id = {step.id: step for step in steps}
    parents = {step.id: step.parent if step.parent in by_id and step.parent != step.id else None for step in steps}
    told = set(by_id)
    if len(steps) > OUTLINE and len(outer := {id for id, parent in parents.items() if parent is None}) > 1:
        told = outer | _and_above([step.id for step in steps if step.status == "running"], parents)
    below: dict[str | None, list[Step]] = {}
    for id in told:
        below.setdefault(parents[id], []).append(by_id[id])
    places = {step.id: place for place, step in enumerate(steps)}
    for children in below.values():
        children.sort(key=lambda step: places[step.id])
    rows: list[_Row] = []
    # A stack of our own, for steps may be nested as deep as somebody likes.
    stack = [(step, "", "") for step in reversed(below.get(None, []))]
    while stack:
        step, guide, indent = stack.pop()
        rows.append(_Row(step, guide))
        children = below.get(step.id, [])
        for place in range(len(children) - 1, -1, -1):
            last = place == len(children) - 1
            sign, under = (glyphs.last, glyphs.gap) if last else (glyphs.branch, glyphs.trunk)
            stack.append((children[place], indent + sign, indent + under))
    return rows


def _and_above(ids: Sequence[str], parents: Mapping[str, str | None]) -> set[str]:
    """These steps, and all that they lie in."""
    found: set[str] = set()
    for id in ids:
        above: str | None = id
        while above is not None and above not in found:
            found.add(above)
            above = parents[above]
    return found


def _steps(found: Previewed, width: int, room: int, now: float, glyphs: Glyphs) -> Iterator[Line]:
    """As many steps as there is room for: those round the last one that runs or failed, else the last ones."""
    rows = _tree(found.steps, glyphs)
    hot = [place for place, row in enumerate(rows) if row.step.status in ("running", "failed")]
    end = min(max((hot[-1] if hot else len(rows) - 1) + 1, room), len(rows))
    scale = _Scale.of(found.run, now)
    several = len({step.agent for step in found.steps if step.agent}) > 1
    shown = rows[max(end - room, 0) : end]
    longest = max((len(row.guide) + len(row.step.name) + 3 for row in shown), default=0)
    name = max(min(width // 3, 32), min(longest, width * 45 // 100), 12)
    for row in shown:
        yield _step(row, scale, name, width, now, glyphs, agent=several and width >= 100)


class _Scale(NamedTuple):
    """The time that the bars stand for."""

    start: float
    length: float

    @staticmethod
    def of(run: Run, now: float) -> _Scale:
        start = seconds_at(run.started, now)
        return _Scale(start, max(now - start, 0.001))

    def bar(self, step: Step, width: int, now: float, glyphs: Glyphs) -> Line:
        """The step's time as a bar in `width` cells."""
        if step.started is None:
            return [(" " * width, "faint")]
        begin = (seconds_at(step.started, now) - self.start) / self.length
        finish = (seconds_at(step.finished, now) - self.start) / self.length if step.finished else 1.0
        low = min(max(int(begin * width), 0), width - 1)
        high = min(max(round(finish * width), low + 1), width)
        running = step.status == "running"
        body = glyphs.bar * (high - low - running) + (glyphs.bar_running if running else "")
        return [(glyphs.bar_rest * low, "faint"), (body, status_ink(step.status)), (" " * (width - high), "faint")]


def _step(row: _Row, scale: _Scale, name: int, width: int, now: float, glyphs: Glyphs, *, agent: bool) -> Line:
    """One step, with its name in so many cells, and perhaps who did it."""
    step = row.step
    lasted = between(step.started, step.finished) if step.finished else None
    if step.started and lasted is None and step.status == "running":
        lasted = max(now - seconds_at(step.started, now), 0)
    took = format.duration(lasted) if lasted is not None else glyphs.dash
    money = format.cost(step.money, glyphs) if step.money.provenance != "none" else ""
    note: Line = [(f"  {one_line(step.error, 200)}", "bad")] if step.error else []
    if agent and not step.error and step.agent and step.agent != step.name:
        note = [(f"  {one_line(step.agent, 40)}", "muted")]
    bar = max(min(width - name - 22 - (20 if note else 0), 60), 8)
    return [
        *fitted(
            [
                (row.guide, "faint"),
                (glyphs.status(step.status) + " ", status_ink(step.status)),
                (one_line(step.name, 80), "muted" if step.status in ("pending", "skipped") else "text"),
            ],
            name,
        ),
        (" ", "text"),
        *scale.bar(step, bar, now, glyphs),
        (right(took, 8), "text"),
        (right(money, 10), "muted"),
        *note,
    ]
