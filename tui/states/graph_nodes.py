"""The checkpoints of a run as a graph of lines, with the runs that started at one of them."""

from collections.abc import Mapping, Sequence
from functools import partial

from ...core.checkpoints import Checkpoint
from ...core.runs import Run
from .. import format
from ..glyphs import Glyphs
from ..graph import ASCII as ASCII_SIGNS
from ..graph import UNICODE as UNICODE_SIGNS
from ..graph import Lane, lanes
from ..lines import Line, between, one_line, status_ink
from ..trees.nodes import Node


def checkpoint_nodes(
    checkpoints: Sequence[Checkpoint],
    names: Mapping[str, str],
    marked: Sequence[str],
    glyphs: Glyphs,
    branches: Sequence[Run] = (),
) -> list[Node]:
    """One line a checkpoint, with its lane; below it one for each of the `branches`, the runs, that started there."""
    signs = UNICODE_SIGNS if glyphs.ellipsis == "…" else ASCII_SIGNS
    started: dict[str, list[Run]] = {}
    for run in branches:
        started.setdefault(run.from_checkpoint or "", []).append(run)
    parents: dict[str, tuple[str, ...]] = {}
    for one in checkpoints:
        parents[one.id] = (one.parent,) if one.parent else ()
        parents |= {f"run {run.id}": (one.id,) for run in started.get(one.id, ())}
    drawn = lanes(parents, signs)
    nodes = []
    for one in checkpoints:
        line = partial(_checkpoint_line, one, names, drawn[one.id], glyphs.mark if one.id in marked else "")
        nodes.append(Node(one.id, line, target=one.id))
        nodes += [_branch_node(run, drawn[f"run {run.id}"], glyphs) for run in started.get(one.id, ())]
    return nodes


FIGURES = 36
"""Cells of a line from which on it has room for figures."""


def checkpoint_head(width: int) -> Line:
    """The titles over those lines."""
    return between([(" checkpoint", "muted")], [(" changed    size", "muted")] if width >= FIGURES else [], width)


def _branch_node(run: Run, lane: Lane, glyphs: Glyphs) -> Node:
    """The line of a run that started at the checkpoint above; `enter` goes to it."""
    at = 2 * lane.lane
    line: Line = [
        (" ", "text"),
        (lane.text[:at], "faint"),
        (glyphs.status(run.status), status_ink(run.status)),
        (lane.text[at + 1 :], "faint"),
        (f" run {format.short_id(run.id, glyphs)}", "accent"),
        (f"  {one_line(run.name or run.workflow, 40)}", "muted"),
    ]
    return Node(("run", run.id), line, target=("run", run.id))


def origin_line(checkpoint: str, origin: Checkpoint | None, glyphs: Glyphs) -> Line:
    """Which checkpoint of which other run a run started at; `origin` is None if it is not here."""
    label = f" {one_line(origin.label, 40)}" if origin and origin.label else ""
    where = f" of run {format.short_id(origin.run, glyphs)}" if origin else ", which is not here"
    return [(f"checkpoint {format.short_id(one_line(checkpoint, 40), glyphs)}{label}", "text"), (where, "muted")]


def origin_node(checkpoint: str, origin: Checkpoint | None, glyphs: Glyphs) -> Node:
    """The line above the graph of a run that is a branch of another; `enter` goes to that one."""
    line: Line = [("  from ", "faint"), *origin_line(checkpoint, origin, glyphs)]
    return Node("origin", line, target=("run", origin.run) if origin else None)


def _checkpoint_line(one: Checkpoint, names: Mapping[str, str], lane: Lane, mark: str, width: int) -> Line:
    at = 2 * lane.lane
    label = one_line(one.label or (names.get(one.step, one.step) if one.step else ""), 60)
    line: Line = [
        (mark or " ", "accent"),
        (lane.text[:at], "faint"),
        (lane.text[at], "accent" if mark else "active"),
        (lane.text[at + 1 :], "faint"),
        (f" {format.clock(one.t)}  ", "muted"),
        (label, "text"),
    ]
    changed = "" if one.changed is None else f"{len(one.changed):,}"
    end: Line = [(f" {changed:>7}", "warn"), (f" {format.size(one.size_bytes):>7}", "muted")]
    return between(line, end if width >= FIGURES else [], width)
