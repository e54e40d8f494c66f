"""The steps of a run as a tree of lines on one time scale, and the page about one step."""

from collections.abc import Iterator, Sequence

import msgspec

from ..core.clock import between, to_seconds
from ..core.events import Fault, Json
from ..core.runs import Step
from ..core.step_nesting import is_inside, nested
from . import format
from .facts import fact, gap, label, paired
from .glyphs import UNICODE, Glyphs
from .lines import Line, fitted, one_line, right, status_ink
from .nodes import Node
from .overview import fault_nodes, section_of

MANY = 60
"""Steps from which on finished subtrees are folded by themselves."""

QUIET = 60.0
"""Seconds without an event after which an open step may be stuck."""


class StepTree:
    """The steps by their nesting. Lines are drawn for the moment `now`, children when they are unfolded."""

    def __init__(self, steps: Sequence[Step], glyphs: Glyphs = UNICODE) -> None:
        self.all = list(steps)
        self.glyphs = glyphs
        self.by_id = {step.id: step for step in steps}
        self.now = 0.0
        self.width = 80
        self._below = nested(steps)
        self._places = {step.id: n for n, step in enumerate(steps)}
        self._lively = self._with_unfinished()
        self._starts = {step.id: at for step in steps if (at := _seconds(step.started)) is not None}
        self._ends = {step.id: at for step in steps if (at := _seconds(step.finished)) is not None}
        self._first = min(self._starts.values(), default=0.0)
        self._last = max([*self._starts.values(), *self._ends.values()], default=0.0)
        self._live = any(step.status == "running" for step in steps)

    def _with_unfinished(self) -> set[str]:
        """Steps that run or failed, and all that they lie in: what is worth being unfolded."""
        found = {step.id for step in self.all if step.status in ("running", "failed")}
        for step in reversed(self.all):
            if step.id in found and step.parent:
                found.add(step.parent)
        return found

    def nodes(self, parent: str | None = None) -> list[Node]:
        """The steps right below one, or the outermost ones."""
        return [self._node(step) for step in self._below.get(parent, ())]

    def _node(self, step: Step) -> Node:
        inner = self._below.get(step.id)
        open = len(self.all) <= MANY or step.id in self._lively
        return Node(
            step.id,
            lambda width: self._line(step, width),
            (lambda: self.nodes(step.id)) if inner else None,
            open,
            target=step.id,
        )

    def path(self, id: str) -> tuple[str, ...]:
        """The ids from the outermost step to this one; empty if it is not there."""
        path: list[str] = []
        step = self.by_id.get(id)
        while step is not None:
            path.append(step.id)
            step = self.by_id.get(step.parent) if step.parent and is_inside(step, self._places) else None
        return tuple(reversed(path))

    # One line.

    def _line(self, step: Step, width: int) -> Line:
        bar = self.bar_width
        end = self._end(step)
        took = None if step.id not in self._starts else (end or 0.0) - self._starts[step.id]
        cost = format.cost(step.money, self.glyphs) if step.money.provenance != "none" else ""
        tail: Line = [
            ("  ", "text"),
            *self._bar(step, end, bar),
            (right("" if took is None else format.duration(took), 8), "text"),
        ]
        if self.width >= 70:
            tail.append((right(format.count(step.tokens.total) if step.tokens.total else "", 7), "muted"))
        tail.append((right(cost, 9), "muted"))
        return [*fitted(self._name(step), max(width - sum(len(text) for text, _ in tail), 0)), *tail]

    def head(self, width: int) -> Line:
        """The heads of the columns."""
        tail = right("took", 8 + self.bar_width) + (right("tokens", 7) if self.width >= 70 else "") + right("cost", 9)
        return [*fitted([("step", "muted")], max(width - len(tail), 0)), (tail, "muted")]

    @property
    def bar_width(self) -> int:
        """Cells of the time scale."""
        return max(8, min(self.width // 4, 40))

    def _name(self, step: Step) -> Line:
        line: Line = [
            (f"{self.glyphs.status(step.status)} ", status_ink(step.status)),
            (one_line(step.name, 80), "muted" if step.status in ("pending", "skipped") else "text"),
        ]
        if step.attempt > 1:
            line.append((f" #{step.attempt}", "warn"))
        if step.error:
            line.append((f"  {one_line(step.error, 120)}", "bad"))
        elif step.agent and step.agent != step.name:
            line.append((f"  {one_line(step.agent, 40)}", "muted"))
        return line

    def _end(self, step: Step) -> float | None:
        if step.id not in self._starts:
            return None
        if step.status == "running":
            return max(self.now, self._starts[step.id])
        return self._ends.get(step.id, self._starts[step.id])

    def _bar(self, step: Step, end: float | None, width: int) -> Line:
        rest, bar = self.glyphs.bar_rest, self.glyphs.bar
        if end is None:
            return [(" " * width, "faint")]
        last = max(self._last, self.now) if self._live else self._last
        scale = width / ((last - self._first) or 1.0)
        start = min(int((self._starts[step.id] - self._first) * scale), width - 1)
        length = max(1, min(round((end - self._starts[step.id]) * scale), width - start))
        ink = status_ink(step.status)
        filled = bar * (length - 1) + (self.glyphs.bar_running if step.status == "running" else bar)
        return [(rest * start, "faint"), (filled, ink), (" " * (width - start - length), "faint")]

    # What is open.

    def oldest_open(self) -> Step | None:
        """The innermost open step that began first: where a run that goes nowhere is stuck."""
        holding = {step.parent for step in self.all if step.status == "running"}
        open = [step for step in self.all if step.status == "running" and step.id not in holding]
        return min(open, key=lambda step: step.started or "", default=None)

    def open_line(self, quiet: float | None) -> Line:
        """What runs now, and since when; `quiet` are the seconds since the run's newest event."""
        step = self.oldest_open()
        if step is None:
            return []
        count = sum(one.status == "running" for one in self.all)
        stuck = quiet is not None and quiet > QUIET
        since = format.duration(self.now - self._starts.get(step.id, self.now))
        return [
            ("stuck? " if stuck else "", "warn"),
            ("oldest open step ", "muted"),
            (one_line(step.name, 60), "warn" if stuck else "strong"),
            (f" {since}", "text"),
            (f", {format.plural(count, 'step')} open" if count > 1 else "", "muted"),
            (f", last event {format.age(quiet)} ago" if quiet is not None else "", "muted"),
        ]


def _seconds(t: str | None) -> float | None:
    try:
        return to_seconds(t) if t else None
    except ValueError:
        return None


class StepDetail(msgspec.Struct, kw_only=True, frozen=True):
    """What is read about one step when somebody looks."""

    step: Step
    input: Json = None
    output: Json = None
    fault: Fault | None = None
    problem: str = ""
    """Why its input or output cannot be read."""


def detail_nodes(found: StepDetail, names: dict[str, str], now: float, glyphs: Glyphs) -> Iterator[Node]:
    """The page about one step; `names` are the names of all steps."""
    step = found.step
    ink = status_ink(step.status)
    title: Line = [(f"{glyphs.status(step.status)} {step.status}  ", ink), (one_line(step.name, 120), "strong")]
    yield Node("title", title)
    if found.fault:
        yield from fault_nodes(found.fault)
    elif step.error:
        yield fact("error", step.error, "bad")
    if found.problem:
        yield fact("damaged", found.problem, "bad")
    end = None if step.status == "running" else step.finished
    took = between(step.started, end) if end else (now - (_seconds(step.started) or now))
    yield from paired(
        [
            ("agent", one_line(step.agent, 60), "text"),
            ("kind", one_line(step.kind, 40), "text"),
            ("started", format.moment(step.started) if step.started else "", "text"),
            ("took", format.duration(took) if step.started else "", "text"),
            ("attempt", f"{step.attempt}" if step.attempt > 1 else "", "text"),
            ("log", f"{format.plural(step.logs, 'entry', 'entries')}" if step.logs else "", "text"),
            ("tokens", f"{step.tokens.input:,} in, {step.tokens.output:,} out" if step.tokens.total else "", "text"),
            ("cost", format.cost(step.money, glyphs) if step.money.provenance != "none" else "", "text"),
            ("id", one_line(step.id, 40), "muted"),
        ]
    )
    if step.depends_on:
        after = ", ".join(one_line(names.get(id, id), 40) for id in step.depends_on[:8])
        yield Node("after", [label("after"), (after, "text")])
    for name, value in (("input", found.input), ("output", found.output)):
        if value is not None:
            yield gap(name)
            yield section_of(name, value)
