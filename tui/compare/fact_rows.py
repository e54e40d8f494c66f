"""Who, what and when of several runs."""

from collections.abc import Callable, Sequence
from typing import Any

from ...core.clock import between, from_seconds
from ...core.copies import copied_from
from ...core.runs import FINISHED, Run
from .. import format
from ..facts import until
from ..lines import Line, one_line, status_ink
from .parting import parting
from .rows import Context, Row, kind_of, toned

LONG = 400
"""Characters of a fact that are compared and shown; the run's own page has all of it."""


def took(run: Run, now: float) -> float | None:
    """Seconds that a run took, or has taken so far."""
    return between(run.started, until(run, now)) if run.started else None


def _workflow(run: Run) -> str:
    return run.workflow + (f"@{run.version}" if run.version is not None else "")


def _flags(run: Run) -> str:
    return ", ".join(word for word, on in (("pinned", run.pinned), ("archived", run.archived)) if on)


def _items(run: Run) -> str:
    failed = f", {run.items_failed:,} failed" if run.items_failed else ""
    return f"{run.items:,}{failed}" if run.items else ""


FACTS: tuple[tuple[str, Callable[[Run], str]], ...] = (
    ("workflow", _workflow),
    ("name", lambda run: run.name),
    ("objective", lambda run: run.objective),
    ("error", lambda run: run.error or run.evidence),
    ("session", lambda run: run.session or ""),
    ("project", lambda run: run.project or ""),
    ("attempt", lambda run: f"{run.attempt}"),
    ("items", _items),
    ("plan", lambda run: run.plan_id),
    ("parent", lambda run: run.parent or ""),
    ("started at", lambda run: run.from_checkpoint or ""),
    ("tags", lambda run: "  ".join(run.tags)),
    ("kept", _flags),
    ("source", lambda run: f"{run.source} {run.source_id}".strip() or copied_from(run)),
)


def fact_rows(context: Context, read: object = None) -> list[Row]:
    """Facts of the runs; those that none has are left out."""
    runs, base = context.runs, context.base

    def row(name: str, values: Sequence[Any], cell: Callable[[int], Line], lacking: Any = None) -> Row:
        return Row(name, [(name, "text")], kind_of(values, base, lacking), cell, raw=lambda n: values[n])

    texts = [(name, [tell(run)[:LONG] for run in runs]) for name, tell in FACTS]
    return [
        row("status", [run.status for run in runs], lambda n: _status(context, n)),
        *(row(name, told, _cells(told, base, context.glyphs.dash), "") for name, told in texts if any(told)),
        _times(context, "started", [run.started for run in runs]),
        _times(context, "finished", [run.finished if run.status in FINISHED else None for run in runs]),
        row("took", [took(run, context.now) for run in runs], lambda n: _took(context, n)),
        row("id", [run.id for run in runs], lambda n: [(one_line(runs[n].id, 60), "muted")])._replace(kind=None),
    ]


def _cells(texts: list[str], base: int, dash: str) -> Callable[[int], Line]:
    def cell(n: int) -> Line:
        start = parting(texts, base, n)
        line: Line = [("…", "faint"), (one_line(texts[n][start:], LONG), "text")]
        if not start:
            line = [(one_line(texts[n], LONG) or dash, "text")]
        return toned(line, n != base and texts[n] == texts[base])

    return cell


def _status(context: Context, n: int) -> Line:
    status = context.runs[n].status
    return [(f"{context.glyphs.status(status)} {status}", status_ink(status))]


def _times(context: Context, name: str, times: Sequence[str | None]) -> Row:
    """When something was; the day stands beside the name where it is the same for all."""
    told = [format.moment(t) if t else "" for t in times]
    days = {text[:10] for text in told if text}
    day = days.pop() if len(days) == 1 and len(told) > 1 else ""
    texts = [text.removeprefix(day).strip() or context.glyphs.dash for text in told]

    def cell(n: int) -> Line:
        return [(texts[n], "text" if told[n] else "faint")]

    about: Line = [(name, "text"), (f" {_short(day, context.now)}" if day else "", "muted")]
    return Row(name, about, kind_of(times, context.base), cell, raw=times.__getitem__)


def _short(day: str, now: float) -> str:
    """A day as it fits beside a name: `20 Nov` this year, else `2025-11-20`."""
    found = format.local(day)
    this_year = format.moment(from_seconds(now))[:4]
    return found.strftime("%d %b") if found is not None and day[:4] == this_year else day


def _took(context: Context, n: int) -> Line:
    run = context.runs[n]
    so_far = "" if run.status in FINISHED else " so far"
    return [(format.duration(took(run, context.now)), "text"), (so_far, "muted")]
