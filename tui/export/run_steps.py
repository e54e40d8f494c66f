"""The steps of a run on its page: a waterfall, with what went into each and what came out of it."""

from collections.abc import Iterable, Iterator

from ...core.clock import seconds_at
from ...core.runs import Run, Step
from ...core.step_nesting import nested
from ...core.store import Store
from .. import format
from ..compare.step_rows import step_took
from ..facts import last_moment, no_answer, stands
from ..glyphs import UNICODE
from ..lines import status_ink
from ..steps.detail import read_detail
from .bounds import BODIES, BODY, STEPS, left_out
from .elements import Html, folded, joined, note, row, section, table, tag
from .values import about, value

DEEPEST = 6
"""Levels that are indented."""


def steps(store: Store, run: Run, now: float) -> Html:
    """All steps within the bounds, each in its place on one time scale."""
    found = store.runs.steps(run.id, limit=STEPS)
    scale = _Scale(found, last_moment(run, now))
    shown = {step.id for step in _with_bodies(found)}
    rows = (
        _row(store, step, stands(step, run.status), depth, scale, step.id in shown) for step, depth in _in_order(found)
    )
    bodies = sum(step.has_input or step.has_output for step in found)
    left = (left_out(len(found), run.steps, "steps"), left_out(BODIES, bodies, "steps' inputs and outputs"))
    notes = (note(words) for words in left if words)
    return section(
        "Steps", *notes, table(("step", "", "took", "tokens", "cost"), rows, class_="steps"), about=f"{run.steps:,}"
    )


def _in_order(found: list[Step]) -> Iterator[tuple[Step, int]]:
    below = nested(found)
    stack = [(step, 0) for step in reversed(below.get(None, []))]
    while stack:
        step, depth = stack.pop()
        yield step, depth
        stack += [(inner, depth + 1) for inner in reversed(below.get(step.id, []))]


def _with_bodies(found: Iterable[Step]) -> list[Step]:
    """The steps whose input and output are shown: failed ones first."""
    bodies = [step for step in found if step.has_input or step.has_output or step.error]
    return sorted(bodies, key=lambda step: step.status != "failed")[:BODIES]


class _Scale:
    """From the first step's beginning to the last one's end, in hundredths."""

    def __init__(self, found: Iterable[Step], now: float) -> None:
        self.now = now
        times = [at for step in found for t in (step.started, step.finished) if (at := seconds_at(t)) is not None]
        if any(step.status == "running" for step in found):
            times.append(now)
        self._first = min(times, default=0.0)
        self._span = (max(times, default=0.0) - self._first) or 1.0

    def bar(self, step: Step, status: str) -> Html:
        """Where a step lies in it that stands so."""
        start = seconds_at(step.started)
        if start is None:
            return Html("")
        end = self.now if step.status == "running" else seconds_at(step.finished) or start
        x = 100 * (start - self._first) / self._span
        width = max(100 * (end - start) / self._span, 0.4)
        kind = status if status in ("failed", "running") else False
        rect = tag("rect", x=f"{min(max(x, 0), 99.6):.2f}", width=f"{width:.2f}", y="0", height="10", class_=kind)
        return tag("svg", rect, viewBox="0 0 100 10", preserveAspectRatio="none")


def _row(store: Store, step: Step, status: str, depth: int, scale: _Scale, with_body: bool) -> Html:
    attempt = f" #{step.attempt}" if step.attempt > 1 else ""
    sign = tag("span", f"{UNICODE.status(status)} ", class_=status_ink(status))
    name = joined([sign, step.name, tag("small", f"{attempt}  {step.agent}", class_="muted")])
    error = tag("div", step.error, class_="bad") if step.error else Html("")
    inside = list(_bodies(store, step, status)) if with_body else []
    cell = folded(name, error, *inside) if inside else joined([name, error])
    took = format.duration(step_took(step, scale.now)) if step.started else ""
    tokens = format.count(step.tokens.total) if step.tokens.total else ""
    cost = format.cost(step.money) if step.money.provenance != "none" else ""
    return row(tag("div", cell, class_=f"i{min(depth, DEEPEST)}"), scale.bar(step, status), took, tokens, cost)


def _bodies(store: Store, step: Step, status: str) -> Iterator[Html]:
    found = read_detail(store, step)
    if found.problem:
        yield note(found.problem)
    if found.fault and (found.fault.message or found.fault.traceback):
        yield value("\n".join(filter(None, (found.fault.message, found.fault.traceback))), BODY)
    for name, body in (("input", found.input), ("output", found.output)):
        if body is not None:
            yield tag("small", f"{name}  {about(body)}", class_="muted")
            yield value(body, BODY)
    if found.input is not None and found.output is None and (words := no_answer(status)):
        yield note(words)
