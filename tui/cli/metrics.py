"""`metrics`: what the finished runs of a workflow came to, and what they reported."""

from collections.abc import Sequence
from typing import Literal

import click

from ...core.errors import NotFound
from ...core.metrics import Pattern, Reported
from ...core.query.query import EVERYTHING, Query
from ...core.store import Store
from ...core.workflows import Outcome
from .. import format
from ..glyphs import ASCII, UNICODE, Glyphs
from ..workflows.outcome_facts import HEADS, change_rows, methods, outcome_facts
from . import completing
from .as_json import comparison_row, outcome_row, plain
from .naming import no_workflow, workflows_of
from .opening import opened
from .options import Settings, json_option, verb
from .output import say, say_json, table
from .runs import query_of
from .versions import split_version


@verb(
    epilog="""
flightlog metrics triage
flightlog metrics triage since:7d --json
flightlog metrics triage@4 --by day
flightlog metrics triage --compare 3 4"""
)
@click.argument("name", metavar="WORKFLOW[@N]", shell_complete=completing.version)
@click.argument("query", nargs=-1, shell_complete=completing.query)
@click.option("--by", type=click.Choice(["version", "day"]), default="version", show_default=True)
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="Days on which runs ended.")
@click.option("--compare", type=(int, int), metavar="A B", help="Version B against A, with 95% intervals.")
@json_option("One JSON object; one a line with `--by day`.")
def metrics(
    settings: Settings,
    name: str,
    query: tuple[str, ...],
    by: Literal["version", "day"],
    days: int,
    compare: tuple[int, int] | None,
    as_json: bool,
) -> None:
    """What the finished runs of WORKFLOW came to, what they reported, and its patterns; of runs that match QUERY.

    Runs with a call that has no price are counted apart: what they cost is known in part only.
    """
    workflow, version = split_version(name)
    within = query_of(query) if query else EVERYTHING
    glyphs = ASCII if settings.ascii else UNICODE
    with opened(settings) as store:
        _check(store, workflow, compare or (version,))
        if compare:
            _compare(store, workflow, compare, within, glyphs, as_json)
        elif by == "day":
            _days(store.metrics.trends(workflow, version, within, days=days), glyphs, as_json)
        else:
            _versions(store, workflow, version, within, glyphs, as_json)


def _check(store: Store, workflow: str, versions: Sequence[int | None]) -> None:
    if workflow not in workflows_of(store):
        raise no_workflow(store, workflow)
    saved = {version.number for version in store.workflows.list(workflow)}
    ended = {one.version for one in store.metrics.outcomes(workflow)}
    for number in versions:
        # Programs may name a version that was never saved.
        if number not in (None, *saved, *ended) and not store.runs.recent(workflow, number, limit=1):
            raise NotFound(f"there is no version {number} of {workflow}", advice=f"see `flightlog versions {workflow}`")


def _compare(
    store: Store, workflow: str, versions: tuple[int, int], within: Query, glyphs: Glyphs, as_json: bool
) -> None:
    (found,) = store.metrics.compare(workflow, versions, within)
    if as_json:
        say_json(comparison_row(found))
        return
    head = (f"{workflow}@{found.version} against @{found.against}", *HEADS[1:])
    table(head, [row.cells for row in change_rows(found, glyphs)], right=frozenset(HEADS[1:4]))
    if method := methods(found):
        say(f"\n95% intervals: {method}")


def _days(outcomes: Sequence[Outcome], glyphs: Glyphs, as_json: bool) -> None:
    if as_json:
        for one in outcomes:
            say_json({"day": one.day or None, **outcome_row(one)})
        return
    _table("Day (UTC)", [(one.day or format.UNKNOWN, one) for one in outcomes], glyphs)


def _versions(store: Store, workflow: str, version: int | None, within: Query, glyphs: Glyphs, as_json: bool) -> None:
    whole = store.metrics.summary(workflow, version, within)
    outcomes = [one for one in store.metrics.outcomes(workflow, within) if version in (None, one.version)]
    reported = [one for one in store.metrics.reported(workflow, within) if version in (None, one.version)]
    patterns = store.metrics.patterns(workflow)
    if as_json:
        say_json(
            {
                "workflow": workflow,
                "version": version,
                "summary": outcome_row(whole),
                "versions": [{"version": one.version, **outcome_row(one)} for one in outcomes],
                "reported": [plain(one) for one in reported],
                "patterns": [plain(one) for one in patterns],
            }
        )
        return
    for label, text in outcome_facts(whole, glyphs):
        say(f"{label:<10}{text}")
    say()
    _table("Version", [("none" if one.version is None else str(one.version), one) for one in outcomes], glyphs)
    _print_reported(reported, glyphs)
    _print_patterns(patterns)


def _table(head: str, rows: Sequence[tuple[str, Outcome]], glyphs: Glyphs) -> None:
    heads = (
        head,
        "Runs",
        "Success",
        "Mean",
        "p50",
        "p95",
        "Steps",
        "Retries",
        "Tokens",
        "Cost",
        "Cost/run",
        "No price",
    )
    shown = [(name, *_cells(one, glyphs)) for name, one in rows]
    table(heads, shown, right=frozenset(heads[1:] if head == "Day" else heads))


def _cells(one: Outcome, glyphs: Glyphs) -> tuple[object, ...]:
    if not one.ended:
        return 0, *([glyphs.dash] * 9), ""
    return (
        f"{one.ended:,}",
        f"{one.success or 0:.0%}",
        *(format.duration(seconds) for seconds in (one.mean_s, one.p50_s, one.p95_s)),
        f"{one.steps:,}",
        f"{one.retries:,}",
        format.count(one.tokens.total),
        format.cost(one.money, glyphs),
        format.cost(one.per_run, glyphs),
        one.unpriced or "",
    )


def _print_reported(reported: Sequence[Reported], glyphs: Glyphs) -> None:
    if not reported:
        return
    say()
    heads = ("Metric", "Version", "Values", "Mean", "Least", "Greatest", "Last", "Reported")
    rows = [
        (
            one.name,
            glyphs.dash if one.version is None else one.version,
            f"{one.values:,}",
            *(f"{value:.4g}" for value in (one.mean, one.min, one.max, one.last)),
            format.moment(one.last_t),
        )
        for one in reported
    ]
    table(heads, rows, right=frozenset(heads[1:7]))


def _print_patterns(patterns: Sequence[Pattern]) -> None:
    if not patterns:
        return
    say()
    rows = [
        (
            one.name,
            f"{one.count:,}",
            format.moment(one.first_seen),
            format.moment(one.last_seen),
            " ".join(one.evidence),
            one.description,
        )
        for one in patterns
    ]
    table(("Pattern", "Seen", "First", "Last", "Evidence", "What"), rows, right=frozenset({"Seen"}))
