"""A run as one line of `ls`."""

from ...core.runs import FINISHED, Run
from .. import format
from ..glyphs import ASCII, UNICODE
from .as_json import duration_s

HEAD = ("", "Run", "Workflow", "Step", "Started", "Took", "Tokens", "Cost", "Size", "About")
RIGHT = frozenset({"Took", "Tokens", "Cost", "Size"})


def run_line(run: Run, ascii: bool) -> tuple[str, ...]:
    """The cells of a run under `HEAD`, not yet made safe to show."""
    glyphs = ASCII if ascii else UNICODE
    return (
        glyphs.status(run.status),
        run.id,
        workflow_name(run),
        now_at(run),
        format.moment(run.started),
        format.duration(duration_s(run)),
        format.run_tokens(run, glyphs),
        format.run_cost(run, glyphs),
        format.size(run.size_bytes),
        run.name or run.objective,
    )


def workflow_name(run: Run) -> str:
    """`triage@4`, or the workflow alone for a run without a version."""
    return run.workflow if run.version is None else f"{run.workflow}@{run.version}"


def now_at(run: Run) -> str:
    """What a run is at: its step and how far it is, its error, or why it is lost or waits."""
    if run.error:
        return run.error
    if run.status in FINISHED:
        return f"{run.items_failed} of {run.items} rows failed" if run.items_failed else ""
    if run.evidence:
        return run.evidence
    progress = f" ({run.steps_done}/{run.steps})" if run.steps > 1 else ""
    return f"{run.current_step}{progress}" if run.current_step else ""
