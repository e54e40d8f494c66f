"""Verbs over workflows: `workflows versions version save`."""

import sys
from pathlib import Path

import click

from ...core.errors import ConfigError, NotFound, StorageError
from ...core.query.query import Query, parse
from ...core.store import Store
from ...core.text import safe_text
from ...core.workflows import Outcome, Version, Workflow
from .annotate import who
from .as_json import money_row, plain, tokens_row
from .opening import opened
from .options import Settings, json_option, verb
from .output import say, say_json, table, terminal_width


@verb(epilog="flightlog workflows")
@json_option()
def workflows(settings: Settings, as_json: bool) -> None:
    """Workflows: how many versions are kept and how many runs were recorded."""
    with opened(settings) as store:
        found = known_workflows(store)
    if as_json:
        for workflow in found:
            say_json(plain(workflow))
        return
    table(
        ("Workflow", "Versions", "Latest", "Runs"),
        [(w.id, w.versions, w.latest or "–", w.runs) for w in found],
        right=frozenset({"Versions", "Latest", "Runs"}),
    )


def known_workflows(store: Store) -> list[Workflow]:
    """Workflows that have versions, runs or both, by id, with the count of their runs."""
    kept = {workflow.id: workflow for workflow in store.workflows.list_all()}
    names = sorted({*kept, *store.runs.values("workflow", limit=100_000)})
    return [
        Workflow(
            id=name,
            versions=kept[name].versions if name in kept else 0,
            latest=kept[name].latest if name in kept else None,
            runs=store.runs.count(workflow_query(name)),
        )
        for name in names
    ]


def workflow_query(name: str) -> Query:
    """The query for all runs of one workflow."""
    return parse(f'workflow:"{name}"')


@verb(epilog="flightlog versions triage")
@click.argument("workflow")
@json_option()
def versions(settings: Settings, workflow: str, as_json: bool) -> None:
    """Versions of WORKFLOW with their parents, and what their finished runs came to."""
    with opened(settings) as store:
        kept = {version.number: version for version in store.workflows.list(workflow)}
        outcomes = {outcome.version: outcome for outcome in store.metrics.outcomes(workflow)}
    if not kept and not outcomes:
        raise NotFound("no such workflow", where=workflow, advice="see `flightlog workflows`")
    numbers = sorted({*kept, *(number for number in outcomes if number is not None)})
    rows: list[tuple[int | None, Version | None, Outcome | None]] = [
        (number, kept.get(number), outcomes.get(number)) for number in numbers
    ]
    if None in outcomes:
        rows.append((None, None, outcomes[None]))
    if as_json:
        for row in rows:
            say_json(_version_row(workflow, *row))
    else:
        _print_versions(rows)


def _version_row(
    workflow: str, number: int | None, version: Version | None, outcome: Outcome | None
) -> dict[str, object]:
    row: dict[str, object] = {"workflow": workflow, "number": number, "kept": version is not None}
    if version:
        row |= {key: value for key, value in plain(version).items() if key not in ("workflow", "number", "definition")}
    if outcome:
        row |= {
            "runs": outcome.runs,
            "completed": outcome.completed,
            "failed": outcome.failed,
            "cancelled": outcome.cancelled,
            "success": outcome.success,
            "p50_s": outcome.p50_s,
            "p95_s": outcome.p95_s,
            **tokens_row(outcome.tokens),
            **money_row(outcome.money),
        }
    return row


def _print_versions(rows: list[tuple[int | None, Version | None, Outcome | None]]) -> None:
    from .. import format

    lines = []
    for number, version, outcome in rows:
        success = outcome.success if outcome else None
        lines.append(
            (
                "none" if number is None else number,
                ", ".join(map(str, version.parents)) if version and version.parents else "–",
                format.moment(version.created)[:16] if version else "not kept",
                version.author if version else "",
                outcome.runs if outcome else 0,
                "–" if success is None else f"{success:.0%}",
                format.duration(outcome.p50_s) if outcome else "–",
                format.duration(outcome.p95_s) if outcome else "–",
                format.cost(outcome.money) if outcome else "–",
                (version.damaged or version.note) if version else "",
            )
        )
    table(
        ("Version", "Parents", "Created", "Author", "Runs", "Success", "p50", "p95", "Cost", "Note"),
        lines,
        right=frozenset({"Version", "Runs", "Success", "p50", "p95", "Cost"}),
    )


@verb(epilog="flightlog version triage@3\nflightlog version triage > triage.yaml")
@click.argument("name", metavar="WORKFLOW[@N]")
@json_option("One JSON object.")
def version(settings: Settings, name: str, as_json: bool) -> None:
    """One definition byte for byte as it was saved; the latest without a number."""
    workflow, number = split_version(name)
    with opened(settings) as store:
        found = store.workflows.get_latest(workflow) if number is None else store.workflows.get(workflow, number)
    if as_json:
        say_json(plain(found))
        return
    if found.damaged:
        say(f"flightlog: {safe_text(found.damaged)}", err=True)
    if terminal_width() is None:
        sys.stdout.write(found.definition)
    else:
        say(safe_text(found.definition, lines=True, limit=None))


def split_version(name: str) -> tuple[str, int | None]:
    """`triage@3` as workflow and number, `triage` without one; ConfigError for another form."""
    workflow, at, number = name.partition("@")
    if not at:
        return workflow, None
    if not number.isdecimal():
        raise ConfigError(f"{name!r} names no version", advice="write WORKFLOW@N, as in triage@3")
    return workflow, int(number)


@verb(epilog="flightlog save triage triage.yaml\nflightlog save triage - --parent 2 --note 'shorter prompt'")
@click.argument("workflow")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--parent", "parents", type=int, multiple=True, help="Parent version (several when merged); default the latest."
)
@click.option("--note", default="", help="What changed and why.")
@json_option("One JSON object.")
def save(settings: Settings, workflow: str, file: str, parents: tuple[int, ...], note: str, as_json: bool) -> None:
    """Save FILE (YAML, `-` for standard input) as the next version of WORKFLOW."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"the definition cannot be read: {error}", where=file) from error
    with opened(settings, writing=True) as store:
        saved = store.workflows.store(workflow, text, parents=list(parents) or None, author=who(), note=note)
    if as_json:
        say_json(plain(saved))
    else:
        say(f"{saved.workflow}@{saved.number}  {saved.digest}")
