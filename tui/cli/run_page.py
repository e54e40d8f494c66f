"""A run as `show` prints it for a person."""

import json
from collections.abc import Callable, Iterator

from ...core import clock
from ...core.copies import copied_from
from ...core.pages import each
from ...core.runs import Run, Step
from ...core.store import Store
from ...core.text import safe_text
from .. import format
from ..facts import stands
from ..glyphs import ASCII, UNICODE, Glyphs
from .as_json import duration_s
from .options import Settings
from .output import say
from .run_lines import workflow_name


def print_run(store: Store, id: str, settings: Settings) -> None:
    """Prints a run's facts, then each of its parts that has anything in it."""
    glyphs = ASCII if settings.ascii else UNICODE
    run = store.runs.get(id)
    for name, value in _facts(run, glyphs):
        say(f"{name:<12}{safe_text(value)}")
    for title, print_part in _PARTS.items():
        lines = list(print_part(store, run, glyphs))
        if lines:
            say(f"\n{title}")
            for line in lines:
                say(f"  {safe_text(line)}")


def _facts(run: Run, glyphs: Glyphs) -> Iterator[tuple[str, str]]:
    yield "run", run.id
    yield "workflow", workflow_name(run)
    yield "status", f"{glyphs.status(run.status)} {run.status}" + (f": {run.evidence}" if run.evidence else "")
    optional = (
        ("error", run.error),
        ("name", run.name),
        ("objective", run.objective),
        ("session", run.session),
        ("project", run.project),
        ("parent", run.parent),
        ("from", run.from_checkpoint),
        ("tags", ", ".join(run.tags)),
        ("source", f"{run.source} {run.source_id}".strip() or copied_from(run)),
    )
    yield from ((name, value) for name, value in optional if value)
    yield "started", f"{format.moment(run.started)}, took {format.duration(duration_s(run))}, attempt {run.attempt}"
    marks = ("pinned" if run.pinned else "", "archived" if run.archived else "")
    yield "recorded", ", ".join(filter(None, (f"{run.events:,} events", format.size(run.size_bytes), *marks)))
    yield "cost", f"{format.cost(run.money, glyphs)} ({run.money.provenance}), {format.number(run.tokens.total)} tokens"
    if run.damaged:
        yield "damaged", f"{format.plural(run.damaged, 'place')} could not be read: see `flightlog doctor`"


def _steps(store: Store, run: Run, glyphs: Glyphs) -> Iterator[str]:
    steps = store.runs.steps(run.id)
    below: dict[str | None, list[Step]] = {}
    known = {step.id for step in steps}
    for step in steps:
        below.setdefault(step.parent if step.parent in known else None, []).append(step)
    waiting: list[tuple[Step, int]] = [(step, 0) for step in reversed(below.get(None, []))]
    while waiting:
        step, depth = waiting.pop()
        took = clock.between(step.started, step.finished)
        attempt = f" (attempt {step.attempt})" if step.attempt > 1 else ""
        error = f"  {step.error}" if step.error else ""
        status = stands(step, run.status)
        yield (
            f"{'  ' * depth}{glyphs.status(status)} {step.name}{attempt}"
            f"  {format.duration(took) if step.finished else status}  {format.cost(step.money, glyphs)}{error}"
        )
        waiting += [(child, depth + 1) for child in reversed(below.get(step.id, []))]


def _items(store: Store, run: Run, glyphs: Glyphs) -> Iterator[str]:
    if run.items:
        yield f"{format.plural(run.items, 'row')}, {run.items_failed:,} failed"
    for item in store.runs.items(run.id, limit=20).items:
        if item.status == "failed":
            yield f"{glyphs.failed} row {item.row_number}: {item.error}"


def _approvals(store: Store, run: Run, glyphs: Glyphs) -> Iterator[str]:
    for approval in store.runs.approvals(run.id):
        answer = f" by {approval.by}" if approval.by else ""
        note = f": {approval.note}" if approval.note else ""
        yield f"{glyphs.status(approval.status)} {approval.question}  {approval.status}{answer}{note}"


def _counts(store: Store, run: Run, glyphs: Glyphs) -> Iterator[str]:
    logs = {level: n for level, n in store.logs.counts(run.id).items() if n}
    if logs:
        yield "logs: " + ", ".join(f"{n:,} {level}" for level, n in logs.items())
    for n, one, verb in (
        (run.checkpoints, "checkpoint", "states"),
        (run.messages, "message", "show --json"),
        (run.artifacts, "artifact", "show --json"),
    ):
        if n:
            yield f"{format.plural(n, one)}: flightlog {verb} {run.id}"


def _snapshots(store: Store, run: Run, glyphs: Glyphs) -> Iterator[str]:
    for name, value in store.runs.snapshots(run.id).items():
        yield f"{name}: {json.dumps(value, ensure_ascii=False, default=str)[:2000]}"


def _notes(store: Store, run: Run, glyphs: Glyphs) -> Iterator[str]:
    for note in each(lambda after: store.runs.notes(run.id, after=after)):
        yield f"{format.moment(note.t)} {note.by}: {note.text}"


_PARTS: dict[str, Callable[[Store, Run, Glyphs], Iterator[str]]] = {
    "steps": _steps,
    "items": _items,
    "approvals": _approvals,
    "more": _counts,
    "snapshots": _snapshots,
    "notes": _notes,
}
