"""One line of a comparison in full: two runs' steps, values or states against each other."""

from collections.abc import Container, Iterator, Sequence
from typing import Any

from msgspec import UNSET

from ...core.comparing.steps import AlignedStep
from ...core.diff import same, text_diff
from ...core.events import Fault, Json
from ...core.progress import go_on
from ...core.store import Store
from ...core.text import safe_text
from .. import format
from ..facts import gap, heading, label
from ..glyphs import Glyphs
from ..lines import Line, one_line, status_ink
from ..parts.fault_nodes import fault_nodes
from ..states.change_nodes import change_nodes, signed
from ..states.signs import INK, SIGN
from ..steps.detail import StepDetail, read_detail
from ..trees.json_nodes import json_node, section_of
from ..trees.many_nodes import folded_beyond, in_ranges
from ..trees.nodes import Node
from ..workflows.diff_lines import Sides, diff_rows
from .rows import Context
from .state_rows import StateTarget, value_or_why
from .step_rows import step_took
from .value_rows import Values

LINES = 4000
"""Lines of two texts that are shown of what differs."""

LONG = 20_000
"""Characters of a line that are shown."""

WIDE = 100
"""Cells from which two texts stand beside each other."""

Target = AlignedStep | Values | StateTarget


def name_of(target: Target) -> str:
    """What the line is about; an agent's own words."""
    return target.name


def read_target(store: Store, target: Target, base: int, other: int) -> tuple[Any, Any]:
    """Both sides of a line: what is shown of them. To be called in a thread."""
    if isinstance(target, Values):
        return target.values[base], target.values[other]
    if isinstance(target, StateTarget):
        return _state(store, target, base), _state(store, target, other)
    one, two = target.steps[base], target.steps[other]
    return one and read_detail(store, one), two and read_detail(store, two)


def _state(store: Store, target: StateTarget, place: int) -> Any:
    checkpoint = target.checkpoints[place]
    return UNSET if checkpoint is None else value_or_why(store, checkpoint, target.name)


def detail_lines(target: Target, sides: tuple[Any, Any], context: Context, width: int) -> Sequence[Node]:
    """Both sides as nodes. What differs is looked for here: to be called in a thread."""
    if isinstance(target, AlignedStep):
        return folded_beyond(list(_step_nodes(*sides, context, width)))
    return folded_beyond(list(value_nodes(*sides, width, context.glyphs)))


# --- values ------------------------------------------------------------------------------------------


def value_nodes(before: Any, after: Any, width: int, glyphs: Glyphs) -> Iterator[Node]:
    """What differs between two values; `UNSET` is none."""
    if before is UNSET and after is UNSET:
        yield Node("none", [("neither has it", "muted")])
    elif before is UNSET or after is UNSET:
        value, kind = (after, "added") if before is UNSET else (before, "removed")
        yield signed(kind, json_node("", value, key="value"))  # type: ignore[arg-type]
    elif same(before, after):
        yield Node("same", [("Both are the same", "muted")])
        yield section_of("value", before)
    elif isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > width // 2:
        yield from _text_nodes(before, after, width, glyphs)
    else:
        yield from in_ranges(list(change_nodes(before, after)))


def _text_nodes(before: str, after: str, width: int, glyphs: Glyphs) -> Iterator[Node]:
    """Two texts line by line, with the words that differ; beside each other where both have room."""
    diff = text_diff(before, after)
    shown = diff[:LINES]
    sides = Sides(_lines(before, {line.before for line in shown}), _lines(after, {line.after for line in shown}))
    room = width - 3  # beside a fold's sign and the scroll bar
    for number, row in enumerate(diff_rows(shown, sides, room, glyphs, beside=room >= WIDE)):
        go_on()
        yield Node(number, row.line)
    if len(diff) > LINES:
        yield Node("more", [(f"only the first {LINES:,} lines are shown", "faint")])


def _lines(text: str, numbers: Container[int | None]) -> list[Line]:
    """The lines of an agent's text that have these numbers; empty ones for all others."""
    lines = enumerate(text.split("\n"), 1)
    return [[(safe_text(line, limit=LONG), "text")] if number in numbers else [] for number, line in lines]


# --- steps -------------------------------------------------------------------------------------------


def _step_nodes(before: StepDetail | None, after: StepDetail | None, context: Context, width: int) -> Iterator[Node]:
    if before is None or after is None:
        there = after or before
        if there is None:
            yield Node("none", [("Neither of these two runs has this step", "muted")])
            return
        kind = "added" if before is None else "removed"
        which = "the other run" if after else "the baseline"
        yield Node("one", [(f"{SIGN[kind]} ", INK[kind]), (f"Only {which} has this step", "strong")])
        yield from _facts(there, there, context)
        yield from _fault(there.fault)
        for name in ("input", "output"):
            value = getattr(there, name)
            if value is not None:
                yield gap(name)
                yield section_of(name, value)
        return
    yield from _facts(before, after, context)
    for side, found in (("baseline", before), ("other", after)):
        if found.fault:
            yield gap(("fault", side))
            yield heading(f"error of the {'baseline' if side == 'baseline' else 'other run'}")
            yield from _keyed(side, _fault(found.fault))
        if found.problem:
            yield Node(("problem", side), [(one_line(found.problem), "bad")])
    for name in ("input", "output"):
        yield from _part(name, getattr(before, name), getattr(after, name), width, context.glyphs)


def _keyed(side: str, nodes: Iterator[Node]) -> Iterator[Node]:
    for node in nodes:
        node.key = (side, node.key)
        yield node


def _fault(fault: Fault | None) -> Iterator[Node]:
    if fault is not None:
        yield from fault_nodes(fault)


def _part(name: str, before: Json, after: Json, width: int, glyphs: Glyphs) -> Iterator[Node]:
    if before is None and after is None:
        return
    yield gap(name)
    if same(before, after):
        node = section_of(name, before)
        node.open = False
        yield node
        yield Node((name, "same"), [("the same in both", "faint")])
        return
    yield heading(name)
    one, two = (UNSET if value is None else value for value in (before, after))
    yield from _keyed(name, value_nodes(one, two, width, glyphs))


def _facts(before: StepDetail, after: StepDetail, context: Context) -> Iterator[Node]:
    """The facts of both, an arrow where they differ."""
    one, other, glyphs = before.step, after.step, context.glyphs
    times = [format.duration(step_took(step, context.now)) if step.started else "" for step in (one, other)]
    rows: list[tuple[str, str, str, str]] = [
        ("status", one.status, other.status, status_ink(other.status)),
        ("took", times[0], times[1], "text"),
        ("cost", format.cost(one.money, glyphs), format.cost(other.money, glyphs), "text"),
        ("tokens", format.number(one.tokens.total), format.number(other.tokens.total), "text"),
        ("attempt", f"{one.attempt}", f"{other.attempt}", "text"),
        ("agent", one_line(one.agent, 60), one_line(other.agent, 60), "text"),
        ("kind", one_line(one.kind, 40), one_line(other.kind, 40), "text"),
        ("error", one_line(one.error, 200), one_line(other.error, 200), "bad"),
        ("log", f"{one.logs:,}", f"{other.logs:,}", "text"),
    ]
    for name, left, right, ink in rows:
        if left or right:
            line: Line = [label(name), (left or glyphs.dash, "text" if left != right else ink)]
            if left != right:
                line += [(f" {glyphs.arrow} ", "faint"), (right or glyphs.dash, ink)]
            yield Node(("fact", name), line)
