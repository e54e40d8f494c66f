"""The steps of a run in a few lines, each with its time as a bar: what a preview and an overview show of them."""

from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from typing import NamedTuple

from ...core.clock import between, seconds_at
from ...core.runs import Run, Step
from .. import format
from ..facts import stands
from ..glyphs import Glyphs
from ..lines import Line, fitted, one_line, right, status_ink

MANY = 60
"""Steps from which on only the outermost are told, and what leads to those that run."""
NOTE = 20
"""Cells that are left behind the figures where something stands there."""


class Row(NamedTuple):
    """A step, and the lines of the tree before it."""

    step: Step
    guide: str


class Outline(NamedTuple):
    """The steps of a run that there is room for."""

    rows: tuple[Row, ...] = ()
    which: str = ""
    """Which of all they are, in words."""


_HOT = {"failed": "round the last failure", "running": "round what is open"}
"""What somebody looks for first among steps, and how those round it are called."""


def outline_of(steps: Sequence[Step], room: int, glyphs: Glyphs, *, live: bool) -> Outline:
    """The steps round the last one that failed or is open; of a run that is over without any, the longest ones.

    Of more than there is room for. Costs a look at every step.
    """
    rows = outlined(steps, room, glyphs, many=room)
    hot = [row.step.status for row in rows if row.step.status in _HOT]
    if not hot and not live and any(_lasted(step) for step in steps):
        return Outline(tuple(_longest(steps, room, glyphs)), "the longest")
    return Outline(tuple(rows), _HOT[hot[-1]] if hot else "the last")


def _longest(steps: Sequence[Step], room: int, glyphs: Glyphs) -> list[Row]:
    """The steps that took the longest, below those that they lie in, in the order in which they began."""
    kept = {step.id for step in nlargest(room, steps, key=_lasted)}
    return _tree([step for step in steps if step.id in kept], glyphs, room)


def _lasted(step: Step) -> float:
    """Seconds that a step took; 0 if it has no end."""
    return between(step.started, step.finished) or 0.0


def outlined(steps: Sequence[Step], room: int, glyphs: Glyphs, *, many: int = MANY) -> list[Row]:
    """As many steps as there is room for: those round the last one that runs or failed, else the last ones.

    Of more than `many` only the outermost, and what leads to those that run. Costs a look at every step.
    """
    rows = _tree(steps, glyphs, many)
    hot = [place for place, row in enumerate(rows) if row.step.status in ("running", "failed")]
    end = min(max((hot[-1] if hot else len(rows) - 1) + 1, room), len(rows))
    return rows[max(end - room, 0) : end]


def outline_lines(rows: Sequence[Row], run: Run, width: int, now: float, glyphs: Glyphs) -> Iterator[Line]:
    """Their lines: name, bar on the run's time scale, time, money, and what failed or who did it."""
    scale = _Scale.of(run, now)
    several = len({row.step.agent for row in rows if row.step.agent}) > 1
    longest = max((len(row.guide) + len(row.step.name) + 3 for row in rows), default=0)
    name = max(min(width // 3, 32), min(longest, width * 45 // 100), 12)
    notes = [_note(row.step, several and width >= 100) for row in rows]
    # One width for all, for they stand on one scale.
    bar = max(min(width - name - 22 - (NOTE if any(notes) else 0), 60), 8)
    for row, note in zip(rows, notes, strict=True):
        status = stands(row.step, run.status)
        yield _step(row, status, name, scale.bar(row.step, status, bar, now, glyphs), note, now, glyphs)


def _tree(steps: Sequence[Step], glyphs: Glyphs, many: int) -> list[Row]:
    """Steps below their parents, each with the lines of the tree before it."""
    by_id = {step.id: step for step in steps}
    parents = {step.id: step.parent if step.parent in by_id and step.parent != step.id else None for step in steps}
    told = set(by_id)
    if len(steps) > many and len(outer := {id for id, parent in parents.items() if parent is None}) > 1:
        told = outer | _and_above([step.id for step in steps if step.status == "running"], parents)
    below: dict[str | None, list[Step]] = {}
    for id in told:
        below.setdefault(parents[id], []).append(by_id[id])
    places = {step.id: place for place, step in enumerate(steps)}
    for children in below.values():
        children.sort(key=lambda step: places[step.id])
    rows: list[Row] = []
    # A stack of our own, for steps may be nested as deep as somebody likes.
    stack = [(step, "", "") for step in reversed(below.get(None, []))]
    while stack:
        step, guide, indent = stack.pop()
        rows.append(Row(step, guide))
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


class _Scale(NamedTuple):
    """The time that the bars stand for."""

    start: float
    length: float

    @staticmethod
    def of(run: Run, now: float) -> "_Scale":
        start = seconds_at(run.started, now)
        return _Scale(start, max(now - start, 0.001))

    def bar(self, step: Step, status: str, width: int, now: float, glyphs: Glyphs) -> Line:
        """The step's time as a bar in `width` cells."""
        if step.started is None:
            return [(" " * width, "faint")]
        begin = (seconds_at(step.started, now) - self.start) / self.length
        finish = (seconds_at(step.finished, now) - self.start) / self.length if step.finished else 1.0
        low = min(max(int(begin * width), 0), width - 1)
        high = min(max(round(finish * width), low + 1), width)
        running = status == "running"
        body = glyphs.bar * (high - low - running) + (glyphs.bar_running if running else "")
        return [(glyphs.bar_rest * low, "faint"), (body, status_ink(status)), (" " * (width - high), "faint")]


def _note(step: Step, agents: bool) -> Line:
    """What stands behind a step: why it failed, else who did it, where several did."""
    if step.error:
        return [(f"  {one_line(step.error, 200)}", "bad")]
    if agents and step.agent and step.agent != step.name:
        return [(f"  {one_line(step.agent, 40)}", "muted")]
    return []


def _step(row: Row, status: str, name: int, bar: Line, note: Line, now: float, glyphs: Glyphs) -> Line:
    """One step, with its name in so many cells."""
    step = row.step
    lasted = between(step.started, step.finished) if step.finished else None
    if step.started and lasted is None and step.status == "running":
        lasted = max(now - seconds_at(step.started, now), 0)
    took = format.duration(lasted) if lasted is not None else glyphs.dash
    money = format.cost(step.money, glyphs) if step.money.provenance != "none" else ""
    named: Line = [
        (row.guide, "faint"),
        (glyphs.status(status) + " ", status_ink(status)),
        (one_line(step.name, 80), "muted" if step.status in ("pending", "skipped") else "text"),
    ]
    figures: Line = [(right(took, 8), "text"), (right(money, 10), "muted")]
    return [*fitted(named, name), (" ", "text"), *bar, *figures, *note]
